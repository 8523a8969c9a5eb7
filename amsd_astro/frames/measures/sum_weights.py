"""What a sum over pixels counts of each: the weights of apertures, masks and maps, cut to where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray

__all__ = ["Weights", "are_many", "weights_of"]


@dataclass(frozen=True)
class Weights:
    """The weights of one sum.

    Attributes
    ----------
    values : ndarray of float64
        The weights.
    top, left : int
        Where they begin in the frame.
    """

    values: NDArray[np.float64]
    top: int
    left: int


def are_many(over: Any) -> bool:
    """Whether something stands for many sums: an aperture at several positions."""
    return (hasattr(over, "to_mask") or hasattr(over, "to_pixel")) and not over.isscalar


def weights_of(
    over: Any, shape: tuple[int, int], *, wcs: WCS | None, method: str, subpixels: int
) -> Iterator[Weights | None]:
    """Yield the weights of each sum; None for one that has no pixel of the frame.

    Parameters
    ----------
    over : aperture of photutils, its mask, or ndarray, shape (ny, nx)
        As `Frame.sum_error` takes it.
    shape : (int, int)
        Of the frame.
    wcs : WCS or None
        Of the frame, for apertures on the sky.
    method, subpixels
        How an aperture counts pixels at its rim, as photutils has it.
    """
    if not hasattr(over, "to_mask") and hasattr(over, "to_pixel"):
        if wcs is None:
            raise ValueError("an aperture on the sky wants a frame with a WCS. Received: a frame without")
        over = over.to_pixel(wcs)
    if hasattr(over, "to_mask"):
        masks = over.to_mask(method=method, subpixels=subpixels)
        for mask in [masks] if over.isscalar else masks:
            yield _of_mask(mask, shape)
    elif hasattr(over, "get_overlap_slices"):
        yield _of_mask(over, shape)
    else:
        yield _of_map(over, shape)


def _of_mask(mask: Any, shape: tuple[int, int]) -> Weights | None:
    large, small = mask.get_overlap_slices(shape)
    if large is None:
        return None
    return Weights(np.asarray(mask.data, np.float64)[small], large[0].start, large[1].start)


def _of_map(values: Any, shape: tuple[int, int]) -> Weights | None:
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind not in "buif":
        raise ValueError(
            f"a sum must be over an aperture of photutils, or over a mask or weights of the frame's shape, {shape}. "
            f"Received: {type(values).__name__}, shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError("weights of a sum must be finite. Received: some that are not")
    used = array != 0
    rows, columns = (np.flatnonzero(used.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    part = array[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Weights(part.astype(np.float64), int(rows[0]), int(columns[0]))
