"""What tells weights from all others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["digest_arrays", "fingerprint_of"]


def digest_arrays(arrays: Sequence[NDArray[Any]]) -> str:
    """SHA-256 of float32 arrays, little-endian, one after another; hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()


def fingerprint_of(weights: Sequence[NDArray[Any]], shares: Sequence[float] | None = None) -> str:
    """First 16 hexadecimal digits of the SHA-256 of weights, and of the numbers of a shrinkage.

    Parameters
    ----------
    weights : sequence of ndarray
        In the network's order.
    shares : sequence of float or None
        Of the shrinkage, where there is one.
    """
    more = [] if shares is None else [np.array(shares, np.float32)]
    return digest_arrays([*weights, *more])[:16]
