"""Peaks of the change of an exposure: those that look like a star, and those that do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.exposures.coaddition.differences import Difference
from amsd_astro.exposures.coaddition.psf_fits import fit_psf

__all__ = ["Candidates", "find_candidates"]

_PEAK = 5.0  # noise widths of a change
_CLEAR = 5.5
_MISFIT, _SHARPEST, _FLATTEST = 2.0, 1.8, 0.4  # of what may be a star
_STAR = 5.0  # noise widths of the light that was there before
_NARROWEST = 1.6  # pixels of FWHM below which a star looks like a cosmic ray
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places at which an exposure changed; all of shape (n,).

    Attributes
    ----------
    x, y : ndarray
        Places on the exposure.
    significance : ndarray
        Of the change, with its sign.
    is_star : ndarray of bool
        Whether it has the shape of a star, and is beyond doubt.
    was_there : ndarray of bool
        Whether the change is one of a source that most exposures show.
    on_light : ndarray of bool
        Whether most exposures show light there, be the change as large as it may.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    significance: NDArray[np.float64]
    is_star: NDArray[np.bool_]
    was_there: NDArray[np.bool_]
    on_light: NDArray[np.bool_]


def find_candidates(difference: Difference, fwhm: float) -> Candidates:
    """Find the peaks.

    Parameters
    ----------
    difference : Difference
        Of the exposure.
    fwhm : float
        Of the exposure, in its pixels.
    """
    significance = difference.change(fwhm)
    significance /= difference.change_error(fwhm)
    width = mad_sigma(significance[::3, ::3][np.abs(difference.expected[::3, ::3]) < difference.width[::3, ::3]])
    significance *= np.float32(1 / width if width > 0 else 1.0)
    y, x = _peaks(np.abs(significance))
    peak = significance[y, x].astype(np.float64)
    place_y, place_x = (where + _shift(significance, y, x, axis) for axis, where in ((0, y), (1, x)))
    variance = difference.width**2 * np.float32(max(width, 1.0) ** 2)
    variance += (np.float32(difference.misfit) * difference.expected) ** 2
    found = fit_psf(difference.light, variance, (place_x, place_y), fwhm)
    before = fit_psf(difference.expected, variance, (place_x, place_y), fwhm)
    shaped = (found.misfit < _MISFIT) & (found.sharpness < _SHARPEST) & (found.sharpness > _FLATTEST)
    error_here = np.hypot(found.error, difference.misfit * np.abs(np.nan_to_num(before.flux)))
    with np.errstate(invalid="ignore"):
        shaped &= np.abs(found.flux) > _CLEAR * error_here
        on_light = before.flux > _STAR * before.error
        was_there = on_light & (np.abs(found.flux) < 3 * before.flux)
    if fwhm < _NARROWEST:
        shaped &= was_there
    return Candidates(place_x, place_y, peak, shaped, was_there, on_light)


def _peaks(height: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels above the limit and not below their neighbours."""
    ny, nx = height.shape
    y, x = np.nonzero(height > _PEAK)
    inside = (y > 0) & (y < ny - 1) & (x > 0) & (x < nx - 1)
    y, x = y[inside], x[inside]
    highest = np.ones(y.size, bool)
    for dy, dx in _AROUND:
        highest &= height[y, x] >= height[y + dy, x + dx]
    return y[highest], x[highest]


def _shift(image: NDArray[np.float32], y: NDArray[np.intp], x: NDArray[np.intp], axis: int) -> NDArray[np.float64]:
    """Place of the vertex of the parabola through a peak and its neighbours along an axis."""
    dy, dx = (1, 0) if axis == 0 else (0, 1)
    low, middle, high = (image[y + k * dy, x + k * dx].astype(np.float64) for k in (-1, 0, 1))
    bend = low - 2 * middle + high
    return np.clip(np.where(bend != 0, 0.5 * (low - high) / np.where(bend != 0, bend, 1), 0), -0.5, 0.5)
