"""Pixels that stand out from those beside them by more than any star could: cosmic rays, hot pixels, on stars too."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.psf_fits import SIGMA_PER_FWHM

__all__ = ["is_sharper_than_stars"]

_LIMIT = 5.0  # noise widths
_NARROWEST = 0.85  # of the stars' width: no star is sharper
_WRONG = 0.1  # of a pixel's light that a profile may be wrong by
_LINES = ((0, 1), (1, 0), (1, 1), (1, -1))


def is_sharper_than_stars(
    light: NDArray[np.float32], variance: NDArray[np.float32], fwhm: float, among: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the pixels that are too bright for the two beside them, along a row, a column or a diagonal.

    A star's light at a pixel is at most so many times the mean of any two opposite neighbours', wherever its middle is.

    Parameters
    ----------
    light, variance : ndarray of float32, shape (ny, nx)
        Light above the sky, NaN where there is none, and its variance.
    fwhm : float
        Of the stars, pixels.
    among : ndarray of bool, shape (ny, nx)
        The pixels that are looked at.
    """
    ny, nx = light.shape
    y, x = np.nonzero(among)
    inside = (y > 0) & (y < ny - 1) & (x > 0) & (x < nx - 1)
    y, x = y[inside], x[inside]
    here, noise = light[y, x], variance[y, x]
    sharp = np.zeros(y.size, bool)
    for dy, dx in _LINES:
        steepest = math.exp((dy * dy + dx * dx) / (2 * (_NARROWEST * SIGMA_PER_FWHM * fwhm) ** 2))
        beside = 0.5 * (light[y + dy, x + dx] + light[y - dy, x - dx])
        spread = noise + 0.25 * steepest**2 * (variance[y + dy, x + dx] + variance[y - dy, x - dx])
        with np.errstate(invalid="ignore"):
            sharp |= (1 - _WRONG) * here - steepest * np.maximum(beside, 0) > _LIMIT * np.sqrt(spread)
    result = np.zeros(light.shape, bool)
    result[y[sharp], x[sharp]] = True
    return result
