"""Differences of images without what is smooth in them: backgrounds differ between exposures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.robust_statistics import mad_sigma

__all__ = ["levelled"]

_SMOOTH = 32.0  # pixels


def levelled(
    difference: NDArray[np.float64], counts: NDArray[np.bool_], *, clipped: float = np.inf
) -> NDArray[np.float64]:
    """Return a difference without what is smooth in it, zero where it does not count.

    Parameters
    ----------
    difference : ndarray, shape (ny, nx)
        Finite where it counts.
    counts : ndarray of bool, shape (ny, nx)
        Where.
    clipped : float, optional
        Robust widths beyond which values make nothing smooth, as blemishes.
    """
    plain = np.where(counts, np.nan_to_num(difference), 0)
    kept = plain
    if np.isfinite(clipped) and counts.any():
        median, width = np.median(plain[counts]), clipped * mad_sigma(plain[counts])
        kept = np.where(counts, np.clip(plain, median - width, median + width), 0)
    share = ndimage.gaussian_filter(counts.astype(float), _SMOOTH)
    smooth = ndimage.gaussian_filter(kept, _SMOOTH) / np.maximum(share, 1e-3)
    return np.where(counts, plain - smooth, 0)
