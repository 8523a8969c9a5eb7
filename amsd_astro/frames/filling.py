"""Values for bad pixels, so that what is next to them can be denoised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["fill_masked", "near_masked"]

_WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
_REACH = 6  # pixels over which the finest bands carry a filled value


def fill_masked(
    values: NDArray[np.float32], mask: NDArray[np.bool_], noise: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Replace bad pixels by the mean of their good neighbours plus noise.

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized frame; bad pixels may hold anything.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    noise : ndarray of float32, shape (ny, nx)
        Unit noise, so that filled places look like the rest of the frame.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        A copy; ``values`` itself where nothing is masked.
    """
    if not mask.any():
        return values
    good = (~mask).astype(np.float32)
    kept = np.where(mask, np.float32(0), values)
    filled = np.full(values.shape, np.float32(np.median(values[~mask])) if not mask.all() else np.float32(0))
    missing = mask.copy()
    for width in _WIDTHS:
        weight = ndimage.gaussian_filter(good, width, truncate=3.0)
        reached = missing & (weight > 0.02)
        if reached.any():
            blurred = ndimage.gaussian_filter(kept, width, truncate=3.0)
            filled[reached] = blurred[reached] / weight[reached]
            missing &= ~reached
        if not missing.any():
            break
    return np.where(mask, filled + noise, values)


def near_masked(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Good pixels whose finest bands a filled pixel enters."""
    if not mask.any():
        return np.zeros_like(mask)
    return ndimage.maximum_filter(mask, 2 * _REACH + 1) & ~mask
