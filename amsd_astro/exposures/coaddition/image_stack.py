"""Images of one shape on the disk, of which some rows at a time are in memory."""

from __future__ import annotations

import errno
import os

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.scratch import ScratchFile

__all__ = ["ImageStack"]


class ImageStack:
    """Images of float32 in a file without a name.

    They are read and written, not mapped: pages of a mapped file count as the process's memory.

    Parameters
    ----------
    shapes : list of tuple of int
        (ny, nx) of each.

    Raises
    ------
    OSError
        The disk has no room.
    """

    def __init__(self, shapes: list[tuple[int, int]]) -> None:
        self.shapes = shapes
        sizes = [4 * ny * nx for ny, nx in shapes]
        self._starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self._file = ScratchFile()
        self._file.reserve(max(1, sum(sizes)))

    def __len__(self) -> int:
        return len(self.shapes)

    def write(self, number: int, image: NDArray[np.float32], *, first_row: int = 0) -> None:
        """Write rows of an image."""
        view = _bytes_of(np.ascontiguousarray(image, np.float32))
        offset = self._starts[number] + 4 * self.shapes[number][1] * first_row
        while len(view):
            try:
                n = os.pwrite(self._file.descriptor, view, offset)
            except OSError as error:
                error.filename = self._file.folder
                raise
            view, offset = view[n:], offset + n

    def read(self, number: int, rows: slice | None = None) -> NDArray[np.float32]:
        """Return rows of an image, or all of it, as a new array."""
        ny, nx = self.shapes[number]
        start, stop, _ = (slice(None) if rows is None else rows).indices(ny)
        image = np.empty((stop - start, nx), np.float32)
        view, offset = _bytes_of(image), self._starts[number] + 4 * nx * start
        while len(view):
            n = os.preadv(self._file.descriptor, [view], offset)
            if n == 0:
                raise OSError(errno.EIO, "a temporary file ends too early", self._file.folder)
            view, offset = view[n:], offset + n
        return image

    def read_all(self, rows: slice) -> NDArray[np.float32]:
        """Return some rows of all images, which must be of one shape: (n, n_rows, nx)."""
        return np.stack([self.read(i, rows) for i in range(len(self))])


def _bytes_of(image: NDArray[np.float32]) -> memoryview:
    return image.data.cast("B")
