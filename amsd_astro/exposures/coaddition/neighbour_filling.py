"""Values for the bad pixels of an exposure until other exposures tell better ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fill_from_neighbours"]

_N_ROUNDS = 6
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def fill_from_neighbours(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace NaN by the mean of the neighbours, from the rim of larger places inwards; 0, the sky, is left beyond.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Light above the sky; it is changed.
    """
    ny, nx = image.shape
    y, x = np.nonzero(np.isnan(image))
    for _ in range(_N_ROUNDS):
        if not y.size:
            return image
        total, count = np.zeros(y.size, np.float32), np.zeros(y.size, np.float32)
        for dy, dx in _AROUND:
            near_y, near_x = y + dy, x + dx
            inside = (near_y >= 0) & (near_y < ny) & (near_x >= 0) & (near_x < nx)
            value = image[np.clip(near_y, 0, ny - 1), np.clip(near_x, 0, nx - 1)]
            inside &= np.isfinite(value)
            total += np.where(inside, value, 0)
            count += inside
        found = count > 0
        image[y[found], x[found]] = total[found] / count[found]
        y, x = y[~found], x[~found]
    image[y, x] = 0
    return image
