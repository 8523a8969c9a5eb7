"""The network of the flagship, built from ``keras.layers`` and ``keras.ops`` alone: any Keras backend can run it."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from amsd_astro.network.amsd.answer_bounds import RANGE, RESIDUAL_BOUND, TYPICAL
from amsd_astro.network.amsd.bands import N_BANDS
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.weight_seeds import Seeds

__all__ = ["VARIANCE", "build_amsd", "estimate", "set_precision", "take_over"]

VARIANCE = "variance"
"""What the names of the layers that tell the variance begin with."""

_RESIDUAL = "residual"  # what the names of the layers of a residual block begin with
_BANDS = "bands"  # what the names of the layers begin with that see the bands themselves


def build_amsd(architecture: AmsdArchitecture, *, seed: int) -> keras.Model:
    """The aggregated multiscale network.

    It sees the normalized bands of a frame and gives two maps, both before their bounds are applied: the noise, and the
    logarithm of the posterior variance, from features through which no gradient flows back and the size of the bands
    (squared errors are far noisier than errors: they are not to shape the features). An encoder and decoder work at
    half resolution and below, where a pixel costs a quarter: modules that put convolutions of several kernel sizes side
    by side and concatenate them, and residual blocks. A last convolution sees the bands again at full resolution.

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
    bands = layers.Input((None, None, N_BANDS), name=_BANDS)
    levels = architecture.levels
    x = _convolution(bands, levels[0][0], 6, seeds, strides=2, name=f"{_BANDS}_halved")
    x = _level(x, levels[0][1], seeds, name="down_0")
    skips = []
    for k, (width, n_residuals) in enumerate(levels[1:], start=1):
        skips.append(x)
        x = _convolution(layers.AveragePooling2D(2)(x), width, 3, seeds)
        x = _level(x, n_residuals, seeds, name=f"down_{k}")
    for k, (width, n_residuals) in reversed(list(enumerate(levels[:-1]))):
        x = layers.UpSampling2D(2)(_convolution(x, width, 1, seeds, activation=None))
        x = _level(layers.ReLU()(layers.Add()([x, skips[k]])), n_residuals, seeds, name=f"up_{k}")
    fine = layers.Conv2DTranspose(
        architecture.detail, 2, strides=2, activation="relu", kernel_initializer=seeds.he_normal()
    )(x)
    x = layers.Concatenate(name=f"{_BANDS}_again")([fine, bands])
    x = _convolution(x, architecture.detail, 3, seeds, name=f"{_BANDS}_detail")
    noise = layers.Conv2D(1, 1, kernel_initializer="zeros", name=f"{_BANDS}_noise")(x)
    known = ops.stop_gradient(layers.Concatenate(name=f"{VARIANCE}_known")([x, fine, ops.abs(bands)]))
    hidden = _convolution(known, architecture.detail, 1, seeds, name=f"{VARIANCE}_features")
    variance = layers.Conv2D(1, 1, kernel_initializer="zeros", name=f"{VARIANCE}_logarithm")(hidden)
    return keras.Model(bands, layers.Concatenate(name=f"{_BANDS}_answers")([noise, variance]), name="amsd")


def set_precision(network: keras.Model, precision: str) -> None:
    """Set what a network computes in at half resolution and below, wherever it is traced from now on.

    What sees the bands themselves stays in float32: the noise of a bright star is in digits that bfloat16 does not
    have. So do the weights.

    Parameters
    ----------
    network : keras.Model
        By `build_amsd`.
    precision : str
        ``"float32"`` or ``"bfloat16"``.
    """
    policy = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision]
    for layer in network.layers:
        if not layer.name.startswith((_BANDS, VARIANCE)):
            layer.dtype_policy = policy


def take_over(network: keras.Model, start: keras.Model) -> None:
    """Give a network the weights of another of the same widths; residual blocks that are new add nothing as yet.

    Parameters
    ----------
    network, start : keras.Model
        By `build_amsd`.

    Raises
    ------
    ValueError
        Their layers differ in more than residual blocks.
    """
    known = {layer.name: layer for layer in start.layers if _is_residual(layer)}
    for layer in network.layers:
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
    for layer, other in zip(_trunk(network), _trunk(start), strict=True):
        layer.set_weights(other.get_weights())


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
    return noisy - residual, TYPICAL + RANGE * ops.tanh(log_variance / RANGE)


def _convolution(
    x: keras.KerasTensor,
    width: int,
    size: int,
    seeds: Seeds,
    *,
    strides: int = 1,
    activation: str | None = "relu",
    name: str | None = None,
) -> keras.KerasTensor:
    return layers.Conv2D(
        width,
        size,
        strides=strides,
        padding="same",
        activation=activation,
        kernel_initializer=seeds.he_normal(),
        name=name,
    )(x)


def _level(x: keras.KerasTensor, n_residuals: int, seeds: Seeds, *, name: str) -> keras.KerasTensor:
    """A module and the residual blocks after it."""
    x = _module(x, seeds)
    for k in range(n_residuals):
        x = _residual(x, seeds, name=f"{_RESIDUAL}_{name}_{k}")
    return x


def _module(x: keras.KerasTensor, seeds: Seeds) -> keras.KerasTensor:
    """Kernels of three sizes side by side, concatenated; the widest works on a quarter of the channels."""
    width = x.shape[-1]
    quarter = width // 4
    near = _convolution(x, width - 2 * quarter, 3, seeds)
    wide = _convolution(_convolution(x, quarter, 1, seeds), quarter, 5, seeds)
    return layers.Concatenate()([near, wide, _convolution(x, quarter, 1, seeds)])


def _residual(x: keras.KerasTensor, seeds: Seeds, *, name: str) -> keras.KerasTensor:
    """Adds to what it is given; nothing, to begin with."""
    width = x.shape[-1]
    hidden = _convolution(x, width - width // 4, 3, seeds, name=f"{name}_found")
    return layers.Add()([x, layers.Conv2D(width, 1, kernel_initializer="zeros", name=f"{name}_added")(hidden)])


def _trunk(network: keras.Model) -> list[keras.layers.Layer]:
    """Layers with weights that are in no residual block."""
    return [layer for layer in network.layers if layer.weights and not _is_residual(layer)]


def _is_residual(layer: keras.layers.Layer) -> bool:
    return str(layer.name).startswith(_RESIDUAL)
