"""Patches of fields, the same places for every peer that trains on the field itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Patches"]


class Patches:
    """Draws patches of planes that belong together, each at its place and in one of eight orientations.

    Parameters
    ----------
    planes : sequence of ndarray, shape (ny, nx)
        Cut alike.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each (less where the field is smaller).
    seed : int
        Seed of places and orientations.
    """

    def __init__(self, planes: Sequence[np.ndarray], *, n_patches: int, patch: int, seed: int) -> None:
        self._planes = [np.asarray(plane, np.float32) for plane in planes]
        self._n_patches = n_patches
        self._patch = min([patch, *(n // 4 * 4 for n in planes[0].shape)])
        self.rng = np.random.default_rng(seed)

    @property
    def state(self) -> Any:
        """What the next batches depend on."""
        return self.rng.bit_generator.state

    @state.setter
    def state(self, value: Any) -> None:
        self.rng.bit_generator.state = value

    def __call__(self) -> tuple[np.ndarray, ...]:
        """Draw a batch: for each plane an array of shape (n_patches, patch, patch, 1)."""
        made: list[list[np.ndarray]] = [[] for _ in self._planes]
        for _ in range(self._n_patches):
            y, x = (int(self.rng.integers(n - self._patch + 1)) for n in self._planes[0].shape)
            orientation = int(self.rng.integers(8))
            for plane, patches in zip(self._planes, made, strict=True):
                patch = np.rot90(plane[y : y + self._patch, x : x + self._patch], orientation % 4)
                patches.append(patch[::-1] if orientation >= 4 else patch)
        return tuple(np.stack(patches)[..., None] for patches in made)
