"""Faint light that is wider than any source put in, halos and outskirts: its sum over cells before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.sky_map import SkyMap
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["EXTENDED_LEVELS", "ExtendedLight", "measure_extended_light"]

EXTENDED_LEVELS = (0.2, 2.0)
"""Height above the sky, in sigma of a pixel, of the light that is looked at."""

_CELL = 16  # pixels
_FEWEST_SIDE, _FEWEST_CELLS, _HALF_FULL = 3, 20, 0.5
_RING = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
_COMPACT = 1.0  # sigma of a pixel above the rest of its cell
_FAINTEST = 10.0  # percent of the cells: the sky


@dataclass(frozen=True)
class ExtendedLight:
    """What became of faint extended light.

    Attributes
    ----------
    change, error : float
        Share of it gained, and its standard error from the scatter of cells; NaN where fewer than 20 cells show any.
    n_cells : int
        Cells of 16 pixels that show it.
    share : float
        Of all cells.
    """

    change: float
    error: float
    n_cells: int
    share: float


def measure_extended_light(frame: Frame, denoised: Frame, noise: NoiseModel, *, sky: SkyMap) -> ExtendedLight:
    """Sum up faint extended light over cells before and after.

    Whether a cell shows such light is told by its eight neighbours, whose noise is their own; its zero is the faintest
    tenth of the frame's cells. Pixels that stand out of their cell belong to compact sources and do not count.

    Parameters
    ----------
    frame, denoised : Frame
        Before and after.
    noise : NoiseModel
        Of the frame.
    sky : SkyMap
        Of the frame.

    Returns
    -------
    ExtendedLight
    """
    ny, nx = (side // _CELL for side in frame.data.shape)
    if min(ny, nx) < _FEWEST_SIDE:
        return ExtendedLight(math.nan, math.nan, 0, 0.0)
    sigma = math.sqrt(noise.sky_variance)
    after, before = (_in_cells(as_double(one.data), ny, nx) for one in (denoised, frame))
    good = ~_in_cells(sky.bad | bad_pixels_of(as_double(denoised.data), denoised.mask), ny, nx)
    middle = np.nanmedian(np.where(good | ~good.any(axis=2, keepdims=True), after, np.nan), axis=2, keepdims=True)
    good &= after - middle < _COMPACT * sigma
    weight = good.sum(axis=2).astype(np.float64)
    weight[weight < _HALF_FULL * _CELL**2] = 0.0
    parts = before - noise.sky, after - before
    light, gained = (np.sum(np.where(good, part, 0.0), axis=2) / np.maximum(weight, 1.0) for part in parts)
    around, counts = (ndimage.convolve(part, _RING, mode="constant") for part in (light * weight, weight))
    known = (weight > 0) & (counts > 0)
    if np.count_nonzero(known) < _FEWEST_CELLS:
        return ExtendedLight(math.nan, math.nan, 0, 0.0)
    around = np.where(known, around / np.maximum(counts, 1.0), np.inf)
    zero = float(np.median(light[known & (around <= np.percentile(around[known], _FAINTEST))]))
    used = known & (around - zero > EXTENDED_LEVELS[0] * sigma) & (around - zero < EXTENDED_LEVELS[1] * sigma)
    change, error = _share((weight * gained)[used], (weight * (light - zero))[used])
    n_cells = int(np.count_nonzero(used))
    return ExtendedLight(change, error, n_cells, n_cells / int(np.count_nonzero(known)))


def _share(gained: NDArray[np.float64], light: NDArray[np.float64]) -> tuple[float, float]:
    """Sum of what cells gained over the sum of their light, and its error from their scatter."""
    total = float(light.sum())
    if light.size < _FEWEST_CELLS or not total > 0:
        return math.nan, math.nan
    change = float(gained.sum()) / total
    return change, float(np.sqrt(np.sum((gained - change * light) ** 2))) / total


def _in_cells(plane: NDArray[Any], ny: int, nx: int) -> NDArray[Any]:
    """Return the whole cells of an image, shape (ny, nx, pixels of one)."""
    cut = plane[: ny * _CELL, : nx * _CELL].reshape(ny, _CELL, nx, _CELL)
    return cut.swapaxes(1, 2).reshape(ny, nx, _CELL**2)
