"""The range of brightness that a picture of a frame shows, and how it is spread over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma, median, quantile

__all__ = ["Brightness", "brightness_of", "sky_of"]

_BELOW, _AT_LEAST_ABOVE = 3.0, 10.0  # noise of the sky
_BRIGHTEST = 0.997  # share of the pixels; what is above, the cores of stars, is white
_LINEAR = 3.0  # noise of the sky up to which the stretch is about linear


@dataclass(frozen=True)
class Brightness:
    """A range of values and its asinh stretch.

    Attributes
    ----------
    low, high : float
        Values that are black and white.
    softening : float
        Where the stretch turns from linear to logarithmic, as a share of the range.
    """

    low: float
    high: float
    softening: float

    def gray(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return gray values of 0 to 1; a NaN stays one."""
        share = np.clip((np.asarray(values, np.float64) - self.low) / (self.high - self.low), 0, 1)
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
        middle = low if np.isfinite(low) and abs(low) < 1e300 else 0.0
        half = max(abs(middle) * 1e-3, 1.0)
        return Brightness(middle - half, middle + half, 1.0)
    return Brightness(float(low), float(high), float(np.clip(_LINEAR * sigma / span, 1e-3, 1.0)))
