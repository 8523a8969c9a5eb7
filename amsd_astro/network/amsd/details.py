"""Details of a denoised frame: the differences between neighbouring Gaussian scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["DETAIL_REACH", "N_DETAILS", "details", "log_of", "near_knots"]

DETAIL_REACH = 9
"""Pixels on each side that a detail depends on."""

_WIDTHS = (0.6, 1.0, 1.7, 3.0)  # pixels, Gaussian sigma: about a PSF and finer
N_DETAILS = len(_WIDTHS)
"""Bands of details."""

_TINY = 1e-6  # variance


def details(values: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Differences between neighbouring Gaussian scales, from fine to coarse; a constant has none.

    Parameters
    ----------
    values : ndarray of float32, shape (n, ny, nx)
        Denoised images in noise units.

    Yields
    ------
    ndarray of float32, shape of ``values``
    """
    finer = values
    for width in _WIDTHS:
        coarser = ndimage.gaussian_filter(values, (0, width, width), truncate=DETAIL_REACH / max(_WIDTHS))
        yield finer - coarser
        finer = coarser


def log_of(variance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Logarithm of a predicted variance."""
    return np.log(np.maximum(variance, _TINY))


def near_knots(place: NDArray[np.floating], n: int) -> list[NDArray[np.floating]]:
    """How near numbers are to each of n knots: weights that interpolate linearly, in places counted in knots."""
    return [np.maximum(0, 1 - np.abs(place - k)) for k in range(n)]
