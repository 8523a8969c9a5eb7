"""A sample of a large frame: square pieces spread evenly over it, enough to measure its noise on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sample", "spread_sample"]

_LARGEST_WHOLE = 4 * 1024 * 1024  # pixels; the variance of so many is known to one in a thousand
_PIECE = 256
_RIM = 16  # filters reach across the seams between the pieces: pixels so near a seam are not used


@dataclass(frozen=True)
class Sample:
    """Places of the pieces in the frame, each with its rim; none where the sample is the frame itself."""

    places: tuple[tuple[slice, slice], ...]

    def of(self, array: NDArray) -> NDArray:
        """Return the pieces of an array of the frame's shape, one below the other; the array itself if it is whole."""
        return np.concatenate([array[place] for place in self.places]) if self.places else array

    def inner(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return which pixels of such a result, of the given shape, are away from the seams."""
        inner = np.ones(shape, bool)
        if self.places:
            inner = np.zeros((len(self.places), shape[0] // len(self.places), shape[1]), bool)
            inner[:, _RIM:-_RIM, _RIM:-_RIM] = True
        return inner.reshape(shape)


def spread_sample(mask: NDArray[np.bool_]) -> Sample:
    """Choose a sample: the frame itself unless it is large.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad; pieces with few good pixels are passed over.

    Returns
    -------
    Sample
    """
    ny, nx = mask.shape
    side = _PIECE + 2 * _RIM
    if ny * nx <= _LARGEST_WHOLE or min(ny, nx) < side:
        return Sample(())
    places = [
        (slice(y, y + side), slice(x, x + side))
        for y in range(0, ny - side + 1, _PIECE)
        for x in range(0, nx - side + 1, _PIECE)
    ]
    good = np.array([1 - np.count_nonzero(mask[place]) / side**2 for place in places])
    usable = np.flatnonzero(good >= 0.5 * good.max())
    n_pieces = min(len(usable), _LARGEST_WHOLE // _PIECE**2)
    chosen = usable[np.linspace(0, len(usable) - 1, n_pieces).round().astype(int)]
    return Sample(tuple(places[k] for k in chosen))
