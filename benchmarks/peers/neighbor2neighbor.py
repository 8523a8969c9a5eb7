"""Neighbor2Neighbor (Huang et al. 2021): two neighbours drawn from each cell of 2 x 2 pixels make two noisy fields.

The loss is theirs: the squared error of one against the other, plus gamma times the squared deviation of that error
from the difference which the two samplings of the whole answer have; gamma grows from 0 to 2, as in their program.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.peers.field import Field, PeerSettings
from benchmarks.peers.network import PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.patches import Patches

__all__ = ["denoise", "draw_neighbours", "sampled"]

_GAMMA = 2.0
_CORNERS = np.array([(0, 1), (0, 2), (1, 3), (2, 3)])  # neighbours among the pixels 0 1 / 2 3 of a cell


def draw_neighbours(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Draw two pixels side by side, or one above the other, for each cell, in either order.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the randomness comes from.
    shape : tuple of int
        Of the array of cells.

    Returns
    -------
    first, second : ndarray of int32
        Numbers 0 to 3 of the pixels 0 1 / 2 3 of each cell.
    """
    pairs = _CORNERS[rng.integers(len(_CORNERS), size=shape)]
    swapped = rng.random(shape) < 0.5
    first = np.where(swapped, pairs[..., 1], pairs[..., 0])
    return first.astype(np.int32), (pairs.sum(axis=-1) - first).astype(np.int32)


def sampled(fields: tf.Tensor, choice: tf.Tensor) -> tf.Tensor:
    """One pixel of each cell of 2 x 2.

    Parameters
    ----------
    fields : Tensor, shape (n, ny, nx, 1)
        Fields.
    choice : Tensor of int32, shape (n, ny / 2, nx / 2)
        Number of the pixel in its cell.
    """
    cells = tf.nn.space_to_depth(fields, 2)
    return tf.reduce_sum(cells * tf.one_hot(choice, 4), axis=-1, keepdims=True)


class _SampledPatches:
    """Patches and weight, with the pixels that are chosen and gamma."""

    state: Any = None

    def __init__(self, patches: Patches, n_steps: int) -> None:
        self._patches, self._n_steps, self._n_drawn = patches, n_steps, 0

    def __call__(self) -> tuple[np.ndarray, ...]:
        noisy, weight = self._patches()
        n, ny, nx, _ = noisy.shape
        first, second = draw_neighbours(self._patches.rng, (n, ny // 2, nx // 2))
        gamma = np.float32(_GAMMA * self._n_drawn / self._n_steps)
        self._n_drawn += 1
        return noisy, weight, first, second, gamma


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train on the field itself, then denoise it."""
    network = PeerNetwork(unet(settings.seed))
    planes = [field.noisy, ~field.mask]
    patches = Patches(planes, n_patches=settings.n_patches, patch=settings.patch, seed=settings.seed)

    def loss(noisy: tf.Tensor, weight: tf.Tensor, first: tf.Tensor, second: tf.Tensor, gamma: tf.Tensor) -> tf.Tensor:
        whole = tf.stop_gradient(network(noisy))
        error = network(sampled(noisy, first)) - sampled(noisy, second)
        expected = sampled(whole, first) - sampled(whole, second)
        good = sampled(weight, first) * sampled(weight, second)
        return tf.reduce_mean((robust(error) + gamma * robust(error - expected)) * good)

    network.train(loss, _SampledPatches(patches, settings.n_steps), settings)
    return oriented_mean(network.apply, field.noisy)
