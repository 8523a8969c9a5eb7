"""The pipelines of others: thin adapters, each of which imports its host only where that is in use."""

from __future__ import annotations

__all__ = ["stpipe_steps"]


def stpipe_steps() -> list[tuple[str, str, bool]]:
    """Return what the entry point ``stpipe.steps`` asks for: class, alias, and whether it is a pipeline."""
    return [("amsd_astro.many.hosts.stpipe_step.AmsdStep", "amsd", False)]
