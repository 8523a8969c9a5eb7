"""Recorrupted-to-Recorrupted (Pang et al. 2021): fresh noise n makes two fields of independent noise of one.

The network maps ``z + a n`` to ``z - n / a``, a = 0.5; the answer is the mean over recorruptions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.peers.field import Field, PeerSettings
from benchmarks.peers.network import PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.patches import Patches

__all__ = ["denoise", "recorrupted"]

AMPLITUDE = 0.5
_N_RECORRUPTIONS = 2  # in each of the eight orientations


def recorrupted(noisy: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two fields of independent noise from one of unit white noise."""
    noise = rng.standard_normal(noisy.shape, dtype=np.float32)
    return noisy + np.float32(AMPLITUDE) * noise, noisy - noise / np.float32(AMPLITUDE)


class _RecorruptedPatches:
    """Recorrupted patches and weight."""

    state: Any = None

    def __init__(self, patches: Patches) -> None:
        self._patches = patches

    def __call__(self) -> tuple[np.ndarray, ...]:
        noisy, weight = self._patches()
        return (*recorrupted(noisy, self._patches.rng), weight)


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train on the field itself, then denoise it."""
    network = PeerNetwork(unet(settings.seed))
    planes = [field.noisy, ~field.mask]
    patches = Patches(planes, n_patches=settings.n_patches, patch=settings.patch, seed=settings.seed)

    def loss(noisy: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(robust(network(noisy) - target) * weight)

    network.train(loss, _RecorruptedPatches(patches), settings)
    rng = np.random.default_rng([settings.seed, 1])

    def answer(turned: np.ndarray) -> np.ndarray:
        return np.mean([network.apply(recorrupted(turned, rng)[0]) for _ in range(_N_RECORRUPTIONS)], axis=0)

    return oriented_mean(answer, field.noisy)
