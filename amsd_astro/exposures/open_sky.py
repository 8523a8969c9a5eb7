"""Which pixels of an exposure show no source, so that exposures of unlike seeing agree there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.robust_statistics import quantile

__all__ = ["is_open_sky"]

_CELL = 64  # pixels, over which the sky itself may change
_BOX = 9  # pixels, over whose mean faint wings show
_LIMIT = 2.0  # widths of such means
_SAMPLE = 2  # each so-manieth pixel along an axis tells medians and widths
_BELOW = 0.1587  # of normal deviates, farther than a width below the middle: sources are above it


def is_open_sky(light: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where nothing shines but the sky.

    Parameters
    ----------
    light : ndarray of float32, shape (ny, nx)
        NaN where there is none.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    good = np.isfinite(light)
    if not good.any():
        return good
    rest = np.where(good, light - _level(light), np.float32(0))
    means = ndimage.uniform_filter(rest, _BOX, mode="nearest")
    some = means[::_SAMPLE, ::_SAMPLE][good[::_SAMPLE, ::_SAMPLE]]
    if not some.size:
        return good
    middle = quantile(some, 0.5)
    return np.asarray(good & (means - middle <= _LIMIT * (middle - quantile(some, _BELOW))))


def _level(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Medians of cells, linear between their centres and beyond."""
    edges = [np.linspace(0, n, max(1, round(n / _CELL)) + 1).round().astype(int) for n in light.shape]
    cells = np.full([edge.size - 1 for edge in edges], np.nan)
    for j, i in np.ndindex(*cells.shape):
        cell = light[edges[0][j] : edges[0][j + 1] : _SAMPLE, edges[1][i] : edges[1][i + 1] : _SAMPLE]
        known = cell[np.isfinite(cell)]
        if known.size:
            cells[j, i] = np.median(known)
    nearest = ndimage.distance_transform_edt(np.isnan(cells), return_distances=False, return_indices=True)
    cells = cells[tuple(nearest)]
    wide = np.pad(cells, 1, mode="reflect", reflect_type="odd")
    places = np.meshgrid(
        *((np.arange(n) + 0.5) * count / n + 0.5 for n, count in zip(light.shape, cells.shape, strict=True)),
        indexing="ij",
        sparse=True,
    )
    return ndimage.map_coordinates(wide, np.broadcast_arrays(*places), order=1, output=np.float32)
