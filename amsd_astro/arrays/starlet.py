"""One step of the starlet, the isotropic undecimated wavelet of Starck & Murtagh (1994): smoothing by its scale.

The taps of the cubic B-spline, 1 4 6 4 1, are four sums of two neighbours; so are the taps along the other axis, some
rows apart. On the image as one long row all eight are additions of contiguous arrays, the fastest there are.
"""

from __future__ import annotations

from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

__all__ = ["smoothed"]


def smoothed(image: NDArray[np.floating], scale: int) -> NDArray[np.floating]:
    """One step of smoothing, from scale ``scale`` to the next coarser, at the pixels for which every tap is inside.

    Parameters
    ----------
    image : ndarray, shape (..., ny, nx)
        Values at scale ``scale``.
    scale : int
        Number of smoothing steps already made; the taps lie ``2**scale`` pixels apart.

    Returns
    -------
    ndarray, shape (..., ny, nx)
        Pixel (y, x) is the smoothed (y + r, x + r), with ``r = 2 * 2**scale``. So the last 2 r rows and columns have
        no meaning; they are finite where the image is.
    """
    step = 2**scale
    summed = np.ascontiguousarray(image).reshape(-1)
    results = np.empty_like(summed), np.empty_like(summed)
    for k, shift in enumerate(chain(repeat(step * image.shape[-1], 4), repeat(step, 4))):
        room = results[k % 2][: summed.size - shift]
        summed = np.add(summed[:-shift], summed[shift:], out=room)
    summed *= 1 / 256
    result = results[1]
    result[summed.size :] = 0
    return result.reshape(image.shape)
