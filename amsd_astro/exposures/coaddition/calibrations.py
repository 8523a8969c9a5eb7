"""From an exposure's unit to the reference's, and the weight that its noise gives an exposure there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.placement import Placement

__all__ = ["WEIGHTS", "Calibration", "exposure_weights"]

WEIGHTS = ("variance", "depth")
"""Inverse variance of the sky; the same over the area that a star covers."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Light above the sky in the reference's unit, of an exposure's pixels.

    Attributes
    ----------
    factor : float
        Of the reference's unit in the exposure's.
    sky : float
        Of the exposure, in its unit.
    slope : float
        Variance per unit of light, in the reference's unit.
    at_sky : float or ndarray, shape (ny, nx) of the exposure
        Variance of the sky, in the reference's unit squared.
    correlation : ndarray
        Of the exposure's noise.
    """

    factor: float
    sky: float
    slope: float
    at_sky: float | NDArray[np.float32]
    correlation: NDArray[np.float64]

    @classmethod
    def of(cls, exposure: Exposure, placement: Placement) -> Calibration:
        """Return that of an exposure at its place."""
        noise, factor = exposure.noise, float(placement.grid.area / placement.scale)
        sky = noise.variance(placement.sky) * factor**2
        at_sky = np.asarray(sky, np.float32) if np.ndim(sky) else float(sky)
        return cls(factor, placement.sky, noise.slope * factor, at_sky, noise.correlation)

    @property
    def typical(self) -> float:
        """Typical variance of the sky."""
        return typical(self.at_sky)

    def light(self, data: NDArray[np.floating], bad: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the light above the sky, NaN where pixels are bad."""
        result = np.subtract(data, self.sky, dtype=np.float64 if data.dtype == np.float64 else np.float32)
        result *= self.factor
        return np.where(bad, np.float32(np.nan), result.astype(np.float32, copy=False))

    def variance(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the variance of the exposure's pixels by the light that is expected of them."""
        least = 0.1 * self.typical
        return np.maximum(np.float32(self.slope) * light + np.asarray(self.at_sky, np.float32), np.float32(least))


def exposure_weights(
    calibrations: Sequence[Calibration], placements: Sequence[Placement], weights: str
) -> NDArray[np.float64]:
    """Return the weight of each exposure, of unit sum.

    Parameters
    ----------
    calibrations, placements : sequence
        Of each.
    weights : str
        One of `WEIGHTS`. An exposure whose seeing is not known counts as one of the median's.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}. Received: {weights!r}")
    variance = np.array([one.typical for one in calibrations])
    if not np.any(variance > 0):
        variance = np.ones_like(variance)
    variance = np.maximum(variance, 1e-6 * variance.max())
    if weights == "depth":
        fwhm = np.array([one.fwhm for one in placements])
        known = np.isfinite(fwhm) & (fwhm > 0)
        if known.any():
            variance = variance * np.where(known, fwhm, np.median(fwhm[known])) ** 2
    return np.asarray((1 / variance) / np.sum(1 / variance))
