"""A chain of convolutions trained with truth, after DnCNN (Zhang et al. 2017), on other fields than the one denoised.

Patches have 40 pixels on a side, as in the paper.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.peers.field import CleanField, Field, NotApplicableError, PeerSettings
from benchmarks.peers.network import PeerNetwork, dncnn, oriented_mean, robust
from benchmarks.peers.patches import Patches

__all__ = ["ExposedPatches", "denoise"]

_PATCH = 40
_REUSED = 16  # batches from one exposure


class ExposedPatches:
    """Draws patches of fresh exposures of fields with truth, one field a batch.

    Parameters
    ----------
    fields : tuple of CleanField
        Fields with truth.
    settings : PeerSettings
        Number of patches and seed.
    """

    state: Any = None

    def __init__(self, fields: tuple[CleanField, ...], settings: PeerSettings) -> None:
        self._fields, self._settings = fields, settings
        self._rng = np.random.default_rng(settings.seed)
        self._n_drawn = 0
        self._patches: list[Patches] = []

    def __call__(self) -> tuple[np.ndarray, ...]:
        """Draw noisy and clean patches."""
        if self._n_drawn % (_REUSED * len(self._fields)) == 0:
            self._patches = [
                Patches(
                    [field.expose(self._rng), field.clean],
                    n_patches=self._settings.n_patches,
                    patch=min(_PATCH, self._settings.patch),
                    seed=int(self._rng.integers(1 << 31)),
                )
                for field in self._fields
            ]
        self._n_drawn += 1
        return self._patches[self._n_drawn % len(self._fields)]()


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train on the other fields, then denoise this one."""
    if not field.others:
        raise NotApplicableError("there is no other field with truth to learn from")
    network = PeerNetwork(dncnn(settings.seed))

    def loss(noisy: tf.Tensor, clean: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(robust(network(noisy) - clean))

    network.train(loss, ExposedPatches(field.others, settings), settings)
    return oriented_mean(network.apply, field.noisy)
