"""The noise of an image without empty sky of which nothing is stated: from its calmest blocks.

What is taken for the noise of the sky is structure where it is correlated from pixel to pixel, where some blocks
scatter far less than others, and where those have less of what is smooth than the others, or than the correlation says.
Noise, resampled or not, has as much of it everywhere, also where exposures of uneven depth were added.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.flat_areas import with_flat_areas
from amsd_astro.noise.sky import Sky
from amsd_astro.noise.structure import Scatter, measure_scatter
from amsd_astro.noise.two_bands import expected_widths

__all__ = ["TYPICAL_SKY", "calm_sky", "calmest_sky"]

TYPICAL_SKY = 1000.0
"""Electrons of a typical sky; rather many, as too high a slope costs more than too low."""

_SKEWED = 0.12  # of resampled noise at most 0.07, of crowded fields and nebulae 0.15 at least
_EVEN = 0.91
_CALMER = 1.06  # fourth differences over the finest band, in calm blocks and in all: of noise 1.0 to 1.06
_SHARPER = 1.15  # the same in calm blocks and where the noise were correlated like that
_WIDE_SIDE, _FEWEST_WIDE = 32, 36  # pixels of a block that shows structure or noise, and blocks that suffice
_SIDE = 16  # pixels of a block that shows the noise: calm areas amid structure are small
_FEWEST_BLOCKS, _ENOUGH_BLOCKS, _FEW_BINS = 40, 60, 8  # in a bin of brightness; 40 where there would be few bins
_MOST_BLOCKS = 2048
_WIDE_RANGE = 50.0  # of brightness, over the noise: photons show by it beyond what structure adds, in nebulae
_STRAIGHT = 0.2  # relative scatter of the envelope around a line
_LOW, _LOW_VARIANCE = 0.1, 0.696  # quantile of a bin's variances, and what it is for white noise of unit variance


def calm_sky(data: NDArray[np.floating], mask: NDArray[np.bool_], sky: Sky) -> Sky | None:
    """Return the sky with the noise of the calmest blocks, where what was measured is structure.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    sky : Sky
        As it was measured.

    Returns
    -------
    Sky or None
        That of `calmest_sky`; None where the sky is not shown to be structure.
    """
    if not sky.is_correlated:
        return None
    is_skewed = sky.skewness > _SKEWED
    if not (is_skewed or _is_structure(measure_scatter(data, mask, lambda *_: np.ones(1), side=_WIDE_SIDE), sky)):
        return None
    return calmest_sky(data, mask, sky)


def calmest_sky(data: NDArray[np.floating], mask: NDArray[np.bool_], sky: Sky) -> Sky | None:
    """Return the sky with the noise of the calmest blocks, whatever the others show.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    sky : Sky
        As it was measured.

    Returns
    -------
    Sky or None
        The same level, with the variance of white noise that the lower envelope of the blocks has there; the most
        there can be of slope is that of the envelope, or of a typical sky. None where blocks are few, or not calmer.
    """
    blocks = measure_scatter(data, with_flat_areas(mask, data), lambda *_: np.ones(1), side=_SIDE, most=_MOST_BLOCKS)
    if blocks is None:
        return None
    usable = blocks.fourth > 0
    if np.count_nonzero(usable) < _FEWEST_BLOCKS:
        return None
    levels, variances = _lower_envelope(blocks.level[usable], blocks.fourth[usable] ** 2)
    slope, misfit = _line(levels, variances)
    if levels[-1] - levels[0] > _WIDE_RANGE * np.sqrt(variances.min()) and misfit < _STRAIGHT and slope > 0:
        variance = float(np.average(variances - slope * levels, weights=1 / variances**2)) + slope * sky.level
        if 0 < variance < sky.variance:
            return Sky(sky.level, variance, np.ones((1, 1)), slope, misfit * slope / 3)
    slope = min(slope, float(np.sqrt(variances.min() / TYPICAL_SKY)))
    lower = slice((levels.size + 1) // 2)  # a bin of the brighter half holds blocks of many levels
    variance = slope * sky.level + float(np.min((variances - slope * levels)[lower]))
    if not 0 < variance < sky.variance:
        return None
    return Sky(sky.level, variance, np.ones((1, 1)), 0.0, float("inf"), most_slope=slope)


def _is_structure(scatter: Scatter | None, sky: Sky) -> bool:
    """Whether some blocks are calmer, and have less of what is smooth: noise has as much of it everywhere."""
    if scatter is None:
        return False
    noisy = scatter.finest > 0
    scatter = Scatter(scatter.level[noisy], scatter.finest[noisy], scatter.fourth[noisy])
    if scatter.finest.size < _FEWEST_WIDE or scatter.evenness > _EVEN:
        return False
    ratio = scatter.fourth / scatter.finest
    typical, of_calm = np.median(ratio), np.median(ratio[scatter.finest <= np.quantile(scatter.finest, 0.25)])
    finest, fourth = expected_widths(sky.correlation)
    return bool(of_calm > _CALMER * typical or of_calm * finest > _SHARPER * fourth)


def _lower_envelope(
    level: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levels, and the variances that the calmest blocks of about that brightness have."""
    n_bins = max(level.size // _ENOUGH_BLOCKS, min(level.size // _FEWEST_BLOCKS, _FEW_BINS))
    bins = np.array_split(np.argsort(level, kind="stable"), n_bins)
    levels = [float(np.median(level[one])) for one in bins]
    return np.array(levels), np.array([np.quantile(variance[one], _LOW) / _LOW_VARIANCE for one in bins])


def _line(levels: NDArray[np.float64], variances: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of a line through the envelope, not below zero, and the relative scatter around it.

    Each bin is weighted by its error, which goes with its variance.
    """
    if levels.size < 3 or levels[0] == levels[-1]:
        return 0.0, float("inf")
    slope, start = np.polyfit(levels, variances, 1, w=1 / variances)
    away = variances / np.maximum(slope * levels + start, np.finfo(float).tiny) - 1
    return max(float(slope), 0.0), float(np.sqrt(np.sum(away**2) / (levels.size - 2)))
