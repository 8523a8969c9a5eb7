"""Slope of the variance with the signal from the sky alone: photons are few where its noise is skewed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.starlet import smoothed

__all__ = ["skewed_slope", "skewness_of_noise"]

_Z = 2.0  # the quantiles that are compared, sigma: farther out stand hot pixels and faint sources
_BELOW, _ABOVE = 0.02275, 0.97725
_FEWEST = 2000
_ERROR = 2.0  # of a compared sum of quantiles, over 1 / sqrt(n)


def skewed_slope(band: NDArray[np.floating], empty: NDArray[np.bool_], sky_variance: float) -> float:
    """The least slope that the skewness of the noise allows, two standard errors below what it tells.

    Photons that arrive at random have a third cumulant of slope * variance; read noise has none. With a skewness
    of g, quantiles at z sigma stand at ``z + g (z**2 - 1) / 6`` (Cornish & Fisher 1938), the median at ``-g / 6``.

    Parameters
    ----------
    band : ndarray, shape (ny, nx)
        The finest band of a frame.
    empty : ndarray of bool, shape (ny, nx)
        Its empty sky.
    sky_variance : float
        Variance of the pixels there.

    Returns
    -------
    float
        Variance per unit of signal; 0 where the noise is not skewed beyond doubt.
    """
    skewness, error = skewness_of_noise(band, empty)
    return float(max(skewness - 2 * error, 0.0) * np.sqrt(sky_variance))


def skewness_of_noise(band: NDArray[np.floating], empty: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the skewness of the pixels of the sky if their noise is white, and its error; 0 where too few are empty.

    Parameters
    ----------
    band : ndarray, shape (ny, nx)
        The finest band of a frame.
    empty : ndarray of bool, shape (ny, nx)
        Its empty sky.
    """
    values = band.ravel()[np.flatnonzero(empty)]
    if values.size < _FEWEST:
        return 0.0, 0.0
    low, middle, high = np.quantile(values, [_BELOW, 0.5, _ABOVE]).astype(np.float64)
    width = (high - low) / (2 * _Z)
    if not width > 0:
        return 0.0, 0.0
    per_skewness = ((_Z**2 - 1) / 3 + 1 / 3) * _band_share()
    skewness = (high + low - 2 * middle) / width / per_skewness
    return float(skewness), float(_ERROR / np.sqrt(values.size) / per_skewness)


@lru_cache(maxsize=1)
def _band_share() -> float:
    """Skewness of the finest band of white noise, over that of its pixels."""
    point = np.zeros((13, 13))
    point[6, 6] = 1.0
    response = point[2:, 2:] - smoothed(point, 0)[:-2, :-2]
    return float((response**3).sum() / (response**2).sum() ** 1.5)
