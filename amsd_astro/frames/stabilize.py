"""The variance-stabilizing transform: noise of unit width from empty sky to saturated star, and the way back.

Generalized Anscombe transform of Starck, Murtagh & Bijaoui (1998), written relative to a reference level so that no
digits are lost on a large pedestal and so that it passes smoothly into ``x / sigma`` as the slope goes to zero.
The inverse is the closed form of the exact unbiased inverse (Makitalo & Foi 2013, equation 10) plus
``slope * v / 4`` for an estimate that has the posterior variance ``v``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Stabilizer"]

_ROOT_THREE_HALVES = np.sqrt(1.5)
_SMALLEST = 2 * np.sqrt(3 / 8)  # the transform of no photons at all


@dataclass(frozen=True)
class Stabilizer:
    """Transform between the units of a frame and noise units.

    Parameters
    ----------
    slope : float
        Variance per unit of signal (the inverse of the gain for a frame in adu), not negative.
    floor : float or ndarray, shape (ny, nx)
        Variance at a signal of zero, in squared units of the frame; ``variance = slope * mean + floor``.
    reference : float
        Level that is transformed to zero, usually the sky, in units of the frame.
    """

    slope: float
    floor: float | NDArray[np.floating]
    reference: float

    def part(self, where: slice | tuple[slice, slice]) -> Stabilizer:
        """Return the transform of a part of the frame."""
        return self if np.ndim(self.floor) == 0 else replace(self, floor=np.asarray(self.floor)[where])

    def _root(self) -> NDArray[np.float64]:
        """Square root of the transform's argument at the reference level."""
        argument = self.slope * self.reference + np.asarray(self.floor, np.float64) + 0.375 * self.slope**2
        return np.sqrt(np.maximum(argument, np.maximum(0.375 * self.slope**2, np.finfo(np.float64).tiny)))

    def forward(self, values: ArrayLike) -> NDArray[np.float32]:
        """From the units of the frame to noise units.

        Parameters
        ----------
        values : array_like, shape (ny, nx)
            Pixel values in the units of the frame.

        Returns
        -------
        ndarray of float32, shape (ny, nx)
            Transformed values, zero at the reference level.
        """
        offset = np.asarray(values, np.float64) - self.reference
        root = self._root()
        lowest = 0.375 * self.slope**2  # below it the transform goes on along its tangent: nothing is clipped
        argument = root**2 + self.slope * offset
        upper = np.sqrt(np.maximum(argument, lowest))
        result = 2 * (offset - np.minimum(argument - lowest, 0) / max(self.slope, 1e-300)) / (upper + root)
        if self.slope > 0:
            result += np.minimum(argument - lowest, 0) / (self.slope * np.sqrt(lowest))
        return np.asarray(result, np.float32)

    def inverse(self, values: ArrayLike, variance: ArrayLike = 0.0) -> NDArray[np.float64]:
        """From denoised noise units back to the units of the frame, without bias.

        Parameters
        ----------
        values : array_like, shape (ny, nx)
            Estimates of the expected transformed value, relative to the reference.
        variance : array_like, optional
            Posterior variance of ``values``, in noise units squared.

        Returns
        -------
        ndarray of float64, shape (ny, nx)
            Expected signal in the units of the frame.
        """
        z = np.asarray(values, np.float64)
        root = self._root()
        if self.slope == 0:
            return np.asarray(self.reference + root * z)
        lowest = _SMALLEST - 2 * root / self.slope
        kept = np.maximum(z, lowest)
        full = kept + 2 * root / self.slope
        series = _ROOT_THREE_HALVES / (4 * full) - 11 / (8 * full**2) + 5 * _ROOT_THREE_HALVES / (8 * full**3)
        photons = (kept**2 + variance) / 4 + series + 0.25
        below = np.minimum(z - lowest, 0) * np.sqrt(0.375) * self.slope
        return np.asarray(self.reference + root * kept + self.slope * photons + below)

    def undo(self, values: ArrayLike) -> NDArray[np.float64]:
        """Take `forward` back: pixels come back as they were, noise and all.

        `inverse` gives the expected signal of an estimate without noise instead, which is another number.

        Parameters
        ----------
        values : array_like, shape (ny, nx)
            Values in noise units, relative to the reference.

        Returns
        -------
        ndarray of float64, shape (ny, nx)
            In the units of the frame.
        """
        z = np.asarray(values, np.float64)
        root = self._root()
        if self.slope == 0:
            return np.asarray(self.reference + root * z)
        edge = np.sqrt(0.375) * self.slope  # the root below which the transform goes on along its tangent
        lowest = 2 * (edge - root) / self.slope
        kept = np.maximum(z, lowest)
        below = np.minimum(z - lowest, 0) * edge
        return np.asarray(self.reference + root * kept + self.slope * kept**2 / 4 + below)

    def derivative(self, values: ArrayLike) -> NDArray[np.float64]:
        """Slope of the way back: units of the frame per noise unit at given transformed values."""
        root = self._root()
        return np.maximum(root + self.slope * np.asarray(values, np.float64) / 2, np.sqrt(0.375) * self.slope)
