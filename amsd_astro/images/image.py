"""What all kinds of image files have in common: values of 0 to 1, and files of their like."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError, FrameNotFoundError

__all__ = ["Image", "check_file", "checked_values"]

_BEYOND = 1.0  # of interpolated images: how far below 0 and above 1 values may lie


class Image(ABC):
    """An image that was read from a file.

    Attributes
    ----------
    path : Path
        The file.
    values : ndarray of float32, shape (ny, nx, C)
        Values of 0 to 1.

    Examples
    --------
    >>> from amsd_astro.images import read_image
    >>> image = read_image("images/star.npy")
    >>> image.write(image.values, "copy.npy")
    """

    path: Path
    values: NDArray[np.float32]

    @abstractmethod
    def write(
        self,
        values: NDArray[np.floating],
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        cards: Mapping[str, tuple[Any, str]] | None = None,
        history: str = "",
    ) -> None:
        """Write other values to a file of the same kind, whole or not at all.

        Parameters
        ----------
        values : ndarray, shape of `values`
            What integers cannot hold is clipped to 0..1 and rounded.
        path : str or path-like
            The file.
        overwrite : bool, optional
            Whether it may exist.
        cards, history : optional
            What a FITS header is to record; other files record nothing.
        """


def check_file(path: Path) -> None:
    """Make sure that there is a regular file.

    Raises
    ------
    FrameError
        There is none.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise FrameNotFoundError("no such file.", path=path) from None
    except PermissionError:
        raise FrameError("the file may not be read (permission denied).", path=path) from None
    except (ValueError, OSError) as error:
        raise FrameError(f"the name cannot be opened ({error}).", path=path) from error
    if not stat.S_ISREG(mode):
        raise FrameError("is not a regular file.", path=path)
    if not os.access(path, os.R_OK):
        raise FrameError("the file may not be read (permission denied).", path=path)


def checked_values(values: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Return an image of floats that holds values of 0 to 1.

    Interpolated images go a little beyond; whole numbers of other ranges are found by going far beyond.

    Raises
    ------
    FrameError
        It does not.
    """
    if not np.isfinite(values).all():
        raise FrameError("values must be finite. Received: NaN or infinity", path=path)
    low, high = float(values.min()), float(values.max())
    if low < -_BEYOND or high > 1 + _BEYOND:
        raise FrameError(f"values of floats must be 0 to 1. Received: {low:g} to {high:g}", path=path)
    return values
