"""Noise of a model: drawn for pixels, and its scatter in weighted sums of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.unit_noise import UnitNoise

__all__ = ["draw_noise", "scatter_of_sum"]

_MANY = 1e6  # photons: of more, the Poisson distribution is not told from a Gaussian


def draw_noise(rng: np.random.Generator, mean: NDArray[np.floating], noise: NoiseModel) -> NDArray[np.float64]:
    """Draw noise of zero mean for pixels of a given expected signal.

    White noise is Poisson noise of the photons and Gaussian noise of what else is in the floor. A negative floor is
    that of a pedestal: then all of the variance is photons. Correlated noise is unit Gaussian noise of the model's
    correlation times the local standard deviation, which is what resampling leaves where the signal is smooth.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    mean : ndarray, shape (ny, nx)
        Expected signal, in the frame's unit.
    noise : NoiseModel
        Slope, floor and correlation.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
    """
    mean = np.asarray(mean, np.float64)
    variance = noise.variance(mean)
    if noise.correlation.shape != (1, 1):
        return np.asarray(np.sqrt(variance) * UnitNoise(noise.correlation).draw(rng, mean.shape), np.float64)
    if noise.slope == 0:
        return np.asarray(np.sqrt(variance) * rng.standard_normal(mean.shape))
    other = np.minimum(np.maximum(noise.floor, 0.0), variance)
    photons = np.minimum((variance - other) / noise.slope**2, _MANY)
    rest = np.maximum(variance - photons * noise.slope**2, 0.0)
    drawn = (rng.poisson(photons) - photons) * noise.slope
    return np.asarray(drawn + np.sqrt(rest) * rng.standard_normal(mean.shape))


def scatter_of_sum(weights: NDArray[np.floating], correlation: NDArray[np.floating]) -> float:
    """Return the standard deviation of a weighted sum of pixels of unit noise.

    Parameters
    ----------
    weights : ndarray, shape (n, m)
        Of neighbouring pixels.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of their noise.
    """
    k = correlation.shape[0] // 2
    padded = np.pad(np.asarray(weights, np.float64), k)
    spread = ndimage.convolve(padded, np.asarray(correlation, np.float64), mode="constant")
    return float(np.sqrt(max(float(np.sum(padded * spread)), 0.0)))
