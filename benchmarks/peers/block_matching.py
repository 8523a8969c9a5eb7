"""BM3D (Dabov, Foi, Katkovnik & Egiazarian 2007), by the package ``bm3d`` of its authors, at unit noise."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.field import Field, NotApplicableError, PeerSettings

__all__ = ["denoise"]


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Denoise a field; nothing is trained."""
    try:
        from bm3d import bm3d
    except ImportError as error:
        raise NotApplicableError("the package bm3d is not installed") from error
    return np.asarray(bm3d(field.noisy, 1.0), np.float32)
