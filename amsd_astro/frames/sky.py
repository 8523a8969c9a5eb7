"""What a frame's own pixels say of its noise: level, variance and correlation of the sky, and the photon noise's slope.

All of it is measured in the finest band of the frame (the difference between a pixel and its blurred neighbourhood),
away from sources. The noise of that band is a known linear function of the covariance of the pixels, so the covariance
is found by least squares; faint sources, which are smooth at that scale, hardly enter. (Correlations read directly off
sky pixels count faint sources as noise; the scatter of differences alone underestimates correlated noise.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.frames.sampling import Sample, spread_sample

__all__ = ["Sky", "measure_pieces", "measure_sky"]

_TAPS = np.array([1, 4, 6, 4, 1]) / 16
_LAGS = 4  # the band's covariance is fitted out to this lag
_WHITE_BELOW = 0.02  # correlations under this are not told from none
_N_SLOPE_BINS = 24
_SIGNIFICANT = 2.5
_MAD_COST = 2.7  # how many times more pixels the squared MAD needs than the variance, for the same error


@dataclass(frozen=True)
class Sky:
    """Noise measured on a frame: level and variance of the sky, correlation, slope of variance with signal.

    ``slope_error`` is the slope's standard error, infinite where the frame has nothing to measure it on.
    """

    level: float
    variance: float
    correlation: NDArray[np.float64]
    slope: float
    slope_error: float

    @property
    def shows_slope(self) -> bool:
        """Whether the photon noise of brighter pixels is seen beyond doubt."""
        return self.slope > _SIGNIFICANT * self.slope_error


def _smooth(image: NDArray[np.floating], scale: int) -> NDArray[np.floating]:
    kernel = np.zeros(4 * 2**scale + 1)
    kernel[:: 2**scale] = _TAPS
    return ndimage.correlate1d(ndimage.correlate1d(image, kernel, axis=0), kernel, axis=1)


def _mad_sigma(values: NDArray[np.floating]) -> float:
    if values.size == 0:
        return 0.0
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


@np.errstate(over="ignore", invalid="ignore")  # pixels near the largest float: the caller looks at the result
def measure_sky(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> Sky:
    """Measure level, variance, correlation and slope on the frame itself, or on a sample of a large one.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    Sky
    """
    sample = spread_sample(mask)
    return measure_pieces(sample.of(data), sample.of(mask), sample)


def measure_pieces(data: NDArray[np.floating], mask: NDArray[np.bool_], sample: Sample) -> Sky:
    """Do what `measure_sky` does, on pixels of a sample."""
    good = ~mask
    if not good.any():
        raise ValueError("mask must leave at least one good pixel. Received: every pixel masked")
    pedestal = float(np.median(data[good].astype(np.float64)))
    image = np.where(good, data.astype(np.float64) - pedestal, 0.0)
    scales = [image]
    for scale in range(3):
        scales.append(_smooth(scales[-1], scale))
    bands = [fine - coarse for fine, coarse in pairwise(scales)]
    usable = ~ndimage.binary_dilation(mask, iterations=2) if mask.any() else good
    # a border of one value, as mosaics have outside their exposures, is not sky
    flat = ndimage.maximum_filter(image, 5) == ndimage.minimum_filter(image, 5)
    usable = usable & ~ndimage.binary_dilation(flat, iterations=4) & sample.inner(mask.shape)
    if not usable.any():
        usable = good
    background = scales[-1]
    empty = _empty_sky(bands, background, usable)
    level = pedestal + float(np.median(image[empty]))
    variance, correlation = _covariance(bands[0], empty)
    if not variance > 0:
        return Sky(level, 0.0, np.ones((1, 1)), 0.0, float("inf"))
    slope, error = _slope(bands, background, usable, empty, variance)
    return Sky(level, variance, correlation, slope, error)


def _empty_sky(
    bands: list[NDArray[np.floating]], background: NDArray[np.floating], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Pixels away from anything significant at any scale, and not on the brightest 40 % of the background."""
    source = np.zeros(usable.shape, bool)
    for scale, band in enumerate(bands):
        threshold = (5.0 if scale == 0 else 3.5) * _mad_sigma(band[usable])
        seen = np.abs(band) > threshold
        source |= ndimage.binary_dilation(seen, iterations=2**scale) if scale else seen
    quiet = usable & ~source
    if quiet.sum() < max(100, 0.01 * usable.sum()):
        quiet = usable
    return quiet & (background <= np.quantile(background[quiet], 0.6))


@cache
def _band_response() -> NDArray[np.float64]:
    """Autocorrelation of the finest band's kernel, lags -4..4 and beyond, centred."""
    kernel = -np.outer(_TAPS, _TAPS)
    kernel[2, 2] += 1
    return np.asarray(ndimage.correlate(np.pad(kernel, 10), kernel, mode="constant"), np.float64)


