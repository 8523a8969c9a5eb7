"""What tells weights from all others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["digest_arrays"]


def digest_arrays(arrays: Sequence[NDArray[Any]]) -> str:
    """SHA-256 of float32 arrays, little-endian, one after another; hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()
