"""Resampling of exposures onto another grid, as reductions do it: it correlates the noise of neighbouring pixels.

Rows and columns are treated apart (shift and scale, no rotation), so that a resampling is two matrices, and the truth
and the variance of its output are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS", "Resampling"]

KERNELS = ("bilinear", "cubic", "lanczos3", "drizzle")
"""Ways of resampling."""

_REACH = {"bilinear": 1, "cubic": 2, "lanczos3": 3}


@dataclass(frozen=True)
class Resampling:
    """A linear map from one grid of pixels to another.

    Parameters
    ----------
    kernel : str
        One of `KERNELS`: linear interpolation, cubic convolution with a = -1/2 (Keys 1981), Lanczos with three lobes,
        weights of unit sum, or drizzle (Fruchter & Hook 2002).
    shape : tuple of int
        (ny, nx) of the output.
    scale : float
        Side of an output pixel in input pixels.
    shift : tuple of float
        (y, x) of the output's first pixel centre in the input, which must reach `reach` pixels beyond all centres.
    drop : float
        Side of the drop that drizzle shrinks an input pixel to (its "pixfrac"), in input pixels.

    Raises
    ------
    ValueError
        For an unknown kernel, a scale or drop that is not positive, or drops that leave output pixels empty.

    Examples
    --------
    >>> from amsd_astro.simulation import Resampling
    >>> Resampling("lanczos3", (32, 32), shift=(3.3, 3.6)).input_shape
    (38, 38)
    """

    kernel: str
    shape: tuple[int, int]
    scale: float = 1.0
    shift: tuple[float, float] = (3.0, 3.0)
    drop: float = 0.8
    _weights: tuple[NDArray[np.float64], NDArray[np.float64]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}. Received: {self.kernel!r}")
        if not (self.scale > 0.0 and 0.0 < self.drop <= 1.0):
            raise ValueError(f"scale must be positive and drop in (0, 1]. Received: {self.scale}, {self.drop}")
        if self.kernel == "drizzle" and self.scale + self.drop <= 1.0:
            raise ValueError(f"scale + drop must be above 1, or pixels stay empty. Received: {self.scale + self.drop}")
        if min(self.shift) < self.reach:
            raise ValueError(f"shift must be {self.reach} or more for the kernel. Received: {self.shift}")
        weights = tuple(self._matrix(n, shift) for n, shift in zip(self.shape, self.shift, strict=True))
        object.__setattr__(self, "_weights", weights)

    @property
    def reach(self) -> int:
        """Input pixels that an output pixel depends on, on each side of its centre."""
        if self.kernel == "drizzle":
            return int(np.ceil(0.5 * (self.scale + self.drop) + 0.5))
        return _REACH[self.kernel]

    @property
    def input_shape(self) -> tuple[int, int]:
        """(ny, nx) of the input."""
        y, x = (weights.shape[1] for weights in self._weights)
        return y, x

    def apply(self, image: NDArray[np.floating]) -> NDArray[np.float64]:
        """Resample: surface brightness is kept, a constant comes out as it was.

        Parameters
        ----------
        image : ndarray, shape (..., ny, nx) by `input_shape`
            Input.

        Returns
        -------
        ndarray of float64, shape (..., ny, nx) by `shape`
        """
        down, across = self._weights
        return np.asarray(down @ image @ across.T, np.float64)

    def variance(self, variance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Variance of output pixels from that of input pixels of independent noise; shapes as in `apply`."""
        down, across = self._weights
        return np.asarray(down**2 @ variance @ (across**2).T, np.float64)

    def spread(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Output pixels that a bad input pixel has a part in."""
        down, across = (np.abs(weights) > 1e-9 for weights in self._weights)
        return np.asarray(down.astype(np.float32) @ mask.astype(np.float32) @ across.T.astype(np.float32)) > 0

    def correlation(self, radius: int = 3) -> NDArray[np.float64]:
        """Mean correlation of output noise for independent input noise of one variance.

        Returns
        -------
        ndarray, shape (2 radius + 1, 2 radius + 1)
        """
        down, across = (_mean_lags(weights @ weights.T, radius) for weights in self._weights)
        return np.outer(down, across)

    def _matrix(self, n: int, shift: float) -> NDArray[np.float64]:
        centres = shift + self.scale * np.arange(n)
        n_input = int(np.floor(centres[-1])) + self.reach + 1
        offset = np.abs(np.arange(n_input) - centres[:, None])
        weights = self._drops(offset) if self.kernel == "drizzle" else _KERNELS[self.kernel](offset)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def _drops(self, offset: NDArray[np.float64]) -> NDArray[np.float64]:
        """Length that output pixels share with the drops of input pixels."""
        return np.clip(0.5 * (self.scale + self.drop) - offset, 0.0, min(self.scale, self.drop))


def _bilinear(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1.0 - offset, 0.0)


def _cubic(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    near = (1.5 * offset - 2.5) * offset**2 + 1.0
    far = ((-0.5 * offset + 2.5) * offset - 4.0) * offset + 2.0
    return np.where(offset <= 1.0, near, np.where(offset < 2.0, far, 0.0))


def _lanczos3(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(offset < 3.0, np.sinc(offset) * np.sinc(offset / 3.0), 0.0)


_KERNELS = {"bilinear": _bilinear, "cubic": _cubic, "lanczos3": _lanczos3}


def _mean_lags(covariance: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Mean of the diagonals of a covariance from -radius to radius, over that of the main one."""
    lags = np.array([np.diagonal(covariance, abs(k)).mean() for k in range(-radius, radius + 1)])
    return np.asarray(lags / lags[radius])
