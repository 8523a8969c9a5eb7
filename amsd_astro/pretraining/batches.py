"""Batches of simulated exposures, each known by its number: the order in which they are made does not matter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.pretraining.exposures import SHARE_WRONG, expose_scene
from amsd_astro.pretraining.prefetching import made_ahead

__all__ = ["Batches", "KnownBatch"]

KnownBatch = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Bands of noisy patches; noisy values, target and weight side by side."""

_TRAINING, _VALIDATION = 1, 2


class Batches:
    """Batches by their number, one after the other or any of them.

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
    share_wrong : float
        As `expose_scene` takes it.
    n_threads : int
        That make batches ahead of time when they are taken one after the other.
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
        share_wrong: float = SHARE_WRONG,
        n_threads: int = 1,
    ) -> None:
        self._scenes = scenes
        self._n_patches = n_patches
        self._patch = patch
        self._n_batches = n_batches
        self._n_threads = n_threads
        self._first = first
        self._share_wrong = share_wrong
        self._key = (seed, _VALIDATION if validation else _TRAINING)

    def __len__(self) -> int:
        """How many there are."""
        return self._n_batches

    def __iter__(self) -> Iterator[KnownBatch]:
        """All of them, made ahead of time."""
        return made_ahead(self.__getitem__, len(self), n_threads=self._n_threads)

    def __getitem__(self, index: int) -> KnownBatch:
        """One batch: arrays of shape (n, patch, patch, N_BANDS) and (n, patch, patch, 3)."""
        if not 0 <= index < len(self):
            raise IndexError(f"index must be 0 to {len(self) - 1}. Received: {index}")
        rng = np.random.default_rng([*self._key, self._first + index])
        made = [self._patch_of(rng) for _ in range(self._n_patches)]
        return np.concatenate([inputs for inputs, _ in made]), np.stack([known for _, known in made])

    def _patch_of(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        reach = band_radius()
        scene = self._scenes[int(rng.integers(len(self._scenes)))]
        exposed = expose_scene(scene, self._patch + 2 * reach, rng, share_wrong=self._share_wrong)
        inputs = normalized_bands(exposed.noisy[None], band_noise(exposed.correlation))
        inner = slice(reach, -reach)
        known = np.stack([exposed.noisy, exposed.target, ~exposed.mask], axis=-1)[inner, inner]
        return inputs, known.astype(np.float32)
