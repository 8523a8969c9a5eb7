"""Outputs at addresses: made whole on this machine, then uploaded as a whole."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from amsd_astro.arrays.scratch import scratch_folder
from amsd_astro.errors import FrameError, OutputError, OutputExistsError
from amsd_astro.fits.output_file import check_output, new_file
from amsd_astro.fits.temporary_files import make_temporary_folder, sweep
from amsd_astro.printable import told_name
from amsd_astro.remote.addresses import file_name, is_address, protocol_of, shown_name
from amsd_astro.remote.file_systems import asked, opened_system

__all__ = ["check_destination", "is_there", "new_output"]

_WHOLE = ("memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az")
"""Protocols by which a file appears whole or not at all."""


def check_destination(path: str | os.PathLike[str], *, overwrite: bool = False, source: Any = None) -> Path | str:
    """Make sure that an output can be made, as `check_output` does; it may be an address.

    Parameters
    ----------
    path : str or path-like
        The output.
    overwrite : bool, optional
        Whether it may exist.
    source : str or path-like, optional
        The input, which is never written to.

    Returns
    -------
    Path or str
        For `new_output`.

    Raises
    ------
    OutputExistsError, OutputError
        As for `check_output`; or nothing can be written by the protocol.
    OSError
        The host cannot be asked.
    """
    if not is_address(path):
        return check_output(path, overwrite=overwrite, source=None if is_address(source) else source)
    name = shown_name(path)
    if source is not None and _origin(source) == name:
        raise OutputExistsError(f"{name}: the output is the input itself; it is never overwritten.")
    if protocol_of(path) not in _WHOLE:
        raise OutputError(f"{name}: outputs are uploaded by {', '.join(_WHOLE)}. Received: {protocol_of(path)}")
    if not overwrite and is_there(path):
        raise OutputExistsError(f"{name}: exists already.", cure="overwrite=True")
    return path


def is_there(path: str | os.PathLike[str]) -> bool:
    """Return whether there is something under a name or an address."""
    if not is_address(path):
        return os.path.lexists(path)
    system, there = opened_system(path, _refused(path))
    return bool(asked(path, lambda: system.exists(there)))


@contextlib.contextmanager
def new_output(target: Path | str, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Write a file as `new_file` does; one at an address is uploaded when it is whole.

    Parameters
    ----------
    target : Path or str
        As `check_destination` returns it.
    overwrite : bool
        Whether it may replace an existing file.

    Yields
    ------
    binary file
        To be written from front to back.

    Raises
    ------
    OutputExistsError, OutputError, OSError
        As for `new_file`; the upload failed.
    """
    if isinstance(target, Path):
        with new_file(target, overwrite=overwrite) as file:
            yield file
        return
    root = Path(os.path.abspath(scratch_folder()))
    sweep(root, folders=True)
    with contextlib.ExitStack() as stack:
        whole = make_temporary_folder(root / "remote", stack) / file_name(target)
        with new_file(whole, overwrite=False) as file:
            yield file
        check_destination(target, overwrite=overwrite)
        _upload(whole, target)


def _upload(whole: Path, address: str) -> None:
    system, there = opened_system(address, _refused(address))
    try:
        asked(address, lambda: system.put_file(os.fspath(whole), there))
        size = asked(address, lambda: system.size(there))
    except FrameError as error:
        raise OutputError(str(error)) from None
    if size is not None and size != whole.stat().st_size:
        raise OSError(errno.EIO, f"{whole.stat().st_size} bytes were uploaded, {size} arrived", shown_name(address))


def _refused(address: str) -> Any:
    return lambda message: OutputError(f"{shown_name(address)}: {message}")


def _origin(source: Any) -> str:
    """Return where an input is from: the address that it was fetched from, or its own name."""
    return shown_name(told_name(os.fsdecode(source)))
