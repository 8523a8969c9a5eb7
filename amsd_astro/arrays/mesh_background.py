"""The background of an image: medians of small cells, smoothed over their neighbours, linear between their centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.robust_statistics import mad_sigma

__all__ = ["Background", "measure_background"]

_SIDE = 8  # pixels of a cell
_WIDE = 9  # cells on a side of what the coarse background is the mean of
_SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # over the cells: together a Gaussian of about a cell
_FEWEST = 0.5  # of a cell's pixels that must be good
_BRIGHT = 0.4  # sigma of a pixel, by which a cell with an extended source differs from the coarse background
_LEAST_SKY = 0.25  # of the cells: where there are fewer, there is structure everywhere
_N_ROUNDS = 4
_N_SAMPLED = 2**20  # pixels by which the width of the noise is told


@dataclass(frozen=True)
class Background:
    """What there is beneath the small detail.

    Attributes
    ----------
    fine : ndarray, shape (n_down, n_across)
        By cells of 8 pixels: extended sources are part of it.
    coarse : ndarray, shape (n_down, n_across)
        The same over 64 pixels, without extended sources.
    is_sky : ndarray of bool, shape (n_down, n_across)
        Cells without an extended source.
    shape : (int, int)
        Of the image.
    noise : float
        Robust width of the pixels around the fine one.
    """

    fine: NDArray[np.float64]
    coarse: NDArray[np.float64]
    is_sky: NDArray[np.bool_]
    shape: tuple[int, int]
    noise: float

    def of(self, rows: slice, *, fine: bool) -> NDArray[np.float64]:
        """Return one of the backgrounds, for some rows of the image."""
        return _enlarged(self.fine if fine else self.coarse, rows, self.shape[1])

    def sky(self, rows: slice) -> NDArray[np.bool_]:
        """Return the pixels of some rows that are in cells of sky."""
        down, across = np.arange(rows.start, rows.stop) // _SIDE, np.arange(self.shape[1]) // _SIDE
        return self.is_sky[np.ix_(down, across)]


def measure_background(
    data: NDArray[np.floating], mask: NDArray[np.bool_], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> Background | None:
    """Measure the background of an image, less offsets of its rows and columns.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    rows, columns : ndarray, shape (ny,) and (nx,)
        The offsets.

    Returns
    -------
    Background or None
        None where hardly a pixel is good, or there is no noise.
    """
    ny, nx = data.shape
    found = []
    step = _SIDE * max(1, next(iter(row_blocks(data.shape))).rows.stop // _SIDE)
    for start in range(0, ny, step):
        part = slice(start, min(start + step, ny))
        found.append(_cell_medians(np.where(mask[part], np.nan, data[part] - rows[part, None] - columns)))
    cells = np.concatenate(found)
    if not np.isfinite(cells).any():
        return None
    fine = _smoothed(cells, _SMOOTHING)
    every = max(1, ny * nx // _N_SAMPLED)
    sampled = np.arange(0, ny, every)
    rest = np.stack([data[y] - rows[y] - columns - _enlarged(fine, slice(y, y + 1), nx)[0] for y in sampled])
    good = ~mask[sampled]
    coarse, is_sky, noise = fine, np.isfinite(cells), mad_sigma(rest[good])
    for _ in range(2):  # the second time by the pixels of the sky alone
        if not noise > 0:
            return None
        coarse, is_sky = _without_sources(cells, fine, noise)
        noise = mad_sigma(rest[good & is_sky[np.ix_(sampled // _SIDE, np.arange(nx) // _SIDE)]])
    return Background(fine, coarse, is_sky, (ny, nx), noise)


def _without_sources(
    cells: NDArray[np.float64], fine: NDArray[np.float64], noise: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The coarse background and the cells that it is of; the fine one and all cells where there is no empty sky."""
    good = np.isfinite(cells)
    coarse, sky = ndimage.median_filter(fine, _WIDE, mode="nearest"), good
    for _ in range(_N_ROUNDS):
        seen = ndimage.binary_dilation(np.abs(fine - coarse) > _BRIGHT * noise)
        before, sky = sky, good & ~seen
        if np.count_nonzero(sky) < _LEAST_SKY * np.count_nonzero(good):
            return fine, good
        coarse = _smoothed(np.where(sky, cells, np.nan), np.ones(_WIDE) / _WIDE)
        if np.array_equal(sky, before):
            break
    return coarse, sky


def _enlarged(cells: NDArray[np.float64], rows: slice, nx: int) -> NDArray[np.float64]:
    """Cells brought to pixels, linear between their centres."""
    down = np.clip((np.arange(rows.start, rows.stop) + 0.5) / _SIDE - 0.5, 0, cells.shape[0] - 1)
    across = np.clip((np.arange(nx) + 0.5) / _SIDE - 0.5, 0, cells.shape[1] - 1)
    upper, left = down.astype(int), across.astype(int)
    share = (down - upper)[:, None]
    wide = (1 - share) * cells[upper] + share * cells[np.minimum(upper + 1, cells.shape[0] - 1)]
    share = across - left
    return np.asarray((1 - share) * wide[:, left] + share * wide[:, np.minimum(left + 1, cells.shape[1] - 1)])


def _cell_medians(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians of the cells of some rows, the last ones as they are cut; NaN where too few pixels are good."""
    ny, nx = (-(-n // _SIDE) * _SIDE for n in pixels.shape)
    whole = np.full((ny, nx), np.nan)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    cells = whole.reshape(ny // _SIDE, _SIDE, nx // _SIDE, _SIDE).swapaxes(1, 2).reshape(-1, _SIDE**2)
    cells.sort(axis=1)  # NaN last
    count = np.count_nonzero(np.isfinite(cells), axis=1)
    middle = np.maximum(count - 1, 0)
    index = np.arange(len(cells))
    medians = (cells[index, middle // 2] + cells[index, (middle + 1) // 2]) / 2
    medians[count < _FEWEST * _SIDE**2] = np.nan
    return medians.reshape(ny // _SIDE, nx // _SIDE)


def _smoothed(cells: NDArray[np.float64], weights: ArrayLike) -> NDArray[np.float64]:
    """Cells averaged with their neighbours along both axes; those that are NaN filled."""
    known = np.isfinite(cells)
    weight, total = known.astype(np.float64), np.where(known, cells, 0.0)
    for axis in (0, 1):
        weight, total = (ndimage.correlate1d(one, weights, axis=axis, mode="nearest") for one in (weight, total))
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1), np.median(cells[known]))
