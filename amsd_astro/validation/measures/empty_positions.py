"""EmptyPositions of a frame where nothing stands, a distance apart from each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.validation.measures.sky_map import SOURCE_SIGMA, SkyMap

__all__ = ["EmptyPositions", "find_empty_positions"]

_LEVELS = (SOURCE_SIGMA, 8.0, 16.0, 32.0, math.inf)  # sigma, of what stands nearest
_TRIED = 64  # places looked at for each that is wanted


@dataclass(frozen=True)
class EmptyPositions:
    """Positions `y`, `x` (pixels, within a pixel at random) and whether they are `crowded`, each of shape (n,)."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    crowded: NDArray[np.bool_]


def find_empty_positions(
    sky: SkyMap,
    rng: np.random.Generator,
    n: int,
    *,
    radius: float,
    separation: float,
    margin: int,
    n_crowded: int = 0,
) -> EmptyPositions:
    """Draw places without a source or a bad pixel near.

    Parameters
    ----------
    sky : SkyMap
        Of the frame.
    rng : numpy.random.Generator
        Source of randomness.
    n : int
        How many are wanted; there may be fewer.
    radius : float
        Pixels around a place that are free of sources and bad pixels (a square of twice that side).
    separation : float
        Pixels between two places at least.
    margin : int
        Pixels along the edges without a place.
    n_crowded : int
        Where fewer empty places than this are found, those with the faintest sources near make up for them.

    Returns
    -------
    EmptyPositions
    """
    shape = sky.bad.shape
    side = 2 * math.ceil(radius) + 1
    free = ~np.asarray(ndimage.maximum_filter(sky.bad, side))
    inner = np.zeros(shape, bool)
    margin = min(margin, (min(shape) - 1) // 4)
    inner[margin : shape[0] - margin, margin : shape[1] - margin] = True
    free &= inner
    highest = np.asarray(ndimage.maximum_filter(sky.significance, side))
    found: list[tuple[int, int]] = []
    n_empty = 0
    for k, level in enumerate(_LEVELS):
        wanted = n if k == 0 else min(n, n_crowded)
        _add_places(found, free, highest <= level, rng, wanted, separation)
        n_empty = len(found) if k == 0 else n_empty
        if len(found) >= min(n, n_crowded):
            break
    row, column = (np.array([place[axis] for place in found], np.float64) for axis in (0, 1))
    jitter = rng.uniform(-0.5, 0.5, (2, row.size))
    return EmptyPositions(row + jitter[0], column + jitter[1], np.arange(row.size) >= n_empty)


def _add_places(
    found: list[tuple[int, int]],
    free: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    rng: np.random.Generator,
    wanted: int,
    separation: float,
) -> None:
    """Add places one by one at random, and close the surroundings of each."""
    candidates = np.flatnonzero(free & allowed)
    if len(found) >= wanted or not candidates.size:
        return
    n_tried = min(candidates.size, max(_TRIED * wanted, 1000))
    reach = math.ceil(separation + 1)  # the places move by less than half a pixel on each side
    offset = np.arange(-reach, reach + 1)
    disc = np.hypot(offset[:, None], offset[None, :]) < separation + math.sqrt(2)
    for index in rng.choice(candidates, n_tried, replace=False):
        y, x = divmod(int(index), free.shape[1])
        if not free[y, x]:
            continue
        found.append((y, x))
        y0, x0 = max(y - reach, 0), max(x - reach, 0)
        around = free[y0 : y + reach + 1, x0 : x + reach + 1]
        around &= ~disc[y0 - y + reach :, x0 - x + reach :][: around.shape[0], : around.shape[1]]
        if len(found) >= wanted:
            return
