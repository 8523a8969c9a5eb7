"""Where many pixels side by side have one value: no sky, but what mosaics have outside of their exposures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.scratch import new_array

__all__ = ["FLAT_REACH", "flat_pixels", "with_flat_areas"]

FLAT_REACH = 2
"""Pixels from the edges that `flat_pixels` leaves out."""

_SIDE = 13  # flat pixels on a side: faint sky of few photons has zeros side by side, but not so many
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
