"""Two high-pass bands of an image, each of unit width for white noise of unit variance.

The finest band of the starlet sees all that is smaller than some pixels. Fourth differences along both axes at once see
neither stripes, which are the same along one axis, nor what a PSF of more than two pixels has smoothed.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.starlet import smoothed

__all__ = ["BAND_REACH", "expected_widths", "two_bands"]

BAND_REACH = 2
"""Pixels that both bands see around one."""


def two_bands(pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the finest band and the fourth differences of an image.

    Parameters
    ----------
    pixels : ndarray, shape (ny + 4, nx + 4)
        With `BAND_REACH` pixels around; NaN makes those around it NaN.

    Returns
    -------
    finest, fourth : ndarray, shape (ny, nx)
    """
    finest, fourth = _raw_bands(pixels)
    shares = _white_shares()
    return finest / shares[0], fourth / shares[1]


def expected_widths(correlation: NDArray[np.float64]) -> tuple[float, float]:
    """Return the widths of both bands for noise of unit variance.

    Parameters
    ----------
    correlation : ndarray, shape (n, n)
        Of the noise, n odd, 1 in the middle.

    Returns
    -------
    finest, fourth : float
    """
    reach = 2 * BAND_REACH
    lags = np.zeros((2 * reach + 1, 2 * reach + 1))
    half = min(reach, correlation.shape[0] // 2)
    middle = correlation.shape[0] // 2
    lags[reach - half : reach + half + 1, reach - half : reach + half + 1] = correlation[
        middle - half : middle + half + 1, middle - half : middle + half + 1
    ]
    finest, fourth = (float(np.sqrt(max(np.sum(band * lags), 0.0))) for band in _autocorrelations())
    return finest, fourth


def _raw_bands(pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    core = pixels[BAND_REACH:-BAND_REACH, BAND_REACH:-BAND_REACH]
    fourth = _fourth_differences(_fourth_differences(pixels).T).T
    return core - smoothed(pixels, 0)[:-4, :-4], fourth


def _fourth_differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the first axis."""
    return values[:-4] - 4 * values[1:-3] + 6 * values[2:-2] - 4 * values[3:-1] + values[4:]


@cache
def _kernels() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What both bands make of a single pixel."""
    point = np.zeros((9, 9))
    point[4, 4] = 1.0
    return _raw_bands(point)


@cache
def _white_shares() -> tuple[float, float]:
    """Standard deviations of both bands for white noise of unit variance."""
    finest, fourth = (float(np.sqrt(np.sum(kernel**2))) for kernel in _kernels())
    return finest, fourth


@cache
def _autocorrelations() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the kernels of both bands, 1 in the middle."""
    from scipy.signal import correlate2d

    finest, fourth = (correlate2d(kernel, kernel) / np.sum(kernel**2) for kernel in _kernels())
    return finest, fourth
