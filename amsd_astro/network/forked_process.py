"""Processes that were forked after a network had run: they lack its engine's threads, and would wait for ever."""

from __future__ import annotations

import os

__all__ = ["claim_process"]

_ran_in: int | None = None  # process that has run a network, here or before this one was forked


def claim_process() -> None:
    """Note that this process runs a network. To be called before any engine is started or asked.

    Raises
    ------
    RuntimeError
        The process was forked from one that had run a network.
    """
    global _ran_in
    here = os.getpid()
    if _ran_in is None:
        _ran_in = here
    elif _ran_in != here:
        raise RuntimeError(
            "a network must not run in a process that was forked from one which has run a network already: it would "
            "wait for ever. Start processes with multiprocessing's start method 'spawn' (or before the first network "
            f"runs). Received: process {here}, forked from {_ran_in}"
        )
