"""Whether what scatters like noise is structure: crowded stars and nebulae, where no sky is empty.

Two bands are compared, block by block: the finest of the starlet, and fourth differences along both axes. Of white
noise they leave the same share everywhere. Structure only adds scatter, to the first band far more than to the second,
and to some blocks more than to others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.noise.two_bands import BAND_REACH, two_bands

__all__ = ["Place", "Scatter", "measure_scatter"]

_SIDE, _SMALL_SIDE = 32, 16  # pixels of a block
_SMALL = 200  # pixels on a side of a frame that has small blocks
_FEWEST = 9  # blocks
_UNEVEN = 0.88
_NO_MORE = 1.3  # times the variance
_SMOOTH = 0.1  # fourth differences over the finest band: white noise has 1, drizzled noise 0.2, models at most 0.04
_MOST = 1024  # blocks of a large frame
_MOST_BAD = 0.2  # of a block

Place = tuple[slice, slice]

Stated = Callable[[NDArray[np.float64], Place], NDArray[np.float64]]
"""From the good pixels of a block and its place to the variances stated for it, none where they are unknown."""


@dataclass(frozen=True)
class Scatter:
    """Scatter of blocks, in units of the noise that was stated for each.

    Attributes
    ----------
    level : ndarray, shape (n,)
        Median of each block, in the unit of the image.
    finest, fourth : ndarray, shape (n,)
        Standard deviation of the finest band and of fourth differences, each over what white noise of the stated width
        has. Outliers do not move them.
    """

    level: NDArray[np.float64]
    finest: NDArray[np.float64]
    fourth: NDArray[np.float64]

    @property
    def excess(self) -> float:
        """Variance of the fourth differences over the stated one, in the calmer half of the blocks."""
        calm = self.finest <= np.median(self.finest)
        return float(np.median(self.fourth[calm]) ** 2)

    @property
    def evenness(self) -> float:
        """Scatter of the calmest tenth of blocks over that of the median block: 0.92 to 0.95 where noise is all."""
        return float(np.quantile(self.finest, 0.1) / max(np.median(self.finest), np.finfo(float).tiny))

    @property
    def is_uneven(self) -> bool:
        """Whether the calmest blocks scatter less than the others by far more than chance."""
        return self.evenness < _UNEVEN

    @property
    def is_smooth(self) -> bool:
        """Whether pixels hardly differ from their neighbours, as in models and in what was smoothed."""
        return bool(np.median(self.fourth) < _SMOOTH * np.median(self.finest))

    @property
    def is_as_stated(self) -> bool:
        """Whether the fourth differences, which structure hardly reaches, show the stated noise."""
        return 1 / _NO_MORE <= self.excess <= _NO_MORE


def measure_scatter(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    variance: Stated,
    *,
    side: int | None = None,
    most: int = _MOST,
) -> Scatter | None:
    """Measure the scatter of the blocks of an image.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    variance : callable
        From the good pixels of a block and its place to the variances stated for it, none where they are unknown.
    side : int, optional
        Pixels of a block along each axis, 32 by default, and 16 in small images.
    most : int, optional
        Blocks that are looked at of a large image, evenly spread.

    Returns
    -------
    Scatter or None
        None where the image has too few good blocks.
    """
    if side is None:
        side = _SIDE if min(data.shape) >= _SMALL else _SMALL_SIDE
    starts = [range(BAND_REACH, n - side - BAND_REACH + 1, side) for n in data.shape]
    corners = [(y, x) for y in starts[0] for x in starts[1]]
    few = np.linspace(0, len(corners) - 1, min(len(corners), most)).round().astype(int)
    found = []
    for y, x in (corners[k] for k in few):
        inner = slice(y, y + side), slice(x, x + side)
        wide = slice(y - BAND_REACH, y + side + BAND_REACH), slice(x - BAND_REACH, x + side + BAND_REACH)
        if np.mean(mask[wide]) <= _MOST_BAD:
            pixels = np.where(mask[wide], np.nan, as_double(data[wide]))
            found.append(_of_block(pixels, inner, variance))
    usable = [one for one in found if one is not None]
    if len(usable) < _FEWEST:
        return None
    return Scatter(*(np.array(part) for part in zip(*usable, strict=True)))


def _of_block(pixels: NDArray[np.float64], inner: Place, variance: Stated) -> tuple[float, float, float] | None:
    core = pixels[BAND_REACH:-BAND_REACH, BAND_REACH:-BAND_REACH]
    core = core[np.isfinite(core)]
    known = variance(core, inner)
    stated = float(np.median(known)) if known.size else np.nan
    if not (np.isfinite(stated) and stated > 0):
        return None
    finest, fourth = (mad_sigma(band[np.isfinite(band)]) / np.sqrt(stated) for band in two_bands(pixels))
    return float(np.median(core)), finest, fourth
