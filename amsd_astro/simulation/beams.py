"""Smoothing of noise and light alike, as the beam of a radio telescope or a matched filter does it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

__all__ = ["Beam"]

_REACH = 3.0  # standard deviations


@dataclass(frozen=True)
class Beam:
    """A round Gaussian beam; what it is asked is what a `Resampling` is asked.

    Parameters
    ----------
    fwhm : float
        Pixels.
    shape : tuple of int
        (ny, nx) of the output.

    Examples
    --------
    >>> from amsd_astro.simulation import Beam
    >>> Beam(4.0, (32, 32)).correlation().shape
    (7, 7)
    """

    fwhm: float
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if not self.fwhm > 0.0:
            raise ValueError(f"fwhm must be positive. Received: {self.fwhm}")

    @property
    def reach(self) -> int:
        """Input pixels that an output pixel depends on, on each side of its centre."""
        return math.ceil(_REACH * self._sigma)

    @property
    def input_shape(self) -> tuple[int, int]:
        """(ny, nx) of the input."""
        ny, nx = self.shape
        return ny + 2 * self.reach, nx + 2 * self.reach

    def apply(self, image: NDArray[np.floating]) -> NDArray[np.float64]:
        """Smooth an image of `input_shape`; a constant comes out as it was."""
        return self._filtered(image, self._weights)

    def variance(self, variance: NDArray[np.floating]) -> NDArray[np.float64]:
        """Variance of output pixels from that of input pixels of independent noise."""
        return self._filtered(variance, self._weights**2)

    def spread(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Output pixels that a bad input pixel has a part in."""
        return self._filtered(mask, np.ones_like(self._weights)) > 0.5

    def correlation(self, radius: int = 3) -> NDArray[np.float64]:
        """Correlation of output noise for independent input noise, shape (2 radius + 1, 2 radius + 1)."""
        lags = np.correlate(self._weights, np.pad(self._weights, radius), mode="valid")[::-1]
        return np.outer(lags, lags) / lags[radius] ** 2

    @property
    def _sigma(self) -> float:
        return self.fwhm / math.sqrt(8.0 * math.log(2.0))

    @property
    def _weights(self) -> NDArray[np.float64]:
        weights = np.exp(-0.5 * (np.arange(-self.reach, self.reach + 1) / self._sigma) ** 2)
        return np.asarray(weights / weights.sum())

    def _filtered(self, image: NDArray, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        filtered = correlate1d(correlate1d(np.asarray(image, np.float64), weights, axis=0), weights, axis=1)
        return np.asarray(filtered[self.reach : -self.reach, self.reach : -self.reach])
