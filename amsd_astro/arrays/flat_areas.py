"""Where many pixels side by side have one value: no sky, but what mosaics have outside of their exposures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.scratch import new_array

__all__ = ["FLAT_REACH", "border_areas", "flat_pixels", "with_flat_areas"]

FLAT_REACH = 2
"""Pixels from the edges that `flat_pixels` leaves out."""

_SIDE = 13  # flat pixels on a side: faint sky of few photons has zeros side by side, but not so many
_ISLAND, _FEW_ISLANDS = 9, 3  # pixels of an island in an area, and how many there may be
_SHARE = 1e-4  # of the pixels of an area
_RIM = 6  # pixels around an area: flat pixels keep two from its edge


def flat_pixels(image: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where 5 x 5 pixels have one value.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)

    Returns
    -------
    ndarray of bool, shape (ny - 4, nx - 4)
        For the pixels that are at least two from the edges.
    """
    row = _runs(image[:, :-1] == image[:, 1:], 1)  # five in a row
    same = row[:-1] & row[1:] & (image[:-1, 2:-2] == image[1:, 2:-2])
    return _runs(same, 0)


def _runs(same: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Where four in succession are true, along an axis."""
    same = np.moveaxis(same, axis, 0)
    pairs = same[:-1] & same[1:]
    return np.moveaxis(pairs[:-2] & pairs[2:], 0, axis)


def with_flat_areas(mask: NDArray[np.bool_], data: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return a mask that has areas of one value, too: there is no noise by which anything could be judged.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    data : ndarray, shape (ny, nx)
        The pixels.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        The mask itself where there are none.
    """
    result = mask
    for block in row_blocks(data.shape, context=FLAT_REACH + 2 * _SIDE):
        flat = flat_pixels(np.pad(data[block.wide], FLAT_REACH, mode="symmetric"))
        if not flat.any():
            continue
        area = ndimage.minimum_filter(flat.view(np.uint8), _SIDE, mode="nearest")
        if not area.any():
            continue
        if result is mask:
            result = new_array(mask.shape, bool)
            result[:] = mask
        result[block.rows] |= ndimage.maximum_filter(area, _SIDE + 2 * _RIM, mode="nearest")[block.inner].view(bool)
    return result


def border_areas(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return the areas of one exact value that begin at the edges of an image: no exposure reached them.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        The pixels.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    ndarray of bool, shape (ny, nx), or None
        None where there are none, or hardly anything else. Areas without a square of 13 pixels on a side do not count.
    """
    value = _value_at_edges(data, mask)
    if value is None:
        return None
    same: NDArray[np.bool_] = new_array(data.shape, bool)
    solid: NDArray[np.bool_] = new_array(data.shape, bool)
    for block in row_blocks(data.shape, context=_SIDE):
        equal = (data[block.wide] == value) & ~mask[block.wide]
        same[block.rows] = equal[block.inner]
        solid[block.rows] = ndimage.binary_erosion(equal, np.ones((_SIDE, _SIDE), bool))[block.inner]
    labels, _ = ndimage.label(same)
    at_edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    kept = np.intersect1d(at_edges, labels[solid])
    found = np.isin(labels, kept[kept > 0])
    if not found.any() or np.count_nonzero(~found & ~mask) < _SIDE**2:
        return None
    # where photons are few, zeros are sky: single pixels stand amid them
    islands, n_islands = ndimage.label(~found, np.ones((3, 3), bool))
    n_small = int(np.count_nonzero(np.bincount(islands.ravel())[1:] <= _ISLAND)) if n_islands else 0
    return None if n_small > max(_FEW_ISLANDS, _SHARE * np.count_nonzero(found)) else found


def _value_at_edges(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> float | None:
    """The value that `_SIDE` pixels in a row have at an edge, the most frequent one there."""
    found: dict[float, int] = {}
    for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        values = np.where(mask[edge], np.nan, data[edge])
        starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
        for start, length in zip(starts, np.diff(np.append(starts, values.size)), strict=True):
            if length >= _SIDE and np.isfinite(values[start]):
                found[float(values[start])] = found.get(float(values[start]), 0) + int(length)
    return max(found, key=found.__getitem__) if found else None
