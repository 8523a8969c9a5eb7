"""A residual, smoothed: what is left of a scene in it is seen where the noise is averaged away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["WIDTH", "smoothed_residual"]

WIDTH = 2.0
"""Of the Gaussian, in pixels that are drawn."""

_REACH = 8  # pixels
_FEWEST = 0.3  # of the weight that must lie on good pixels


def smoothed_residual(
    residual: NDArray[np.floating], correlation: NDArray[np.float64], *, step: int = 1
) -> NDArray[np.float32]:
    """Return a residual smoothed by a Gaussian, over the noise that it then has.

    Parameters
    ----------
    residual : ndarray, shape (ny, nx)
        What was taken, in units of the noise; NaN where a pixel is bad.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the noise with its neighbours, 1 in the middle.
    step : int, optional
        Pixels of the frame from one to the next that is drawn.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Of noise alone it is a unit Gaussian again; NaN where a pixel is bad or has few good neighbours.
    """
    good = np.isfinite(residual)
    weight = _smoothed(good)
    mean = _smoothed(np.where(good, residual, 0))
    few = ~good | (weight < _FEWEST)
    mean /= np.where(few, np.float32(1), weight) * np.float32(np.sqrt(_variance(correlation, step)))
    mean[few] = np.nan
    return mean


def _smoothed(values: NDArray) -> NDArray[np.float32]:
    given = values.astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(given, WIDTH, mode="constant", radius=_REACH))


def _variance(correlation: NDArray[np.float64], step: int) -> float:
    """Return the variance of noise of unit variance after smoothing."""
    kernel = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / WIDTH) ** 2)
    kernel /= kernel.sum()
    itself = np.convolve(kernel, kernel)  # by lag, from -2 reach to 2 reach
    middle = correlation.shape[0] // 2
    most = min(middle // step, 2 * _REACH)
    lags = np.arange(-most, most + 1)
    stated = correlation[np.ix_(middle + step * lags, middle + step * lags)]
    shares = itself[2 * _REACH + lags]
    return max(float(shares @ stated @ shares), 1e-12)
