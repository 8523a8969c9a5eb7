"""The network that the peers share, so that methods are compared and not networks, and how it is trained and applied.

A U-Net of 88,081 parameters. It sees differences between neighbouring scales of the field (boxes of 3, 5 and 9 pixels,
one after another), each times a factor that brings its noise to about one, then asinh: no input passes about 10
whatever stars there are, and none tells the level of the sky. It predicts the residual, which no network can make
larger than 30 noise widths: room for a blind spot to find most of a star's core.

The loss is the squared error, linear beyond 10 noise widths (Huber 1964): noise never gets there, so that for pairs of
noisy fields it is the squared error of the papers; what a blind spot cannot know of a star's core does not drown the
sky.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from amsd_astro.network.optimizers import warm_cosine
from amsd_astro.network.training import train
from amsd_astro.network.weight_seeds import Seeds
from benchmarks.peers.field import PeerSettings

__all__ = ["PeerNetwork", "dncnn", "oriented_mean", "robust", "unet"]

RESIDUAL_BOUND = 30.0  # noise widths
_LINEAR = 10.0  # noise widths from which the loss is linear
_BOXES = ((3, 1.0), (5, 3.0), (9, 6.0))  # pixels, and what brings the noise of the band to about one
_STRIDE = 4
_WIDTHS = (16, 32, 48)


def _bands(field: tf.Tensor) -> tf.Tensor:
    """What the network sees of fields of shape (n, ny, nx, 1)."""
    parts, fine = [], field
    for side, factor in _BOXES:
        coarse = tf.nn.avg_pool2d(fine, side, 1, "SAME")
        parts.append(tf.asinh(factor * (fine - coarse)))
        fine = coarse
    return tf.concat(parts, axis=-1)


def unet(seed: int) -> keras.Model:
    """Three scales of two 3 x 3 convolutions each, 16, 32 and 48 channels."""
    seeds = Seeds(seed)

    def block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        return _convolution(_convolution(x, width, 3, seeds), width, 3, seeds)

    bands = layers.Input((None, None, len(_BOXES)))
    skips, x = [], block(bands, _WIDTHS[0])
    for width in _WIDTHS[1:]:
        skips.append(x)
        x = block(layers.AveragePooling2D(2)(x), width)
    for width, skip in zip(_WIDTHS[-2::-1], reversed(skips), strict=True):
        x = layers.UpSampling2D(2, interpolation="bilinear")(_convolution(x, width, 1, seeds))
        x = block(layers.Concatenate()([x, skip]), width)
    return keras.Model(bands, layers.Conv2D(1, 1, kernel_initializer="zeros")(x))


def dncnn(seed: int) -> keras.Model:
    """Ten 3 x 3 convolutions of 32 channels in a chain (after Zhang et al. 2017, who have 17 of 64)."""
    seeds = Seeds(seed)
    bands = x = layers.Input((None, None, len(_BOXES)))
    for _ in range(9):
        x = _convolution(x, 32, 3, seeds)
    return keras.Model(bands, layers.Conv2D(1, 3, padding="same", kernel_initializer="zeros")(x))


def _convolution(x: keras.KerasTensor, width: int, size: int, seeds: Seeds) -> keras.KerasTensor:
    return layers.Conv2D(width, size, padding="same", activation="relu", kernel_initializer=seeds.he_normal())(x)


def robust(error: tf.Tensor) -> tf.Tensor:
    """Squared error, linear beyond 10 noise widths (twice the loss of Huber 1964)."""
    size = tf.abs(error)
    return tf.where(size <= _LINEAR, error**2, _LINEAR * (2 * size - _LINEAR))


class PeerNetwork:
    """A network between noise units and noise units.

    Parameters
    ----------
    network : keras.Model
        From bands to residual, by `unet` or `dncnn`.
    start : callable, optional
        From fields to what the residual is taken from, the fields themselves by default.
    """

    def __init__(self, network: keras.Model, start: Callable[[tf.Tensor], tf.Tensor] = tf.identity) -> None:
        self.network = network
        self._start = start
        self._once = tf.function(self.__call__)

    def __call__(self, noisy: tf.Tensor) -> tf.Tensor:
        """Denoise fields of shape (n, ny, nx, 1)."""
        residual = RESIDUAL_BOUND * tf.tanh(self.network(_bands(noisy)) / RESIDUAL_BOUND)
        return self._start(noisy) - residual

    def train(self, loss: Callable[..., tf.Tensor], draw: Any, settings: PeerSettings) -> None:
        """Train by Adam with a warm start and a cosine decay; the last weights are kept."""
        optimizer = keras.optimizers.Adam(warm_cosine(settings.learning_rate, n_steps=settings.n_steps))
        train(self.network, loss, optimizer, draw, n_steps=settings.n_steps)

    def apply(self, field: np.ndarray) -> np.ndarray:
        """Denoise one field of shape (ny, nx), mirrored to multiples of the network's stride."""
        ny, nx = field.shape
        padded = np.pad(field, [(0, -ny % _STRIDE), (0, -nx % _STRIDE)], mode="symmetric")
        return self._once(tf.constant(padded[None, ..., None], tf.float32)).numpy()[0, :ny, :nx, 0]


def oriented_mean(apply: Callable[[np.ndarray], np.ndarray], field: np.ndarray) -> np.ndarray:
    """Mean of what a method makes of a field in its eight orientations."""
    total = np.zeros(field.shape)
    for k in range(8):
        turned = np.rot90(field if k < 4 else field[:, ::-1], k % 4)
        back = np.rot90(apply(np.ascontiguousarray(turned)), -(k % 4))
        total += back if k < 4 else back[:, ::-1]
    return (total / 8).astype(np.float32)
