"""Values for bad pixels, so that what is next to them can be denoised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["FILL_REACH", "NEAR_REACH", "fill_masked", "near_masked"]

_WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
_TRUNCATE = 3.0

FILL_REACH = 48
"""Pixels from which a filled value is gathered."""

NEAR_REACH = 6
"""Pixels over which the finest bands carry a filled value."""


def fill_masked(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Replace bad pixels by the mean of their good neighbours.

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized frame; bad pixels may hold anything.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        A copy; the level of the sky, zero, where no good pixel is near; ``values`` itself where nothing is masked.
    """
    if not mask.any():
        return values
    good = (~mask).astype(np.float32)
    filled = np.where(mask, np.float32(0), values)
    kept = filled.copy()
    missing = mask.copy()
    for width in _WIDTHS:
        weight = ndimage.gaussian_filter(good, width, truncate=_TRUNCATE)
        reached = missing & (weight > 0.02)
        if reached.any():
            blurred = ndimage.gaussian_filter(kept, width, truncate=_TRUNCATE)
            filled[reached] = blurred[reached] / weight[reached]
            missing &= ~reached
        if not missing.any():
            break
    return filled


def near_masked(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Good pixels whose finest bands a filled pixel enters."""
    if not mask.any():
        return np.zeros_like(mask)
    near = np.pad(mask, NEAR_REACH)
    for _ in range(2):  # along one axis, then along the other
        n_seen = 1
        while n_seen <= 2 * NEAR_REACH:
            step = min(n_seen, 2 * NEAR_REACH + 1 - n_seen)
            near = near[:-step] | near[step:]
            n_seen += step
        near = near.T
    return near & ~mask
