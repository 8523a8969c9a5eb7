"""Masks as callers have them, booleans, bits, zeros and ones; and the bits of our own flags."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amsd_astro.arrays.foreign_arrays import refuse_lazy
from amsd_astro.errors import FrameError

__all__ = ["FLAG_BOUNDED", "FLAG_MASKED", "FLAG_NEAR_MASKED", "FLAG_REJECTED", "FLAG_VARIABLE", "bool_mask"]

FLAG_MASKED = 1
FLAG_NEAR_MASKED = 2
FLAG_BOUNDED = 4
FLAG_REJECTED = 8
"""Of several exposures, one was left out here."""
FLAG_VARIABLE = 16
"""Several exposures disagree here, and no blemish is the reason."""


def bool_mask(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return a mask as booleans, True where a pixel is bad.

    Parameters
    ----------
    value : array_like or None
        Booleans, integers of any bits (bad where not 0), or floats that are 0 or 1; of one value for all pixels, or of
        the shape of the image, axes of length one in front aside. What is masked in it is bad.
    shape : tuple of int
        Of the image, (ny, nx).

    Raises
    ------
    FrameError
        It has another shape or holds something else.
    TypeError
        It is an array that has not been computed.
    """
    if value is None or value is np.ma.nomask:
        return np.zeros(shape, dtype=bool)
    refuse_lazy(value, "mask")
    array = np.asarray(np.ma.getdata(value))
    if array.ndim > len(shape) and math.prod(array.shape[: array.ndim - len(shape)]) == 1:
        array = array.reshape(array.shape[array.ndim - len(shape) :])
    if array.ndim and array.shape != shape:
        raise FrameError(f"mask must have the shape of the image, {shape}. Received: {array.shape}")
    if array.dtype.kind not in "buif":
        raise FrameError(f"mask must hold booleans or integers. Received: dtype {array.dtype}")
    bad = array if array.dtype.kind == "b" else np.asarray(array != 0)
    if array.dtype.kind == "f":
        strange = array[bad & (array != 1)]
        if strange.size:
            raise FrameError(f"mask must hold 0 and 1 alone where it is of floats. Received: {strange.flat[0]:g}")
    if isinstance(value, np.ma.MaskedArray):
        bad = bad | np.ma.getmaskarray(value).reshape(bad.shape)
    return bad if array.ndim else np.full(shape, bool(bad))
