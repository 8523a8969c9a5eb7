"""Batches of simulated exposures, each known by its number: the order in which they are made does not matter."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.multiscale import band_noise, band_radius, normalized_bands
from amsd_astro.pretraining.exposures import expose_scene

__all__ = ["Batches"]

_TRAINING, _VALIDATION = 1, 2


class Batches(keras.utils.PyDataset):
    """Bands of noisy patches, and what the loss needs: noisy values, target and weight side by side.

    Parameters
    ----------
    scenes : ndarray of float32, shape (n, ny, nx)
        By `load_scenes`.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each.
    n_batches : int
        Length.
    seed : int
        Of everything drawn.
    first : int
        Number of the first batch: training goes on with the batches that an interrupted one would have had.
    validation : bool
        Draw from another sequence than training does.
    n_threads : int
        That make batches ahead of time.
    """

    def __init__(
        self,
        scenes: NDArray[np.float32],
        *,
        n_patches: int,
        patch: int,
        n_batches: int,
        seed: int,
        first: int = 0,
        validation: bool = False,
        n_threads: int = 1,
    ) -> None:
        super().__init__(workers=n_threads, max_queue_size=4)
        self._scenes = scenes
        self._n_patches = n_patches
        self._patch = patch
        self._n_batches = n_batches
        self._first = first
        self._key = (seed, _VALIDATION if validation else _TRAINING)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self._n_batches

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One batch: arrays of shape (n, patch, patch, N_BANDS) and (n, patch, patch, 3)."""
        rng = np.random.default_rng([*self._key, self._first + index])
        made = [self._patch_of(rng) for _ in range(self._n_patches)]
        return np.concatenate([inputs for inputs, _ in made]), np.stack([known for _, known in made])

    def _patch_of(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        reach = band_radius()
        scene = self._scenes[int(rng.integers(len(self._scenes)))]
        exposed = expose_scene(scene, self._patch + 2 * reach, rng)
        inputs = normalized_bands(exposed.noisy[None], band_noise(exposed.correlation))
        inner = slice(reach, -reach)
        known = np.stack([exposed.noisy, exposed.target, ~exposed.mask], axis=-1)[inner, inner]
        return inputs, known.astype(np.float32)
