"""Stamps: small square cuts of an image around sources, and light put back at their places."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["add_stamp", "bad_pixels_of", "cut_stamps"]


def bad_pixels_of(data: NDArray[np.floating], mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Return where pixels are masked or no numbers, shape (ny, nx)."""
    bad = ~np.isfinite(data)
    return bad if mask is None else bad | mask


def cut_stamps(
    image: NDArray[np.floating], y: ArrayLike, x: ArrayLike, half: int, *, bad: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Cut a square around each position.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Pixels.
    y, x : array_like, shape (n,)
        Positions, the first pixel's centre at 0.
    half : int
        The side is ``2 half + 1``.
    bad : ndarray of bool, optional
        Pixels that come out as NaN, as do those outside the image.

    Returns
    -------
    stamps : ndarray, shape (n, side, side)
        In the middle of each is the pixel nearest to the position.
    dy, dx : ndarray, shape (n,)
        Position less the centre of that pixel, within half a pixel.
    """
    y, x = np.atleast_1d(np.asarray(y, np.float64)), np.atleast_1d(np.asarray(x, np.float64))
    row, column = np.rint(y).astype(np.int64), np.rint(x).astype(np.int64)
    offset = np.arange(-half, half + 1)
    rows, columns = row[:, None] + offset, column[:, None] + offset
    inside = ((rows >= 0) & (rows < image.shape[0]))[:, :, None] & ((columns >= 0) & (columns < image.shape[1]))[
        :, None
    ]
    rows, columns = np.clip(rows, 0, image.shape[0] - 1), np.clip(columns, 0, image.shape[1] - 1)
    stamps = image[rows[:, :, None], columns[:, None, :]].astype(np.float64)
    lost = ~inside if bad is None else ~inside | bad[rows[:, :, None], columns[:, None, :]]
    stamps[lost] = np.nan
    return stamps, y - row, x - column


def add_stamp(image: NDArray[np.float64], stamp: NDArray[np.float64], y: float, x: float) -> None:
    """Add a stamp of odd side, its middle at the pixel nearest to (y, x); what lies outside is lost."""
    half = stamp.shape[0] // 2
    top, left = round(y) - half, round(x) - half
    y0, y1 = max(top, 0), min(top + stamp.shape[0], image.shape[0])
    x0, x1 = max(left, 0), min(left + stamp.shape[1], image.shape[1])
    if y0 < y1 and x0 < x1:
        image[y0:y1, x0:x1] += stamp[y0 - top : y1 - top, x0 - left : x1 - left]
