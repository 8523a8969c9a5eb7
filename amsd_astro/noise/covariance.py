"""Variance and correlation of the noise of pixels, from the covariance of the finest band of a frame.

The noise of that band is a known linear function of the covariance of the pixels, so the covariance is found by least
squares; faint sources, which are smooth at that scale, hardly enter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["nearest_correlation", "pixel_covariance"]

_TAPS = np.array([1, 4, 6, 4, 1]) / 16
_LAGS = 4  # the band's covariance is fitted out to this lag
_LEAST_POWER, _SIZE = 0.01, 32  # of white noise, and frequencies at which it is looked at
_WHITE_BELOW = 0.02  # correlations under this are not told from none
_LINE = 4096  # products summed at a time, fewer than a linear algebra library gives to several threads
_CHUNK = 32 * _LINE  # all lags of as much as stays in the processor's cache, then on


def pixel_covariance(band: NDArray[np.floating], keep: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """Return variance and correlation of the pixels.

    Parameters
    ----------
    band : ndarray, shape (ny, nx)
        The finest band.
    keep : ndarray of bool, shape (ny, nx)
        Pixels to be looked at.

    Returns
    -------
    variance : float
        Zero where there is no noise.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        1 at its centre; ``[[1.]]`` for white noise.
    """
    covariance = _masked_covariance(band, keep)
    reach = 0
    fitted = _fit_covariance(covariance, 0)
    n_kept = np.count_nonzero(keep)
    for wider in (2, 3):
        if n_kept < 5000:
            break
        trial = _fit_covariance(covariance, wider)
        rim = np.hypot(*np.mgrid[-wider : wider + 1, -wider : wider + 1]) > max(reach, 0.5)
        if np.abs(trial[rim]).max() < _WHITE_BELOW * trial[wider, wider]:
            break
        reach, fitted = wider, trial
    variance = float(fitted[reach, reach])
    if not variance > 0:
        return 0.0, np.ones((1, 1))
    return variance, nearest_correlation(fitted / variance, least=_LEAST_POWER, size=_SIZE)


def _masked_covariance(band: NDArray[np.floating], keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean product of pixels at lags of up to _LAGS pixels, over pairs that are both kept.

    The rows lie one behind the other, with zeros between them, so that a lag is one shift along all of them.
    """
    ny, nx = band.shape
    width = nx + _LAGS
    n = -(-ny * width // _LINE) * _LINE
    values, kept = np.zeros(n + _LAGS * (width + 1)), np.zeros(n + _LAGS * (width + 1), bool)
    rows = values[: ny * width].reshape(ny, width), kept[: ny * width].reshape(ny, width)
    np.copyto(rows[0][:, :nx], band, where=keep)
    rows[1][:, :nx] = keep
    lags = list(_half_plane(_LAGS))
    sums, counts = np.zeros(len(lags)), np.zeros(len(lags), np.int64)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        for k, (dy, dx) in enumerate(lags):
            there = slice(start + dy * width + dx, stop + dy * width + dx)
            sums[k] += np.vecdot(values[start:stop].reshape(-1, _LINE), values[there].reshape(-1, _LINE)).sum()
            counts[k] += np.count_nonzero(kept[start:stop] & kept[there])
    covariance = np.zeros((2 * _LAGS + 1, 2 * _LAGS + 1))
    for (dy, dx), mean in zip(lags, sums / np.maximum(counts, 1), strict=True):
        covariance[_LAGS + dy, _LAGS + dx] = covariance[_LAGS - dy, _LAGS - dx] = mean
    return covariance


def _half_plane(reach: int) -> Iterator[tuple[int, int]]:
    """Yield the lags (dy, dx) of up to ``reach`` pixels, one of each two that are opposite."""
    for dy in range(reach + 1):
        for dx in range(-reach if dy else 0, reach + 1):
            yield dy, dx


@cache
def _band_response() -> NDArray[np.float64]:
    """Autocorrelation of the finest band's kernel, lags -4..4 and beyond, centred."""
    kernel = -np.outer(_TAPS, _TAPS)
    kernel[2, 2] += 1
    return np.asarray(ndimage.correlate(np.pad(kernel, 10), kernel, mode="constant"), np.float64)


def _fit_covariance(covariance: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Least squares: which covariance of pixels, zero beyond ``reach``, gives this covariance of the band."""
    response = _band_response()
    centre = response.shape[0] // 2
    lags = [(dy, dx) for dy, dx in _half_plane(reach) if dy * dy + dx * dx <= reach * reach]

    def shifted(dy: int, dx: int) -> NDArray[np.float64]:
        rows = slice(centre - dy - _LAGS, centre - dy + _LAGS + 1)
        return response[rows, centre - dx - _LAGS : centre - dx + _LAGS + 1]

    columns = [(shifted(dy, dx) + (shifted(-dy, -dx) if (dy, dx) != (0, 0) else 0.0)).ravel() for dy, dx in lags]
    solution = np.linalg.lstsq(np.stack(columns, axis=1), covariance.ravel(), rcond=None)[0]
    result = np.zeros((2 * reach + 1, 2 * reach + 1))
    for (dy, dx), value in zip(lags, solution, strict=True):
        result[reach + dy, reach + dx] = result[reach - dy, reach - dx] = value
    return result


def nearest_correlation(correlation: NDArray[np.float64], *, least: float, size: int) -> NDArray[np.float64]:
    """Return the nearest correlation whose power is nowhere too low.

    Parameters
    ----------
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        1 at its centre.
    least : float
        The lowest power there may be, over that of white noise.
    size : int
        Frequencies along each axis at which the power is looked at.
    """
    k = correlation.shape[0] // 2
    if k == 0:
        return np.ones((1, 1))
    index = np.arange(-k, k + 1)
    lags = np.zeros((size, size))
    lags[np.ix_(index, index)] = correlation
    spectrum = np.maximum(np.fft.fft2(lags).real, least)
    lags = np.fft.ifft2(spectrum).real
    return lags[np.ix_(index, index)] / lags[0, 0]
