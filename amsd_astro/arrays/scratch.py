"""Room for what is too large to hold: arrays and bytes in files without a name, which end with the last reference.

The files lie where TMPDIR says, else in /var/tmp (/tmp may itself be memory), else in the system's usual place.
"""

from __future__ import annotations

import errno
import io
import logging
import math
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from amsd_astro.resources import memory_limit

__all__ = ["ScratchFile", "new_array", "scratch_folder"]

_log = logging.getLogger(__name__)

_LARGEST_HELD = 64 * 1024 * 1024
_SHARE_HELD = 64  # an array that is held takes at most one part in so many of the memory
_MEMORY = "memory"
_SHARE_FORCED = 8  # and one for which there is no room on the disk, one in so many


def new_array(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return a new array, in memory if it is small, else on the disk.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : dtype
        Type of its elements.

    Returns
    -------
    ndarray
        Contents are undefined. An array on the disk behaves like any other, and its space is reserved beforehand; but a
        process that is forked shares it: what either of the two writes, both see.

    Raises
    ------
    OSError
        The disk has no room, and the array is too large for the memory.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    small = n_bytes <= _LARGEST_HELD // _SHARE_HELD  # the limit need not be looked up
    if small or n_bytes <= min(_LARGEST_HELD, memory_limit() // _SHARE_HELD):
        return np.empty(shape, dtype)
    try:
        file = ScratchFile()
        if file.folder == _MEMORY and n_bytes > memory_limit() // _SHARE_FORCED:
            raise OSError(errno.ENOSPC, "no folder for temporary files may be written to", tempfile.gettempprefix())
        file.reserve(n_bytes)
        mapped = mmap.mmap(file.descriptor, n_bytes)  # keeps a descriptor of its own
    except OSError as error:
        if n_bytes > memory_limit() // _SHARE_FORCED:
            raise
        _log.info("no room for %d bytes on the disk (%s): kept in memory", n_bytes, error)
        return np.empty(shape, dtype)
    return np.frombuffer(mapped, dtype).reshape(shape)


class ScratchFile:
    """Bytes in a file without a name. Where no folder may be written to, in memory.

    Attributes
    ----------
    descriptor : int
        Of the open file.
    folder : str
        Where the file is, for messages.
    size : int
        Bytes appended so far.
    close : callable
        Ends the file; the last reference does, too.
    """

    def __init__(self) -> None:
        self.descriptor, self.folder = _unnamed()
        self.size = 0
        self.close = weakref.finalize(self, os.close, self.descriptor)

    def append(self, piece: bytes | memoryview) -> None:
        """Write bytes at the end."""
        view = memoryview(piece).cast("B")
        while len(view):
            try:
                n = os.pwrite(self.descriptor, view, self.size)
            except OSError as error:
                error.filename = self.folder
                raise
            self.size += n
            view = view[n:]

    def pieces(self, n_bytes: int) -> Iterator[bytes]:
        """Yield all that was appended, some bytes at a time."""
        for offset in range(0, self.size, n_bytes):
            yield os.pread(self.descriptor, min(n_bytes, self.size - offset), offset)

    def reserve(self, n_bytes: int) -> None:
        """Take the room on the disk now: writing to a map of a full disk would end the interpreter."""
        disk = os.fstatvfs(self.descriptor)
        # Trying it would fill the disk for a moment. (A file in memory, and some systems, tell of no blocks at all.)
        if disk.f_blocks and n_bytes > disk.f_bavail * disk.f_frsize:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.folder)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self.descriptor, 0, n_bytes)
        else:  # pragma: no cover - systems that cannot reserve are written to
            zeros = bytes(io.DEFAULT_BUFFER_SIZE)
            for offset in range(0, n_bytes, len(zeros)):
                os.pwrite(self.descriptor, zeros[: n_bytes - offset], offset)


def scratch_folder() -> str:
    """Return the folder for files that are too large to hold: where TMPDIR says, else /var/tmp or the usual place."""
    if not os.path.isdir(os.environ.get("TMPDIR", "")):
        usual = Path("/var/tmp")
        if usual.is_dir() and os.access(usual, os.W_OK | os.X_OK):
            return str(usual)
    return tempfile.gettempdir()


def _unnamed() -> tuple[int, str]:
    """Return the descriptor of a new file that has no name, and its folder."""
    try:
        folder = scratch_folder()
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return os.dup(file.fileno()), folder
    except OSError:
        if not hasattr(os, "memfd_create"):
            raise
        return os.memfd_create("amsd_astro"), _MEMORY
