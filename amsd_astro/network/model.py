"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.architectures import build_amsd
from amsd_astro.network.archive import digest_arrays
from amsd_astro.network.layouts import AmsdArchitecture
from amsd_astro.network.multiscale import band_noise, band_radius
from amsd_astro.network.pairs import normalized_bands

__all__ = ["RESIDUAL_BOUND", "Estimate", "MultiscaleModel"]

RESIDUAL_BOUND = 5.0  # sigma; no pixel is moved by more
_AT_BOUND = 0.95
_TYPICAL, _RANGE = -3.0, 4.0  # of the logarithm of the posterior variance


@dataclass(frozen=True)
class Estimate:
    """Denoised images in noise units: ``values``, posterior ``variance``, and ``bounded``: the bound was reached."""

    values: NDArray[np.float32]
    variance: NDArray[np.float32]
    bounded: NDArray[np.bool_]


class MultiscaleModel:
    """A network that predicts the noise of a stabilized frame and the variance of what it leaves.

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes of the network.
    seed : int
        Seed of its initial weights.

    Attributes
    ----------
    variance_scale : float
        Factor on the predicted variance, from the held-out risk.
    """

    def __init__(self, architecture: AmsdArchitecture | None = None, *, seed: int = 0) -> None:
        self.architecture = architecture or AmsdArchitecture()
        self.network: keras.Model = build_amsd(self.architecture, seed=seed)
        self.variance_scale = 1.0

    @property
    def halo(self) -> int:
        """Pixels around a tile that its values depend on, besides the reach of the bands."""
        return self.architecture.receptive_radius

    @property
    def margin(self) -> int:
        """Pixels that `predict` takes off each side: the reach of the bands."""
        return band_radius()

    def estimate(self, inputs: tf.Tensor, noisy: tf.Tensor, level: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Denoised values and logarithm of their posterior variance, as tensors of shape (n, ny, nx, 1).

        Parameters
        ----------
        inputs : Tensor, shape (n, ny, nx, N_BANDS)
            Normalized bands.
        noisy : Tensor, shape (n, ny, nx, 1)
            The images whose bands they are.
        level : Tensor, shape (n, 1, 1, 1)
            Noise level of the images.
        """
        noise, log_variance = tf.split(self.network(inputs), 2, axis=-1)
        residual = level * RESIDUAL_BOUND * tf.tanh(noise / RESIDUAL_BOUND)
        log_variance = _TYPICAL + _RANGE * tf.tanh(log_variance / _RANGE)
        return noisy - residual, log_variance + 2 * tf.math.log(level)

    @cached_property
    def _estimate_once(self) -> tf.types.experimental.PolymorphicFunction:
        return tf.function(self.estimate)

    def predict(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], *, n_orientations: int = 1
    ) -> Estimate:
        """Denoise images of unit noise.

        Parameters
        ----------
        images : ndarray of float32, shape (n, ny + 2 margin, nx + 2 margin)
            Stabilized images with a margin of `margin` pixels; ny and nx multiples of the architecture's stride.
        correlation : ndarray, shape (2 k + 1, 2 k + 1)
            Correlation of their noise.
        n_orientations : int, optional
            Average over this many of the eight flips and rotations (the error falls, the cost rises in proportion).

        Returns
        -------
        Estimate
            Arrays of shape (n, ny, nx).

        Raises
        ------
        MemoryError
            The images are too large for the memory.
        """
        noise = band_noise(correlation)
        level = tf.ones((len(images), 1, 1, 1))
        inner = slice(self.margin, -self.margin)
        values = variance = None
        for orientation in range(n_orientations):
            turned = _turned(images, orientation)
            inputs = normalized_bands(turned, noise)
            noisy = np.ascontiguousarray(turned[:, inner, inner, None])
            try:
                out, log_variance = self._estimate_once(tf.constant(inputs), tf.constant(noisy), level)
            except tf.errors.ResourceExhaustedError as error:
                raise MemoryError(f"no memory for images of {noisy.shape[1]} x {noisy.shape[2]} pixels") from error
            out_values = _turned_back(out.numpy()[..., 0], orientation)
            out_variance = _turned_back(np.exp(log_variance.numpy()[..., 0]), orientation)
            values = out_values if values is None else values + out_values
            variance = out_variance if variance is None else variance + out_variance
        assert values is not None and variance is not None
        values = values / np.float32(n_orientations)
        variance = variance * np.float32(self.variance_scale / n_orientations)
        bounded = np.abs(images[:, inner, inner] - values) > _AT_BOUND * RESIDUAL_BOUND
        return Estimate(values, variance, bounded)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the network's order."""
        return [np.array(weight) for weight in self.network.get_weights()]

    def set_weights(self, weights: list[NDArray[np.float32]]) -> None:
        """Replace the weights."""
        self.network.set_weights(weights)

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights."""
        return digest_arrays(self.get_weights())[:16]


def _turned(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """One of the eight orientations of images of shape (n, ny, nx)."""
    flipped = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(flipped, orientation % 4, axes=(1, 2))


def _turned_back(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    turned = np.rot90(images, -(orientation % 4), axes=(1, 2))
    return turned[:, :, ::-1] if orientation >= 4 else turned
