"""The sky of an image of single photons: far below one count a pixel, its scatter tells nothing, but its mean all.

Most pixels are zero there, and medians with them. That the pixels are counts is seen on themselves: all are whole
multiples of the smallest one, none is negative, and their variance is their mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.noise.sky import Sky

__all__ = ["counted_sky"]

_FEW = 4.0  # counts a pixel: where there are more, the scatter tells the noise, whatever the pixels are
_SIDE = 16  # pixels of a block
_FEWEST = 9  # blocks
_FEWEST_COUNTS = 200
_MOST_BAD = 0.5  # of a block
_WHOLE, _DIGITS = 1e-3, 1e-5  # how far from a whole number a count may be, and relative to itself
_POISSON = 0.8, 1.3  # variance over mean; sources within a block add to it
_CLIP = 3.0  # standard deviations above which a block has a source


def counted_sky(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> Sky | None:
    """Return the sky of an image of few photons.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    Sky or None
        White noise whose variance is the mean times the count's unit, which is the slope. None where the pixels are
        no counts, or are more than some.
    """
    unit = _unit_of_counts(data, mask)
    if unit is None:
        return None
    means, variances, sizes = (np.array(part) for part in zip(*_blocks(data, mask, unit), strict=True))
    if means.size < _FEWEST or np.sum(means * sizes) < _FEWEST_COUNTS:
        return None
    calm = means <= np.median(means)
    if not np.any(means[calm]):
        calm[:] = True
    dispersion = float(np.sum(variances[calm]) / np.sum(means[calm]))
    level = _level(means, sizes)
    if not (_POISSON[0] <= dispersion <= _POISSON[1] and 0 < level <= _FEW):
        return None
    good = data[~mask]
    ones, twos = (np.count_nonzero(np.abs(good / unit - n) < 0.5) for n in (1, 2))
    if ones * max(level, 1.0) < twos:  # of photons twice as many: codes are no counts
        return None
    return Sky(unit * level, unit**2 * level, np.ones((1, 1)), unit, unit / np.sqrt(np.sum(sizes)))


def _unit_of_counts(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> float | None:
    """What one count is in the unit of the image; None where its pixels are no counts, or too many a pixel."""
    step = max(1, data.shape[0] // 64)
    if not _are_few(data[::step], mask[::step]):  # most images end here
        return None
    good = data[~mask]
    unit = float(np.min(good[good > 0], initial=np.inf))
    if not np.isfinite(unit) or np.min(good) < 0:
        return None
    with np.errstate(over="ignore"):
        counts = good.astype(np.float64) / unit
    if not np.all(np.isfinite(counts)):  # of a unit next to nothing
        return None
    whole = np.abs(counts - np.round(counts)) <= _WHOLE + _DIGITS * counts
    return unit if np.all(whole) else None


def _are_few(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> bool:
    """Whether none is negative and zeros are many."""
    good = data[~mask]
    if not good.size or np.min(good) < 0:
        return False
    return bool(np.count_nonzero(good == 0) >= 0.5 * np.exp(-_FEW) * good.size)


def _blocks(data: NDArray[np.floating], mask: NDArray[np.bool_], unit: float) -> list[tuple[float, float, int]]:
    """Mean and variance of the counts of each block, and its good pixels."""
    found = []
    for y in range(0, data.shape[0] - _SIDE + 1, _SIDE):
        for x in range(0, data.shape[1] - _SIDE + 1, _SIDE):
            place = slice(y, y + _SIDE), slice(x, x + _SIDE)
            counts = data[place][~mask[place]].astype(np.float64) / unit
            if counts.size >= (1 - _MOST_BAD) * _SIDE**2:
                found.append((float(counts.mean()), float(counts.var(ddof=1)), counts.size))
    return found or [(0.0, 0.0, 0)]


def _level(means: NDArray[np.float64], sizes: NDArray[np.int_]) -> float:
    """Counts a pixel of the sky: the mean over blocks without a source."""
    level = float(np.sum(means * sizes) / np.sum(sizes))
    for _ in range(20):
        empty = means <= level + _CLIP * np.sqrt(level / sizes) + 1 / sizes
        before, level = level, float(np.sum((means * sizes)[empty]) / np.sum(sizes[empty]))
        if level == before:
            break
    return level
