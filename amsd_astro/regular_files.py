"""Opening what must be a regular file: a pipe without a writer would be waited for, a device may do anything."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import BinaryIO

__all__ = ["NotRegularError", "file_checksum", "open_at_once", "open_regular"]


class NotRegularError(OSError):
    """A folder, pipe, socket or device is where a regular file must be, or a link where none is followed."""


def open_at_once(path: str | os.PathLike[str], flags: int) -> int:
    """Open without waiting for the other end of a pipe: an opener for `open`."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def open_regular(path: str | os.PathLike[str], *, follow: bool = True) -> BinaryIO:
    """Open a regular file for reading.

    Parameters
    ----------
    path : str or path-like
        The file.
    follow : bool, optional
        Whether it may be a symbolic link.

    Raises
    ------
    NotRegularError
        It is something else.
    OSError, ValueError
        It cannot be opened.
    """
    _check(os.stat(path, follow_symlinks=follow), path)  # opening alone makes some devices do things
    file = open(path, "rb", opener=open_at_once if follow else _open_itself)  # noqa: SIM115 - closed by the caller
    try:
        _check(os.fstat(file.fileno()), path)
    except OSError:
        file.close()
        raise
    return file


def file_checksum(path: str | os.PathLike[str]) -> str | None:
    """Return the SHA-256 of a file's bytes, hexadecimal; None where it cannot be read."""
    if not os.path.isfile(path):  # opening a fifo would wait for ever
        return None
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _check(info: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise NotRegularError(f"{os.fspath(path)}: is not a regular file.")


def _open_itself(path: str, flags: int) -> int:
    return open_at_once(path, flags | getattr(os, "O_NOFOLLOW", 0))
