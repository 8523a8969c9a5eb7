"""Pixels of any kind of real number as floats of this machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from amsd_astro.errors import FrameError

__all__ = ["native_floats"]


def native_floats(data: Any) -> np.ndarray:
    """Return native floats: float64 only where needed."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        raise FrameError(f"pixels must be real numbers. Received: dtype {array.dtype}")
    if array.dtype.kind == "f":
        wanted = np.float64 if array.dtype.itemsize >= 8 else np.float32
    else:
        wide = array.dtype.itemsize > 2 and array.size and max(abs(int(array.min())), abs(int(array.max()))) > 2**24
        wanted = np.float64 if wide else np.float32
    return array.astype(wanted, copy=False)
