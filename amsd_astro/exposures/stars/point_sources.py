"""Where an exposure has something like a star: the maxima of the smoothed exposure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import scatter_of_sum

__all__ = ["find_peaks", "saturation_level"]

_NARROW, _WIDE = 0.4, 1.6  # sigma of the filter's two Gaussians, in FWHM
_LEAST = 6.0  # sigma of the filtered exposure
_RIM = 2  # pixels at the edges without maxima
_TOP, _FEWEST_AT_TOP = 0.998, 4  # of the brightest pixel, where this many together are cut off


def find_peaks(
    light: NDArray[np.float32], bad: NDArray[np.bool_], noise: NoiseModel, fwhm: float, *, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the maxima of an exposure that is smoothed and cleared of what is wide.

    Parameters
    ----------
    light : ndarray of float32, shape (ny, nx)
        The exposure less its sky, 0 where bad.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a value.
    noise : NoiseModel
        Of the exposure.
    fwhm : float
        Of its PSF, or a guess, pixels.
    most : int
        Maxima wanted at most.

    Returns
    -------
    row, column : ndarray of int64
        The highest first.
    """
    narrow, wide = max(_NARROW * fwhm, 0.7), _WIDE * fwhm
    size = 2 * int(wide * np.sqrt(3) / 2) + 1  # three boxes in a row are nearly a Gaussian
    filtered = _filtered(light, narrow, size)
    point = np.zeros((4 * size + 1,) * 2, np.float32)
    point[2 * size, 2 * size] = 1.0
    width = scatter_of_sum(_filtered(point, narrow, size), noise.correlation)
    threshold = (_LEAST * width * np.sqrt(noise.slope * noise.sky + noise.floor)).astype(np.float32)
    reach = 2 * round(max(1.0, 0.5 * fwhm)) + 1
    highest = ndimage.maximum_filter(filtered, reach)
    found = (filtered == highest) & (filtered > threshold) & ~bad
    found[:_RIM] = found[-_RIM:] = False
    found[:, :_RIM] = found[:, -_RIM:] = False
    row, column = np.nonzero(found)
    order = np.argsort(-filtered[row, column], kind="stable")[:most]
    return row[order], column[order]


def _filtered(light: NDArray[np.float32], narrow: float, size: int) -> NDArray[np.float32]:
    smooth = ndimage.gaussian_filter(light, narrow, truncate=3.0)
    wide = ndimage.uniform_filter(light, size)
    return np.asarray(smooth - ndimage.uniform_filter(wide, size))


def saturation_level(data: NDArray[np.floating], bad: NDArray[np.bool_], stated: object) -> float:
    """Return the value from which on pixels are cut off; infinite where none seems to be.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        The pixels.
    bad : ndarray of bool, shape (ny, nx)
        Those without a value.
    stated : object
        What the header says of it, if that is a positive number.
    """
    level = np.inf
    if isinstance(stated, (int, float)) and stated > 0:
        level = 0.98 * float(stated)
    highest = float(np.max(data, where=~bad, initial=-np.inf))
    if highest > 0:
        top = (data >= _TOP * highest) & ~bad
        row, column = np.nonzero(top)
        if row.size >= _FEWEST_AT_TOP:
            labels, n_areas = ndimage.label(top[row.min() : row.max() + 1, column.min() : column.max() + 1])
            if np.bincount(labels.ravel())[1:].max(initial=0) >= _FEWEST_AT_TOP - 1 and n_areas:
                level = min(level, _TOP * highest)
    return level
