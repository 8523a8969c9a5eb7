"""Noise2Noise (Lehtinen et al. 2018): one noisy exposure learns to look like another of the same field."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from benchmarks.peers.field import Field, NotApplicableError, PeerSettings
from benchmarks.peers.network import PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.patches import Patches

__all__ = ["denoise"]


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train from the first exposure to the second and from the second to the first, then denoise the first."""
    if field.second is None or field.second_mask is None:
        raise NotApplicableError("there is no second exposure")
    network = PeerNetwork(unet(settings.seed))
    weight = ~(field.mask | field.second_mask)
    planes = [field.noisy, field.second, weight]
    patches = Patches(planes, n_patches=settings.n_patches // 2, patch=settings.patch, seed=settings.seed)

    def loss(first: tf.Tensor, second: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        answer = network(tf.concat([first, second], axis=0))
        error = answer - tf.concat([second, first], axis=0)
        return tf.reduce_mean(robust(error) * tf.tile(weight, (2, 1, 1, 1)))

    network.train(loss, patches, settings)
    return oriented_mean(network.apply, field.noisy)
