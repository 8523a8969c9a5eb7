"""Going through a frame some rows at a time, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import median
from amsd_astro.arrays.scratch import new_array

__all__ = ["RowBlock", "bad_pixels", "finite_range", "row_blocks", "typical"]

_PIXELS = 2 * 1024 * 1024
_SAMPLED = 4 * 1024 * 1024


@dataclass(frozen=True)
class RowBlock:
    """Some rows of a frame.

    Attributes
    ----------
    rows : slice
        The rows that the block is answerable for.
    wide : slice
        The same with context, as far as the frame goes.
    inner : slice
        Where ``rows`` lie within ``wide``.
    """

    rows: slice
    wide: slice
    inner: slice


def row_blocks(shape: tuple[int, ...], *, context: int = 0) -> Iterator[RowBlock]:
    """Yield blocks of rows that cover a frame.

    Parameters
    ----------
    shape : (ny, nx)
        Shape of the frame.
    context : int, optional
        Rows more on each side.
    """
    ny, nx = shape
    step = max(1, _PIXELS // max(1, nx))
    for start in range(0, ny, step):
        stop = min(start + step, ny)
        wide = slice(max(0, start - context), min(ny, stop + context))
        yield RowBlock(slice(start, stop), wide, slice(start - wide.start, stop - wide.start))


def bad_pixels(data: NDArray[np.floating], mask: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Return where a frame is masked, NaN or infinite, as a new array of shape (ny, nx)."""
    bad: NDArray[np.bool_] = new_array(data.shape, bool)
    for block in row_blocks(data.shape):
        np.isfinite(data[block.rows], out=bad[block.rows])
        np.logical_not(bad[block.rows], out=bad[block.rows])
        if mask is not None:
            bad[block.rows] |= mask[block.rows]
    return bad


def finite_range(data: NDArray[np.floating]) -> tuple[float, float] | None:
    """Return the least and the largest finite pixel, None without one."""
    low, high = np.inf, -np.inf
    for block in row_blocks(data.shape):
        part = data[block.rows]
        finite = np.isfinite(part)
        low = min(low, float(np.min(part, where=finite, initial=np.inf)))
        high = max(high, float(np.max(part, where=finite, initial=-np.inf)))
    return (low, high) if low <= high else None


def typical(values: NDArray[np.floating] | float) -> float:
    """Return the median of a map, of evenly spread rows where it is large; a number is its own."""
    array = np.asarray(values)
    if array.ndim == 2 and array.size > _SAMPLED:
        array = array[:: -(-array.size // _SAMPLED)]
    return median(array)
