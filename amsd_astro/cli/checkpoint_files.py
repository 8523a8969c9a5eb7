"""The checkpoint beside an output: there while the output is not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from amsd_astro.printable import printable

__all__ = ["kept_on_interruption"]

_ENDING = ".checkpoint"
_LONGEST_NAME = 140  # bytes, so that temporary names fit too


@contextlib.contextmanager
def kept_on_interruption(output: str | os.PathLike[str]) -> Iterator[str]:
    """Remove a checkpoint when the work is done; when it fails, let the error say that it is there.

    Parameters
    ----------
    output : path-like
        What the work makes.

    Yields
    ------
    str
        The checkpoint's path.
    """
    from amsd_astro.fits.temporary_files import shortened
    from amsd_astro.network.files.checkpoints import is_checkpoint

    folder, name = os.path.split(os.fspath(output))
    head = shortened(name, _LONGEST_NAME - len(_ENDING))
    path = os.path.join(folder, head + _ENDING)
    try:
        yield path
    except BaseException as error:
        if is_checkpoint(path):
            error.add_note(f"the training so far is kept in {printable(path)}: the same command goes on from there")
        raise
    if is_checkpoint(path):
        os.unlink(path)
