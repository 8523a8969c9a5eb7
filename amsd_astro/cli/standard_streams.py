"""Standard streams that were closed from the start."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["open_streams"]

_MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}


@contextlib.contextmanager
def open_streams() -> Iterator[bool]:
    """Give closed standard streams the null device; yields whether standard output can be read by somebody.

    Else the next file that is opened would get the descriptor, and with it what a library prints.
    """
    given: list[str] = []
    for descriptor, (name, mode) in enumerate(_MODES.items()):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - closed below
        given.append(name)
    try:
        yield "stdout" not in given
    finally:
        for name in given:
            getattr(sys, name).close()
            setattr(sys, name, None)