def _masked_covariance(band: NDArray[np.floating], keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean product of pixels at lags of up to _LAGS pixels, over pairs that are both kept."""
    values = np.where(keep, band, 0.0)
    n_lags = 2 * _LAGS + 1
    covariance = np.zeros((n_lags, n_lags))
    ny, nx = values.shape
    for dy in range(min(_LAGS + 1, ny)):
        for dx in range(-min(_LAGS, nx - 1), min(_LAGS, nx - 1) + 1):
            here = slice(0, ny - dy), slice(max(0, -dx), nx - max(0, dx))
            there = slice(dy, ny), slice(max(0, dx), nx - max(0, -dx))
            n_pairs = int(np.count_nonzero(keep[here] & keep[there]))
            mean = float(np.vdot(values[here], values[there])) / max(n_pairs, 1)
            covariance[_LAGS + dy, _LAGS + dx] = covariance[_LAGS - dy, _LAGS - dx] = mean
    return covariance


def _covariance(band: NDArray[np.floating], empty: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Variance and correlation of the pixels, from the covariance of the finest band."""
    covariance = _masked_covariance(band, empty)
    reach = 0
    fitted = _fit_covariance(covariance, 0)
    for wider in (2, 3):
        if empty.sum() < 5000:
            break
        trial = _fit_covariance(covariance, wider)
        rim = np.hypot(*np.mgrid[-wider : wider + 1, -wider : wider + 1]) > max(reach, 0.5)
        if np.abs(trial[rim]).max() < _WHITE_BELOW * trial[wider, wider]:
            break
        reach, fitted = wider, trial
    variance = float(fitted[reach, reach])
    if not variance > 0:
        return 0.0, np.ones((1, 1))
    return variance, _positive_definite(fitted / variance)


def _fit_covariance(covariance: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Least squares: which covariance of pixels, zero beyond ``reach``, gives this covariance of the band."""
    response = _band_response()
    centre = response.shape[0] // 2
    lags = [
        (dy, dx)
        for dy in range(reach + 1)
        for dx in range(-reach, reach + 1)
        if (dy, dx) >= (0, 0) and dy * dy + dx * dx <= reach * reach
    ]

    def shifted(dy: int, dx: int) -> NDArray[np.float64]:
        rows = slice(centre - dy - _LAGS, centre - dy + _LAGS + 1)
        return response[rows, centre - dx - _LAGS : centre - dx + _LAGS + 1]

    columns = [(shifted(dy, dx) + (shifted(-dy, -dx) if (dy, dx) != (0, 0) else 0.0)).ravel() for dy, dx in lags]
    solution = np.linalg.lstsq(np.stack(columns, axis=1), covariance.ravel(), rcond=None)[0]
    result = np.zeros((2 * reach + 1, 2 * reach + 1))
    for (dy, dx), value in zip(lags, solution, strict=True):
        result[reach + dy, reach + dx] = result[reach - dy, reach - dx] = value
    return result


def _positive_definite(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nearest correlation whose spectrum is nowhere under 1 % of white noise's."""
    k = correlation.shape[0] // 2
    if k == 0:
        return np.ones((1, 1))
    size = 32
    index = np.arange(-k, k + 1)
    lags = np.zeros((size, size))
    lags[np.ix_(index, index)] = correlation
    spectrum = np.maximum(np.fft.fft2(lags).real, 0.01)
    lags = np.fft.ifft2(spectrum).real
    return lags[np.ix_(index, index)] / lags[0, 0]


def _slope(
    bands: list[NDArray[np.floating]],
    background: NDArray[np.floating],
    usable: NDArray[np.bool_],
    empty: NDArray[np.bool_],
    sky_variance: float,
) -> tuple[float, float]:
    """Slope of the variance with the signal, from smooth pixels at every brightness."""
    level = float(np.median(background[empty]))
    signal = background - level
    unit = [_mad_sigma(band[empty]) for band in bands]
    if not all(sigma > 0 for sigma in unit):
        return 0.0, float("inf")
    slope = 0.0
    error = float("inf")
    for _ in range(4):
        growth = np.sqrt(np.maximum(1 + slope * signal / sky_variance, 1.0))
        # pixels on steep structure are left out: their finest band is not noise alone
        smooth = usable & (np.abs(bands[1]) < 2.5 * unit[1] * growth) & (np.abs(bands[2]) < 2.5 * unit[2] * growth)
        means, variances, counts = _binned(bands[0] / unit[0], signal, smooth, np.sqrt(sky_variance))
        if len(means) < 3:
            return 0.0, float("inf")
        slope, error = _weighted_line(means, variances * sky_variance, counts, sky_variance, slope)
    return slope, error


def _binned(
    band: NDArray[np.floating], signal: NDArray[np.floating], keep: NDArray[np.bool_], sigma: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean signal, robust variance of the band (1 on the sky) and number of pixels in bins of the signal."""
    top = float(np.max(signal[keep], initial=sigma))
    edges = np.concatenate([[-np.inf, 0.5 * sigma], np.geomspace(sigma, max(top, 2 * sigma), _N_SLOPE_BINS)])
    index = np.digitize(signal[keep], edges)
    values, levels = band[keep], signal[keep]
    rows = []
    for k in np.unique(index):
        chosen = index == k
        if chosen.sum() >= 60:
            rows.append((levels[chosen].mean(), _mad_sigma(values[chosen]) ** 2, int(chosen.sum())))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return np.array(columns[0], float), np.array(columns[1], float), np.array(columns[2], np.int64)


def _weighted_line(
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    counts: NDArray[np.int64],
    sky_variance: float,
    slope: float,
) -> tuple[float, float]:
    """Line through the sky's own bin; bins well above the line (structure) weigh less."""
    excess = variances - variances[0]
    errors = (sky_variance + slope * np.maximum(means, 0)) * np.sqrt(2 * _MAD_COST / counts)
    weight = np.ones(len(means))
    weight[0] = 0.0
    result = norm = 0.0
    for _ in range(10):
        norm = float(np.sum(weight * (means / errors) ** 2))
        if norm <= 0:
            return 0.0, float("inf")
        result = max(float(np.sum(weight * means * excess / errors**2)) / norm, 0.0)
        pull = (excess - result * means) / errors
        weight = np.where(pull > 1.5, 1.5 / np.maximum(pull, 1.5), 1.0)
        weight[0] = 0.0
    misfit = float(np.sum(weight * pull**2)) / max(len(means) - 2, 1)
    return result, float(np.sqrt(max(misfit, 1.0) / norm))
