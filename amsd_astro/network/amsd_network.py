"""The network of the flagship, built from ``keras.layers`` and ``keras.ops`` alone: any Keras backend can run it."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from amsd_astro.network.layouts import AmsdArchitecture
from amsd_astro.network.multiscale import N_BANDS
from amsd_astro.network.seeds import Seeds

__all__ = ["RESIDUAL_BOUND", "VARIANCE", "build_amsd", "estimate"]

RESIDUAL_BOUND = 5.0
"""Sigma; no pixel is moved by more."""

VARIANCE = "variance"
"""What the names of the layers that tell the variance begin with."""

_TYPICAL, _RANGE = -3.0, 4.0  # of the logarithm of the posterior variance


def build_amsd(architecture: AmsdArchitecture, *, seed: int) -> keras.Model:
    """The aggregated multiscale network.

    It sees the normalized bands of a frame and gives two maps, both before their bounds are applied: the noise, and the
    logarithm of the posterior variance, from features through which no gradient flows back and the size of the bands
    (squared errors are far noisier than errors: they are not to shape the features). An encoder and
    decoder whose modules put convolutions of several kernel sizes side by side and concatenate them work at half
    resolution and below, where a pixel costs a quarter; a last convolution sees the bands again at full resolution.

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
    x = _module(_convolution(bands, architecture.widths[0], 6, seeds, strides=2), seeds)
    skips = []
    for width in architecture.widths[1:]:
        skips.append(x)
        x = _module(_convolution(layers.AveragePooling2D(2)(x), width, 3, seeds), seeds)
    for skip in reversed(skips):
        x = layers.UpSampling2D(2)(_convolution(x, skip.shape[-1], 1, seeds, activation=None))
        x = _module(layers.ReLU()(layers.Add()([x, skip])), seeds)
    fine = layers.Conv2DTranspose(
        architecture.detail, 2, strides=2, activation="relu", kernel_initializer=seeds.he_normal()
    )(x)
    x = _convolution(layers.Concatenate()([fine, bands]), architecture.detail, 3, seeds)
    noise = layers.Conv2D(1, 1, kernel_initializer="zeros", name="noise")(x)
    known = ops.stop_gradient(layers.Concatenate()([x, fine, ops.abs(bands)]))
    hidden = layers.Conv2D(
        architecture.detail, 1, activation="relu", kernel_initializer=seeds.he_normal(), name=f"{VARIANCE}_features"
    )(known)
    variance = layers.Conv2D(1, 1, kernel_initializer="zeros", name=f"{VARIANCE}_logarithm")(hidden)
    return keras.Model(bands, layers.Concatenate()([noise, variance]), name="amsd")


def estimate(outputs: Any, noisy: Any) -> tuple[Any, Any]:
    """Denoised values and logarithm of their posterior variance, both over the noise of the input.

    Parameters
    ----------
    outputs : tensor, shape (..., 2)
        What the network gives.
    noisy : tensor, shape (..., 1)
        The images it was given, in units of their noise.
    """
    noise, log_variance = ops.split(outputs, 2, axis=-1)
    residual = RESIDUAL_BOUND * ops.tanh(noise / RESIDUAL_BOUND)
    return noisy - residual, _TYPICAL + _RANGE * ops.tanh(log_variance / _RANGE)


def _convolution(
    x: keras.KerasTensor, width: int, size: int, seeds: Seeds, *, strides: int = 1, activation: str | None = "relu"
) -> keras.KerasTensor:
    return layers.Conv2D(
        width, size, strides=strides, padding="same", activation=activation, kernel_initializer=seeds.he_normal()
    )(x)


def _module(x: keras.KerasTensor, seeds: Seeds) -> keras.KerasTensor:
    """Kernels of three sizes side by side, concatenated; the widest works on a quarter of the channels."""
    width = x.shape[-1]
    quarter = width // 4
    near = _convolution(x, width - 2 * quarter, 3, seeds)
    wide = _convolution(_convolution(x, quarter, 1, seeds), quarter, 5, seeds)
    return layers.Concatenate()([near, wide, _convolution(x, quarter, 1, seeds)])
