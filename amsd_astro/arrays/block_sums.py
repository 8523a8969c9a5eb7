"""Sums over square blocks of an image, and what their scatter tells of the error of a ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_sums", "error_of_ratio"]

_SIDE = 64  # pixels, less in small images


def block_sums(plane: NDArray) -> NDArray[np.float64]:
    """Return the sums over blocks of 64 x 64 pixels, smaller ones in a small image, shape (n_blocks,)."""
    side = min(_SIDE, max(8, min(plane.shape) // 4))
    rows, columns = (np.arange(0, n, side) for n in plane.shape)
    return np.asarray(np.add.reduceat(np.add.reduceat(plane.astype(np.float64), rows, axis=0), columns, axis=1).ravel())


def error_of_ratio(sums: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the standard error of the ratio of two sums over independent parts, each with some weight."""
    n = len(sums)
    residual = sums - sums.sum() / weights.sum() * weights
    return float(np.sqrt(np.sum(residual**2) * n / (n - 1)) / weights.sum())
