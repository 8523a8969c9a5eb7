"""A residual, smoothed: what is left of a scene in it is seen where the noise is averaged away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.noise.model import NoiseModel

__all__ = ["WIDTH", "smoothed_residual"]

WIDTH = 2.0
"""Of the Gaussian, in pixels that are drawn."""

_REACH = 8  # pixels
_FEWEST = 0.3  # of the weight that must lie on good pixels


def smoothed_residual(residual: NDArray[np.float64], noise: NoiseModel, *, step: int = 1) -> NDArray[np.float64]:
    """Return a residual smoothed by a Gaussian, over the noise that it then has.

    Parameters
    ----------
    residual : ndarray, shape (ny, nx)
        What was taken, in units of the noise; NaN where a pixel is bad.
    noise : NoiseModel
        Says how far neighbours go together.
    step : int, optional
        Pixels of the frame from one to the next that is drawn.

    Returns
    -------
    ndarray, shape (ny, nx)
        Of noise alone it is a unit Gaussian again; NaN where a pixel is bad or has few good neighbours.
    """
    good = np.isfinite(residual)
    weight = _smoothed(good.astype(np.float64))
    few = ~good | (weight < _FEWEST)
    mean = _smoothed(np.where(good, residual, 0.0)) / np.where(few, 1.0, weight)
    return np.where(few, np.nan, mean / np.sqrt(_variance(noise, step)))


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(ndimage.gaussian_filter(values, WIDTH, mode="constant", radius=_REACH))


def _variance(noise: NoiseModel, step: int) -> float:
    """Return the variance of noise of unit variance after smoothing."""
    kernel = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / WIDTH) ** 2)
    kernel /= kernel.sum()
    itself = np.convolve(kernel, kernel)  # by lag, from -2 reach to 2 reach
    middle = noise.correlation.shape[0] // 2
    most = min(middle // step, 2 * _REACH)
    lags = np.arange(-most, most + 1)
    stated = noise.correlation[np.ix_(middle + step * lags, middle + step * lags)]
    shares = itself[2 * _REACH + lags]
    return max(float(shares @ stated @ shares), 1e-12)
