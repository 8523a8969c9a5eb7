"""The checkpoint beside an output: there while the output is not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

__all__ = ["kept_on_interruption"]


@contextlib.contextmanager
def kept_on_interruption(path: str) -> Iterator[str]:
    """Remove a checkpoint when the work is done; when it fails, let the error say that it is there.

    Parameters
    ----------
    path : str
        The checkpoint, which the work makes.

    Yields
    ------
    str
        The path.
    """
    try:
        yield path
    except BaseException as error:
        if os.path.exists(path):
            error.add_note(f"the training so far is kept in {path}: the same command goes on from there")
        raise
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
