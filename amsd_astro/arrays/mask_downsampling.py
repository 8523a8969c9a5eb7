"""A mask seen from afar: every so many pixels of it, without losing what is one pixel wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["downsampled_mask"]


def downsampled_mask(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Return a mask for a picture that shows every so many pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    step : int
        As in ``mask[::step, ::step]``, whose shape the result has.

    Returns
    -------
    ndarray of bool
        True where the pixel shown is bad, or as many as a bad column has of those that it stands for. Single bad pixels
        between those shown are left out.
    """
    if step == 1:
        return mask
    rows, columns = (np.arange(0, n, step) for n in mask.shape)
    counts = np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=np.int32), columns, axis=1)
    return np.asarray((counts >= step) | mask[::step, ::step])
