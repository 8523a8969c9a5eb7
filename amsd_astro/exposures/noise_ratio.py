"""The variance of an exposure's noise told by the other exposures, beside the one its noise model states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.block_sums import block_sums, error_of_ratio
from amsd_astro.arrays.levelling import levelled
from amsd_astro.arrays.robust_statistics import mad_sigma

__all__ = ["NoiseRatio", "measure_noise_ratio"]

_SKY, _SMOOTH = 0.5, 1.5  # sigma up to which the smoothed mean of the others is sky, and pixels
_CLIPPED = 5.0  # sigma: more are blemishes
_FEWEST_PIXELS, _FEWEST_BLOCKS = 400, 4


@dataclass(frozen=True)
class NoiseRatio:
    """Actual over stated variance on the sky, its standard error, and the pixels it was measured on."""

    value: float
    error: float
    n_pixels: int


def measure_noise_ratio(
    light: NDArray[np.floating], halves: NDArray[np.floating], variance: NDArray[np.floating] | float
) -> NoiseRatio | None:
    """Measure the noise of an exposure on its own pixels.

    With A and B what two disjoint halves of the others show there, the mean of ``(x - A) (x - B)`` is the variance of
    x alone.

    Parameters
    ----------
    light : ndarray, shape (ny, nx)
        Of the exposure, above its sky; NaN where it is bad.
    halves : ndarray, shape (2, ny, nx)
        What two halves of the others show on its pixels, in its unit; NaN where they do not.
    variance : float or ndarray, shape (ny, nx)
        Stated for the sky.

    Returns
    -------
    NoiseRatio or None
        None where there is too little sky.
    """
    sigma = np.sqrt(np.broadcast_to(np.asarray(variance, np.float64), light.shape))
    a, b = (np.asarray(half, np.float64) for half in halves)
    mean = (a + b) / 2
    good = np.isfinite(light) & np.isfinite(mean) & (sigma > 0)
    known = np.where(good, mean, 0)
    height = np.abs(ndimage.gaussian_filter(known, _SMOOTH)) / np.where(sigma > 0, sigma, 1)
    sky = good & (height < _SKY)
    differences = [levelled((light - half) / np.where(sigma > 0, sigma, 1), sky, clipped=_CLIPPED) for half in (a, b)]
    mean_difference = (differences[0] + differences[1]) / 2
    if sky.any():  # by the width that there is: the stated one may be wrong
        sky &= np.abs(mean_difference) < _CLIPPED * mad_sigma(mean_difference[sky])
    products, count = (block_sums(np.where(sky, plane, 0)) for plane in (differences[0] * differences[1], sky))
    n_pixels, n = int(count.sum()), int(np.count_nonzero(count))
    if n_pixels < _FEWEST_PIXELS or n < _FEWEST_BLOCKS:
        return None
    used = count > 0
    return NoiseRatio(float(products.sum() / n_pixels), error_of_ratio(products[used], count[used]), n_pixels)
