"""Published methods, small and by their papers, to compare with; all work in noise units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers import (
    blind2unblind,
    block_matching,
    neighbor2neighbor,
    noise2noise,
    noise2self,
    recorrupted,
    supervised,
)
from benchmarks.peers.field import Field, PeerSettings

__all__ = ["PEERS", "Field", "PeerSettings"]

PEERS: dict[str, Callable[[Field, PeerSettings], np.ndarray]] = {
    "bm3d": block_matching.denoise,
    "supervised": supervised.denoise,
    "noise2noise": noise2noise.denoise,
    "noise2self": noise2self.denoise,
    "neighbor2neighbor": neighbor2neighbor.denoise,
    "blind2unblind": blind2unblind.denoise,
    "recorrupted": recorrupted.denoise,
}
"""From a field and settings to the denoised field, by name."""
