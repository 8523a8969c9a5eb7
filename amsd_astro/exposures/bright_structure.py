"""Two exposures compared by what is bright in both, where they show too few stars: galaxies, nebulae."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap

__all__ = ["compare_structure"]

_Floats = NDArray[np.float64]

_SIDE = 8  # pixels of the reference in a cell, along each axis
_BRIGHT, _FEWEST = 5.0, 8  # significance of a cell in the two together, and cells
_N_ROUNDS = 5
_CLIP = 3.0  # sigma of a cell that fits badly
_SPAN = 3.0  # powers of e around the first guess


def compare_structure(reference: Exposure, exposure: Exposure, grid: GridMap) -> tuple[float, float] | None:
    """Measure the light in an exposure over that in the reference on the cells that are bright in both.

    Parameters
    ----------
    reference, exposure : Exposure
        The two; their pixels are loaded.
    grid : GridMap
        From one to the other.

    Returns
    -------
    scale, error : float
        Or None where nothing is bright.
    """
    one, one_variance, other, other_variance = _cells(reference, exposure, grid)
    if one.size < _FEWEST:
        return None
    signal = one / np.sqrt(one_variance) + other / np.sqrt(other_variance)
    bright = signal > _BRIGHT * math.sqrt(2)
    if np.count_nonzero(bright) < _FEWEST:
        return None
    one, one_variance, other, other_variance = (v[bright] for v in (one, one_variance, other, other_variance))
    kept = np.ones(one.size, bool)
    guess = math.log(max(float(np.sum(other)) / max(float(np.sum(one)), 1e-300), 1e-6))
    logarithm, spread = guess, 1.0
    for _ in range(_N_ROUNDS):

        def misfit(value: float, kept: NDArray[np.bool_] = kept) -> float:
            factor = math.exp(value)
            squares = (other - factor * one)[kept] ** 2 / (other_variance + factor**2 * one_variance)[kept]
            return float(np.sum(squares))

        logarithm = float(optimize.minimize_scalar(misfit, bounds=(guess - _SPAN, guess + _SPAN), method="bounded").x)
        factor = math.exp(logarithm)
        distance = np.abs(other - factor * one) / np.sqrt(other_variance + factor**2 * one_variance)
        spread = max(1.0, 1.4826 * float(np.median(distance)))
        kept = distance < _CLIP * spread
        if np.count_nonzero(kept) < _FEWEST:
            return None
    factor = math.exp(logarithm)
    weight = 1 / (other_variance + factor**2 * one_variance)[kept] / spread**2
    # by the brighter of the two: the fainter one's noise would make it too good
    lit = np.maximum((factor * one) ** 2 - factor**2 * one_variance, 0.0)[kept]
    total = float(np.sum(weight * lit))
    return (factor, factor / math.sqrt(total)) if total > 0 else None


def _cells(reference: Exposure, exposure: Exposure, grid: GridMap) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    """Mean light of the cells in both, in units of the exposure's pixel area, with the variances."""
    frame = reference.load()
    here, seen = _light(np.asarray(frame.data), frame.mask, reference)
    ny, nx = reference.shape
    x, y = grid.to_exposure(np.arange(nx, dtype=np.float64)[None, :], np.arange(ny, dtype=np.float64)[:, None])
    frame = exposure.load()
    there, good = _light(np.asarray(frame.data), frame.mask, exposure)
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    inside = (column >= 0) & (column < exposure.shape[1]) & (row >= 0) & (row < exposure.shape[0])
    places = np.clip(row, 0, exposure.shape[0] - 1), np.clip(column, 0, exposure.shape[1] - 1)
    both = seen & inside & good[places]
    count = _sums(both)
    full = count > 0.5 * _SIDE**2
    area = grid.area
    result = []
    for light, exposed, factor in ((here, reference, 1.0), (there[places], exposure, area)):
        mean = _sums(np.where(both, light, 0.0))[full] / count[full] * factor
        correlated = max(float(exposed.noise.correlation.sum()), 1.0)
        per_pixel = exposed.noise.sky_variance + exposed.noise.slope * np.maximum(mean / factor, 0.0)
        # cells of many pixels of the exposure use a part of them, of few some twice
        n_pixels = count[full] * min(1.0, area if exposed is exposure else 1.0)
        result += [mean, factor**2 * per_pixel * correlated / n_pixels]
    return result[0], result[1], result[2], result[3]


def _light(
    data: NDArray[np.floating], mask: NDArray[np.bool_], exposure: Exposure
) -> tuple[_Floats, NDArray[np.bool_]]:
    """What an exposure has above its sky, blurred by a pixel so that nearest pixels do, and which pixels are good."""
    bad = mask | ~np.isfinite(data)
    sky = exposure.sky if math.isfinite(exposure.sky) else exposure.noise.sky
    light = np.where(bad, 0.0, data - sky)
    return np.asarray(ndimage.uniform_filter(light, 3), np.float64), ~np.asarray(ndimage.maximum_filter(bad, 3))


def _sums(values: NDArray[np.floating] | NDArray[np.bool_]) -> _Floats:
    """Sums over cells; rows and columns that fill none are left out."""
    ny, nx = (n // _SIDE * _SIDE for n in values.shape)
    cells = values[:ny, :nx].astype(np.float64).reshape(ny // _SIDE, _SIDE, nx // _SIDE, _SIDE)
    return np.asarray(cells.sum(axis=(1, 3)))
