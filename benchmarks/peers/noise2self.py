"""Noise2Self (Batson & Royer 2019): pixels of a grid are hidden and predicted from the others.

At each step the spots are another phase of a 4 x 4 grid. The answer is the one that never saw the pixel it is given
for: each phase hidden in turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.peers.blind_spots import grid, hidden
from benchmarks.peers.field import Field, PeerSettings
from benchmarks.peers.network import PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.patches import Patches

__all__ = ["PERIOD", "denoise", "invariant_answer"]

PERIOD = 4


class _PhasedPatches:
    """Patches and weight, with the phase of the spots."""

    state: Any = None

    def __init__(self, patches: Patches) -> None:
        self._patches = patches

    def __call__(self) -> tuple[np.ndarray, ...]:
        phase = np.int32(self._patches.rng.integers(PERIOD**2))
        return (*self._patches(), phase)


def invariant_answer(network: PeerNetwork, field: np.ndarray) -> np.ndarray:
    """The J-invariant answer: every pixel from a field in which it was hidden."""
    answer = np.zeros_like(field)
    for phase in range(PERIOD**2):
        spots = grid(phase, PERIOD, *field.shape)
        masked = hidden(field[None, ..., None], spots).numpy()[0, ..., 0]
        answer += network.apply(masked) * spots.numpy()[0, ..., 0]
    return answer


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train on the field itself, then denoise it."""
    network = PeerNetwork(unet(settings.seed))
    planes = [field.noisy, ~field.mask]
    patches = Patches(planes, n_patches=settings.n_patches, patch=settings.patch, seed=settings.seed)

    def loss(noisy: tf.Tensor, weight: tf.Tensor, phase: tf.Tensor) -> tf.Tensor:
        spots = grid(phase, PERIOD, noisy.shape[1], noisy.shape[2])
        error = network(hidden(noisy, spots)) - noisy
        return tf.reduce_mean(robust(error) * weight * spots) * PERIOD**2

    network.train(loss, _PhasedPatches(patches), settings)
    return oriented_mean(lambda turned: invariant_answer(network, turned), field.noisy)
