"""The checkpoint beside an output: there while the output is not."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator

from amsd_astro.printable import printable

__all__ = ["kept_on_interruption"]

_ENDING = ".checkpoint"
_LONGEST_NAME = 140  # bytes, so that temporary names fit too


@contextlib.contextmanager
def kept_on_interruption(output: str | os.PathLike[str]) -> Iterator[str | None]:
    """Remove a checkpoint when the work is done; when it fails, let the error say that it is there.

    Parameters
    ----------
    output : path-like
        What the work makes.

    Yields
    ------
    str or None
        The checkpoint's path. None for an output at an address, and where something else is there, which is left as it
        is: its name was made up here, so that it is no reason to refuse the work.
    """
    from amsd_astro.errors import AmsdWarning
    from amsd_astro.fits.temporary_files import shortened
    from amsd_astro.network.files.checkpoints import found_instead, is_checkpoint
    from amsd_astro.remote.addresses import is_address

    if is_address(output):
        yield None
        return
    folder, name = os.path.split(os.fspath(output))
    head = shortened(name, _LONGEST_NAME - len(_ENDING))
    path = os.path.join(folder, head + _ENDING)
    if (found := found_instead(path)) is not None:
        message = f"{path}: is {found}; left as it is, and no state of a training is taken from it or kept there"
        warnings.warn(message, AmsdWarning, stacklevel=3)
        yield None
        return
    try:
        yield path
    except BaseException as error:
        if is_checkpoint(path):
            error.add_note(f"the training so far is kept in {printable(path)}: the same command goes on from there")
        raise
    if is_checkpoint(path):
        os.unlink(path)
