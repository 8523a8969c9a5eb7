"""Arrays in .npy files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError
from amsd_astro.fits.output_file import check_output, new_file
from amsd_astro.images.image import Image, check_file, checked_values

__all__ = ["ArrayImage", "map_array", "write_array", "write_array_head"]


@dataclass(frozen=True)
class ArrayImage(Image):
    """An image in an .npy file, float32 of shape (ny, nx, C).

    Attributes
    ----------
    path, values
        As for `Image`.
    """

    path: Path
    values: NDArray[np.float32]

    @classmethod
    def read(cls, path: Path) -> ArrayImage:
        """Read a file.

        Raises
        ------
        FrameError
            There is no such file, it is damaged, or holds something else.
        """
        array = map_array(path)
        if array.ndim != 3 or 0 in array.shape or array.dtype != np.float32:
            rule = "an image must be float32 of shape (ny, nx, channels)"
            raise FrameError(f"{rule}. Received: {array.dtype} of shape {array.shape}", path=path)
        return cls(path, checked_values(np.array(array, np.float32), path))

    def write(
        self,
        values: NDArray[np.floating],
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        cards: Mapping[str, tuple[Any, str]] | None = None,
        history: str = "",
    ) -> None:
        """Write other values to an .npy file; see `Image.write`."""
        write_array(values, path, overwrite=overwrite, source=self.path)


def map_array(path: Path) -> NDArray[Any]:
    """Map the array of an .npy file into memory, for reading.

    Raises
    ------
    FrameError
        There is no such file, or it holds no whole array of numbers.
    """
    check_file(path)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except MemoryError:
        raise
    except Exception as error:  # a damaged header is text that is parsed: errors are of many kinds
        raise FrameError(f"is no .npy file of an array, or is damaged ({error}).", path=path) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise FrameError("is no .npy file of one array. Received: an archive of several", path=path)
    return array


def write_array(
    array: NDArray[np.floating],
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    source: Path | None = None,
) -> None:
    """Write an array of float32 to an .npy file, whole or not at all.

    Parameters
    ----------
    array : ndarray
        The array.
    path : str or path-like
        The file.
    overwrite : bool, optional
        Whether it may exist.
    source : Path, optional
        The input, which is never written to.
    """
    target = check_output(path, overwrite=overwrite, source=source)
    with new_file(target, overwrite=overwrite) as file:
        write_array_head(file, array.shape)
        file.write(np.ascontiguousarray(array, "<f4").data)


def write_array_head(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write what an .npy file of float32 begins with; the rows follow."""
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
