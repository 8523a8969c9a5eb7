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
_FARTHEST = 1e30  # noise units: what lies beyond is no pixel, and would be infinite in float32 or soon after
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
        offset = np.subtract(values, self.reference, dtype=np.float64)
        root = self._root()
        lowest = 0.375 * self.slope**2  # below it the transform goes on along its tangent: nothing is clipped
        argument = np.asarray(self.slope * offset + root**2)
        tangent: NDArray[np.float64] | None = None
        if np.any(argument < lowest):
            below = np.minimum(argument - lowest, 0)
            offset -= below / max(self.slope, 1e-300)
            tangent = below / (self.slope * np.sqrt(lowest))
            argument = np.maximum(argument, lowest)
        upper = np.sqrt(argument, out=argument)
        upper += root
        result = np.divide(2 * offset, upper, out=upper)
        if tangent is not None:
            result += tangent
        return np.clip(result, -_FARTHEST, _FARTHEST, out=result).astype(np.float32)

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
        kept = np.maximum(z, lowest) if np.any(z < lowest) else z
        photons = np.asarray(_series(1 / (kept + 2 * root / self.slope)) + np.square(kept) / 4 + np.divide(variance, 4))
        photons += 0.25
        photons *= self.slope
        photons += self.reference + root * kept
        if kept is not z:
            photons += np.minimum(z - lowest, 0) * np.sqrt(0.375) * self.slope
        return photons

    def expected(self, truth: ArrayLike) -> NDArray[np.float32]:
        """Return what `inverse` takes back to a truth: the expectation of the transform of its exposures.

        Found by Newton's method.

        Parameters
        ----------
        truth : array_like, shape (ny, nx)
            Expected signal, in the units of the frame.

        Returns
        -------
        ndarray of float32, shape (ny, nx)
            In noise units, relative to the reference.
        """
        values = self.forward(truth).astype(np.float64)
        for _ in range(3):
            values -= (self.inverse(values) - np.asarray(truth, np.float64)) / self.derivative(values)
        return values.astype(np.float32)

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


def _series(inverse: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the exact unbiased inverse adds to the algebraic one, by the inverse of the transformed value."""
    result = np.asarray(inverse * (5 * _ROOT_THREE_HALVES / 8))
    result -= 11 / 8
    result *= inverse
    result += _ROOT_THREE_HALVES / 4
    result *= inverse
    return result
