"""An exposure less what the others lead one to expect of it, on its own pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.robust_statistics import quantile
from amsd_astro.exposures.coaddition.calibrations import Calibration
from amsd_astro.exposures.coaddition.psf_fits import SIGMA_PER_FWHM

__all__ = ["Difference"]

_CELL = 64  # pixels, over which a difference of the skies is told from sources
_SAMPLE = 3  # each so-manieth pixel along an axis tells widths
_SHARE, _SHARE_WITHIN = 0.9, 1.645  # of normal deviates, within so many widths: few deviate beyond by blemishes
_OWN_PART = 1.3  # over the exposures: by how much an exposure is nearer to a median that it is part of, but not far out
_BLURRED, _NOISE = 1.2, 0.7  # what half the seeing takes off a star's middle, and widths that noise reaches then
_OF_MEDIAN = 1.57  # variance of a median of many over that of their mean


@dataclass(frozen=True, eq=False)
class Difference:
    """What is unexpected.

    Attributes
    ----------
    light : ndarray of float32, shape (ny, nx)
        The difference, without that of the skies; NaN where the exposure is bad or nothing is known.
    expected : ndarray of float32, shape (ny, nx)
        What was expected.
    width : ndarray of float32, shape (ny, nx)
        One standard deviation of the difference.
    n_values : ndarray of uint16, shape (ny, nx)
        Exposures that the expectation is of.
    misfit : float
        Part of the expected light that it may be wrong by.
    """

    light: NDArray[np.float32]
    expected: NDArray[np.float32]
    width: NDArray[np.float32]
    n_values: NDArray[np.uint16]
    misfit: float

    @classmethod
    def between(
        cls,
        seen: NDArray[np.float32],
        expected: NDArray[np.float32],
        n_values: NDArray[np.uint16],
        calibration: Calibration,
        misfit: float,
        *,
        reference_variance: float,
        power: float = 1.0,
    ) -> Difference:
        """Take the expectation off an exposure.

        Parameters
        ----------
        seen, expected : ndarray of float32, shape (ny, nx)
            Exposure and expectation, as it would be seen.
        n_values : ndarray of uint16, shape (ny, nx)
            As in the class.
        calibration : Calibration
            Of the exposure.
        misfit : float
            As in the class.
        reference_variance : float
            Of the sky of one exposure of those that the expectation is of.
        power : float, optional
            Variance that is left of the exposure's where it was smoothed.
        """
        light = seen - expected
        light[n_values == 0] = np.nan
        light -= _background(light)
        variance = np.float32(power) * calibration.variance(expected)
        scatter = np.maximum(n_values, 1).astype(np.float32)
        scatter = np.where(scatter <= 2, np.float32(1), np.float32(_OF_MEDIAN) / scatter)
        variance += scatter * (np.float32(calibration.slope) * np.maximum(expected, 0) + np.float32(reference_variance))
        width = np.sqrt(variance)
        some = (slice(None, None, _SAMPLE), slice(None, None, _SAMPLE))
        faint = np.isfinite(light[some]) & (np.abs(expected[some]) < width[some])
        if faint.any():
            actual = quantile(np.abs((light[some] / width[some])[faint]), _SHARE) / _SHARE_WITHIN
            n = float(np.median(n_values[some][faint]))
            width *= np.float32(actual / (math.sqrt(1 - _OWN_PART / n) if n > 2 else 1.0) if actual > 0 else 1.0)
        return cls(light, expected, width, n_values, misfit)

    def allowed(self, fwhm: float) -> NDArray[np.float32]:
        """What the expectation may be wrong by: part of the light in the pixel or one next to it, without noise."""
        highest = np.asarray(self.expected, np.float32)
        kernel = _profile(0.5 * SIGMA_PER_FWHM * fwhm)
        for axis in (0, 1):
            highest = ndimage.correlate1d(highest, kernel, axis=axis, mode="nearest")
        np.abs(highest, out=highest)
        for axis in (0, 1):
            highest = ndimage.maximum_filter1d(highest, 3, axis=axis)
        highest *= np.float32(_BLURRED)
        highest -= np.float32(_NOISE) * self.width
        np.maximum(highest, 0, out=highest)
        highest *= np.float32(self.misfit)
        return np.asarray(highest)

    def change(self, fwhm: float) -> NDArray[np.float32]:
        """Return the flux that a star at each pixel would have changed by; bad pixels count as unchanged."""
        sigma = SIGMA_PER_FWHM * fwhm
        kernel = _profile(sigma)
        smooth = np.nan_to_num(self.light)
        for axis in (0, 1):
            smooth = ndimage.correlate1d(smooth, kernel, axis=axis, mode="constant")
        smooth /= np.float32(np.sum(kernel**2) ** 2)
        return np.asarray(smooth)

    def change_error(self, fwhm: float) -> NDArray[np.float32]:
        """Return the error of `change`."""
        error: NDArray[np.float32] = self.width / np.float32(np.sum(_profile(SIGMA_PER_FWHM * fwhm) ** 2))
        return error


def _profile(sigma: float) -> NDArray[np.float32]:
    offset = np.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)
    profile = np.exp(-(offset**2) / (2 * sigma**2))
    return np.asarray(profile / profile.sum(), np.float32)


def _background(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Medians of large cells, linear between their centres."""
    edges = [np.linspace(0, n, max(1, round(n / _CELL)) + 1).astype(int) for n in image.shape]
    cells = np.full((len(edges[0]) - 1, len(edges[1]) - 1), np.nan)
    for j in range(cells.shape[0]):
        for i in range(cells.shape[1]):
            part = image[edges[0][j] : edges[0][j + 1] : 2, edges[1][i] : edges[1][i + 1] : 2]
            values = part[np.isfinite(part)]
            if values.size > part.size // 4:
                cells[j, i] = np.median(values)
    known = np.isfinite(cells)
    cells[~known] = np.median(cells[known]) if known.any() else 0.0
    result = cells
    for axis, edge in enumerate(edges):
        centre = (edge[1:] + edge[:-1] - 1) / 2
        place = np.clip(np.interp(np.arange(edge[-1]), centre, np.arange(len(centre))), 0, len(centre) - 1)
        low = np.minimum(place.astype(int), len(centre) - 1)
        share = (place - low).reshape(-1, 1) if axis == 0 else place - low
        high = np.minimum(low + 1, len(centre) - 1)
        result = (1 - share) * result.take(low, axis=axis) + share * result.take(high, axis=axis)
    return np.asarray(result, np.float32)
