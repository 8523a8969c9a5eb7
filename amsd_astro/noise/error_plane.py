"""The noise model that a frame's own plane of errors states, set right by the noise that its sky shows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.scratch import new_array
from amsd_astro.noise.beam_noise import beam_sky, smoothed_sky
from amsd_astro.noise.sampling import spread_sample
from amsd_astro.noise.sky import Sky, measure_pieces

__all__ = ["PlaneNoise", "fit_plane"]

_log = logging.getLogger(__name__)

_FLAT = 0.08  # a map that varies by less, from the 2nd to the 98th percentile, is one number
_FEWEST = 100
_REACH = 4  # rows that the two medians reach


@dataclass(frozen=True)
class PlaneNoise:
    """Noise by a plane of errors, scaled to the frame's own sky.

    Attributes
    ----------
    slope : float
        Variance per unit of signal above the sky; 0 where the plane knows nothing of the sources' photons.
    at_sky : float or ndarray, shape (ny, nx)
        Variance at the level of the sky.
    typical : float
        Its median.
    correlation : ndarray
        Of the noise.
    factor : float
        Measured over stated variance.
    """

    slope: float
    at_sky: float | NDArray[np.floating]
    typical: float
    correlation: NDArray[np.float64]
    factor: float


@np.errstate(over="ignore", invalid="ignore")  # values near the largest float: the caller looks at the result
def fit_plane(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    deviation: NDArray[np.floating],
    sky: Sky,
    *,
    believed: bool = False,
) -> PlaneNoise | None:
    """Fit the variances of a plane against the signal; they never weigh themselves, that would bias fluxes.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    deviation : ndarray, shape (ny, nx)
        One standard deviation, NaN where unknown.
    sky : Sky
        Measured on the frame.
    believed : bool, optional
        Whether the plane is taken as it is, and the noise for white: the frame shows structure, not noise.

    Returns
    -------
    PlaneNoise or None
        None where the plane has too few values or contradicts the frame.
    """
    sample = spread_sample(mask)
    above, variance, good = _parts(sample.of(data), sample.of(mask), sample.of(deviation), sky)
    if good.sum() < _FEWEST:
        return None
    signal = _signal(above, good)
    bright = good & (signal > 5 * np.sqrt(sky.variance))
    faint = good & ~bright
    if not faint.any():
        return None
    base = float(np.median(variance[faint]))
    slope = 0.0
    if bright.sum() >= _FEWEST:
        slope = max(float(np.median((variance[bright] - base) / signal[bright])), 0.0)
    at_sky = _at_sky(variance, signal, good, slope, base)
    # a plane that is off by a factor is off everywhere: the factor is the variance of the frame in its own sigmas
    factor, correlation = 1.0, np.ones((1, 1))
    if not believed:
        in_sigmas = measure_pieces(above / np.sqrt(at_sky), ~good, sample)
        in_sigmas = _beyond_finest_band(above / np.sqrt(at_sky), ~good, sky, in_sigmas)
        factor, correlation = in_sigmas.variance, in_sigmas.correlation
    if not factor > 0:
        _log.info("the uncertainty plane cannot be used: in its own sigmas the frame shows no noise")
        return None
    low, high = np.percentile(at_sky[good], [2, 98])  # a deeper corner of a mosaic counts: no median
    whole: float | NDArray[np.floating] = factor * base
    if high - low >= _FLAT * base:
        whole = _map(data, mask, deviation, sky, slope, base)
        whole *= factor
    return PlaneNoise(factor * slope, whole, factor * base, correlation, factor)


def _beyond_finest_band(data: NDArray[np.float64], mask: NDArray[np.bool_], sky: Sky, found: Sky) -> Sky:
    """What the frame shows in its own sigmas, as it was found, or as the sky was where that is correlated farther."""
    if sky.n_averaged > 1:
        return smoothed_sky(data, mask, found) or found
    if sky.correlation.shape[0] > found.correlation.shape[0]:
        return beam_sky(data, mask, found) or found
    return found


def _parts(
    data: NDArray[np.floating], mask: NDArray[np.bool_], deviation: NDArray[np.floating], sky: Sky
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the data above the sky's level, the variance, and where both are good."""
    variance = np.square(as_double(deviation))
    good = ~mask & np.isfinite(variance) & (variance > 0)
    return np.where(good, as_double(data) - sky.level, 0.0), variance, good


def _signal(above: NDArray[np.float64], good: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(good, ndimage.median_filter(above, 3), 0.0)


def _at_sky(
    variance: NDArray[np.float64], signal: NDArray[np.float64], good: NDArray[np.bool_], slope: float, base: float
) -> NDArray[np.float64]:
    at_sky = ndimage.median_filter(np.where(good, variance - slope * signal, base), 5)
    return np.maximum(at_sky, 0.05 * base)


def _map(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    deviation: NDArray[np.floating],
    sky: Sky,
    slope: float,
    base: float,
) -> NDArray[np.float32]:
    """Return the stated variance at the level of the sky for the whole frame."""
    result: NDArray[np.float32] = new_array(data.shape, np.float32)
    for block in row_blocks(data.shape, context=_REACH):
        above, variance, good = _parts(data[block.wide], mask[block.wide], deviation[block.wide], sky)
        result[block.rows] = _at_sky(variance, _signal(above, good), good, slope, base)[block.inner]
    return result
