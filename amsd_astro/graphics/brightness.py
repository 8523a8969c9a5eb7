"""Limits and stretch of a picture: the range of values that it shows, and how brightness is spread over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma, median, quantile

__all__ = [
    "Brightness",
    "brightness_of",
    "linear_brightness",
    "sky_of",
    "uncertainty_brightness",
]

_BELOW, _AT_LEAST_ABOVE = 3.0, 10.0  # noise of the sky
_BRIGHTEST = 0.997  # share of the pixels; what is above, the cores of stars, is white
_FEW = 0.005
_ROOT = 0.1  # softening of a stretch that is much like a root
_LINEAR = 3.0  # noise of the sky up to which the stretch is about linear


@dataclass(frozen=True)
class Brightness:
    """A range of values and its stretch.

    Attributes
    ----------
    low, high : float
        Values that are black and white.
    softening : float or None
        Where an asinh stretch turns from linear to logarithmic, as a share of the range (the ``a`` of
        `astropy.visualization.AsinhStretch`); None for a linear one.
    """

    low: float
    high: float
    softening: float | None = None

    def gray(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return gray values of 0 to 1; a NaN stays one."""
        share = np.clip((np.asarray(values, np.float64) - self.low) / (self.high - self.low), 0, 1)
        if self.softening is None:
            return np.asarray(share)
        return np.asarray(np.arcsinh(share / self.softening) / np.arcsinh(1 / self.softening))


def sky_of(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return level and scatter of the sky, roughly: median, and scatter of what lies below it.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Good pixels; may be none.
    """
    if values.size == 0:
        return 0.0, 0.0
    with np.errstate(over="ignore"):
        level = median(values)
        below = values[values <= level].astype(np.float64) - level
        return level, mad_sigma(np.concatenate([below, -below]))


def brightness_of(values: NDArray[np.floating], *, sky: float, sigma: float) -> Brightness:
    """Return the range that shows the faint and the bright of a frame.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Good pixels; may be none.
    sky, sigma : float
        Level and noise of the sky.

    Returns
    -------
    Brightness
        From 3 sigma below the sky to the brightest pixels but 0.3 %, at least 10 sigma above the sky. Saturated stars
        and bad pixels do not move it.
    """
    brightest = quantile(values.astype(np.float64), _BRIGHTEST) if values.size else sky
    low, high = sky - _BELOW * sigma, max(brightest, sky + _AT_LEAST_ABOVE * sigma)
    with np.errstate(over="ignore"):
        span = np.float64(high) - low
    if not (np.isfinite(span) and span > 1e-12 * max(abs(low), abs(high))):  # one value, or no numbers to speak of
        return Brightness(*_around(low), 1.0)
    return Brightness(float(low), float(high), float(np.clip(_LINEAR * sigma / span, 1e-3, 1.0)))


def linear_brightness(values: NDArray[np.floating]) -> Brightness:
    """Return a linear range that holds all values but the least and the largest half per cent.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Good pixels; may be none.
    """
    if values.size == 0:
        return Brightness(0.0, 1.0)
    low, high = (quantile(values.astype(np.float64), share) for share in (_FEW, 1 - _FEW))
    return Brightness(low, high) if high > low else Brightness(*_around(low))


def uncertainty_brightness(values: NDArray[np.floating]) -> Brightness:
    """Return the range of a map of errors: from zero, so that small differences of small errors are not blown up.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Errors of good pixels; may be none.

    Returns
    -------
    Brightness
        To the largest but half a per cent, stretched so that errors of a tenth of that are seen.
    """
    high = quantile(values.astype(np.float64), 1 - _FEW) if values.size else 1.0
    if not (np.isfinite(high) and high > 0):
        high = 1.0
    return Brightness(0.0, high, _ROOT)


def _around(value: float) -> tuple[float, float]:
    """A range for a picture of one value."""
    middle = float(value) if np.isfinite(value) and abs(value) < 1e300 else 0.0
    half = max(abs(middle) * 1e-3, 1.0)
    return middle - half, middle + half
