"""How a command can end: exit statuses, and which error means which."""

from __future__ import annotations

from amsd_astro.many.failures import (
    BAD_INPUT,
    DONE,
    INTERNAL,
    INTERRUPTED,
    IO,
    NO_OUTPUT,
    NO_RESOURCES,
    TERMINATED,
    Failure,
    Terminated,
    describe_failure,
)

__all__ = [
    "BAD_INPUT",
    "DONE",
    "INTERNAL",
    "INTERRUPTED",
    "IO",
    "NO_OUTPUT",
    "NO_RESOURCES",
    "SOME_FAILED",
    "TERMINATED",
    "Failure",
    "Terminated",
    "UsageError",
    "describe_failure",
]

SOME_FAILED = 1


class UsageError(Exception):
    """Options that do not go together."""
