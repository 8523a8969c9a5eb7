"""Noisy versions of an image, as the thesis recipe makes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_VERSIONS", "SIGMA_RANGES", "draw_sigmas", "with_white_noise"]

SIGMA_RANGES = ((40.0, 90.0), (50.0, 100.0), (30.0, 80.0))
"""Range of the noise of each version, in 255ths of the range of values."""

N_VERSIONS = len(SIGMA_RANGES)


def draw_sigmas(rng: np.random.Generator) -> list[float]:
    """Draw the noise of the three versions of an image, in 255ths of the range of values."""
    return [float(rng.uniform(low, high)) for low, high in SIGMA_RANGES]


def with_white_noise(image: NDArray[np.floating], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Add white Gaussian noise and clip to 0..1.

    Parameters
    ----------
    image : ndarray
        Values of 0 to 1.
    sigma : float
        Standard deviation in 255ths.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray of float32
    """
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(np.asarray(image, np.float32) + np.float32(sigma / 255) * noise, 0, 1)
