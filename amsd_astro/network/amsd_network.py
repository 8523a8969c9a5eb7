"""The network of the flagship, built from ``keras.layers`` and ``keras.ops`` alone: any Keras backend can run it."""

from __future__ import annotations

import keras
from keras import layers, ops

from amsd_astro.network.layouts import AmsdArchitecture
from amsd_astro.network.multiscale import N_BANDS
from amsd_astro.network.seeds import Seeds

__all__ = ["build_amsd"]


def build_amsd(architecture: AmsdArchitecture, *, seed: int) -> keras.Model:
    """The aggregated multiscale network.

    An encoder and decoder whose every stage puts convolutions of several kernel sizes side by side and concatenates
    them. It sees the normalized bands of a frame and gives two maps, both before their bounds are applied: the noise,
    and the logarithm of the posterior variance, which is linear in features through which no gradient flows back
    (squared errors are far noisier than errors: a richer head learns their noise).

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    keras.Model
        From (n, ny, nx, N_BANDS) to (n, ny, nx, 2); ny and nx multiples of ``architecture.stride``.
    """
    seeds = Seeds(seed)
    bands = layers.Input((None, None, N_BANDS), name="bands")
    skips = []
    x = bands
    for width in architecture.widths[:-1]:
        x = _module(_convolution(x, width, 3, seeds), width, seeds)
        skips.append(x)
        x = layers.AveragePooling2D(2)(x)
    x = _module(_convolution(x, architecture.widths[-1], 3, seeds), architecture.widths[-1], seeds)
    for width, skip in zip(reversed(architecture.widths[:-1]), reversed(skips), strict=True):
        x = layers.UpSampling2D(2, interpolation="bilinear")(_convolution(x, width, 1, seeds))
        x = _convolution(layers.Concatenate()([x, skip]), width, 1, seeds)
        x = _module(x, width, seeds)
    noise = layers.Conv2D(1, 1, kernel_initializer="zeros", name="noise")(layers.Concatenate()([x, bands]))
    variance = layers.Conv2D(1, 1, kernel_initializer="zeros", name="log_variance")(ops.stop_gradient(x))
    return keras.Model(bands, layers.Concatenate()([noise, variance]), name="amsd")


def _convolution(x: keras.KerasTensor, width: int, size: int, seeds: Seeds) -> keras.KerasTensor:
    return layers.Conv2D(width, size, padding="same", activation="relu", kernel_initializer=seeds.he_normal())(x)


def _module(x: keras.KerasTensor, width: int, seeds: Seeds) -> keras.KerasTensor:
    """Kernels of three sizes side by side, concatenated; the widest works on a quarter of the channels."""
    quarter = width // 4
    wide = _convolution(_convolution(x, quarter, 1, seeds), quarter, 5, seeds)
    return layers.Concatenate()(
        [_convolution(x, width - 2 * quarter, 3, seeds), wide, _convolution(x, quarter, 1, seeds)]
    )
