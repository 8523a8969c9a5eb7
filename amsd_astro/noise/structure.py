"""Whether what scatters like noise is structure: crowded stars and nebulae, where no sky is empty.

Two bands are compared, block by block. The finest band of the starlet sees all that is smaller than some pixels. Fourth
differences along both axes at once see neither stripes, which are the same along one axis, nor what a PSF of more than
two pixels has smoothed; of white noise they leave the same share everywhere. Structure only adds scatter, to the first
band far more than to the second, and to some blocks more than to others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.starlet import smoothed

__all__ = ["Place", "Scatter", "measure_scatter"]

_FOURTH = (1.0, -4.0, 6.0, -4.0, 1.0)
_SIDE, _SMALL_SIDE = 32, 16  # pixels of a block
_SMALL = 200  # pixels on a side of a frame that has small blocks
_FEWEST = 9  # blocks
_UNEVEN = 0.88  # of homogeneous noise the calmest tenth of blocks has 0.92 to 0.95 of the median's scatter
_NO_MORE = 1.3  # times the variance
_REACH = 2  # pixels that both bands see around one
_MOST = 1024  # blocks of a large frame
_MOST_BAD = 0.2  # of a block

Place = tuple[slice, slice]

Stated = Callable[[NDArray[np.float64], Place], NDArray[np.float64]]
"""From the good pixels of a block and its place to the variance that is stated for it."""


@dataclass(frozen=True)
class Scatter:
    """Scatter of blocks, in units of the noise that was stated for each.

    Attributes
    ----------
    finest, fourth : ndarray, shape (n,)
        Standard deviation of the finest band and of fourth differences, each over what white noise of the stated width
        has. Outliers do not move them.
    """

    finest: NDArray[np.float64]
    fourth: NDArray[np.float64]

    @property
    def excess(self) -> float:
        """Variance of the fourth differences over the stated one, in the calmer half of the blocks."""
        calm = self.finest <= np.median(self.finest)
        return float(np.median(self.fourth[calm]) ** 2)

    @property
    def is_uneven(self) -> bool:
        """Whether the calmest blocks scatter less than the others by more than chance."""
        return bool(np.quantile(self.finest, 0.1) < _UNEVEN * np.median(self.finest))

    @property
    def is_as_stated(self) -> bool:
        """Whether the fourth differences, which structure hardly reaches, show the stated noise."""
        return 1 / _NO_MORE <= self.excess <= _NO_MORE


def measure_scatter(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    variance: Stated,
) -> Scatter | None:
    """Measure the scatter of the blocks of an image.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    variance : callable
        From the good pixels of a block and its place to the variance that is stated for it.

    Returns
    -------
    Scatter or None
        None where the image has too few good blocks.
    """
    side = _SIDE if min(data.shape) >= _SMALL else _SMALL_SIDE
    starts = [range(_REACH, n - side - _REACH + 1, side) for n in data.shape]
    corners = [(y, x) for y in starts[0] for x in starts[1]]
    few = np.linspace(0, len(corners) - 1, min(len(corners), _MOST)).round().astype(int)
    found = []
    for y, x in (corners[k] for k in few):
        inner = slice(y, y + side), slice(x, x + side)
        wide = slice(y - _REACH, y + side + _REACH), slice(x - _REACH, x + side + _REACH)
        if np.mean(mask[wide]) <= _MOST_BAD:
            pixels = np.where(mask[wide], np.nan, np.asarray(data[wide], np.float64))
            found.append(_of_block(pixels, inner, variance))
    usable = [one for one in found if one is not None]
    if len(usable) < _FEWEST:
        return None
    finest, fourth = (np.array(part) for part in zip(*usable, strict=True))
    return Scatter(finest, fourth)


def _of_block(pixels: NDArray[np.float64], inner: Place, variance: Stated) -> tuple[float, float] | None:
    core = pixels[_REACH:-_REACH, _REACH:-_REACH]
    stated = float(np.median(variance(core[np.isfinite(core)], inner)))
    if not (np.isfinite(stated) and stated > 0):
        return None
    fourth = np.apply_along_axis(np.convolve, 0, pixels, _FOURTH, "valid")
    fourth = np.apply_along_axis(np.convolve, 1, fourth, _FOURTH, "valid") / sum(tap**2 for tap in _FOURTH)
    finest = (core - smoothed(pixels, 0)[:-4, :-4]) / _finest_share()
    width = np.sqrt(stated)
    return _width(finest) / width, _width(fourth) / width


def _width(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0


def _finest_share() -> float:
    """Standard deviation of the finest band of white noise."""
    point = np.zeros((9, 9))
    point[4, 4] = 1.0
    return float(np.sqrt(np.sum((point[2:-2, 2:-2] - smoothed(point, 0)[:-4, :-4]) ** 2)))
