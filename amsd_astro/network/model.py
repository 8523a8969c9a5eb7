"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.amsd_network import build_amsd
from amsd_astro.network.layouts import AmsdArchitecture
from amsd_astro.network.multiscale import band_noise, band_radius
from amsd_astro.network.pairs import normalized_bands
from amsd_astro.network.predictor import Estimate, Predictor

__all__ = ["RESIDUAL_BOUND", "MultiscaleModel"]

RESIDUAL_BOUND = 5.0  # sigma; no pixel is moved by more
_AT_BOUND = 0.95
_TYPICAL, _RANGE = -3.0, 4.0  # of the logarithm of the posterior variance


class MultiscaleModel(Predictor):
    """A network that predicts the noise of a stabilized frame and the variance of what it leaves.

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes of the network.
    seed : int
        Seed of its initial weights.
    """

    bytes_per_pixel: ClassVar[int] = 1600

    def __init__(self, architecture: AmsdArchitecture | None = None, *, seed: int = 0) -> None:
        self.architecture: AmsdArchitecture = architecture or AmsdArchitecture()
        self.network: keras.Model = build_amsd(self.architecture, seed=seed)
        self.variance_scale = 1.0
        self.margin = band_radius()

    @property
    def halo(self) -> int:
        """Pixels around a tile that its values depend on, besides the reach of the bands."""
        return self.architecture.receptive_radius

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

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], ...]:
        """Denoised values and their variance."""
        inner = slice(self.margin, -self.margin)
        inputs = normalized_bands(images, band_noise(correlation))
        noisy = np.ascontiguousarray(images[:, inner, inner, None])
        level = tf.ones((len(images), 1, 1, 1))
        values, log_variance = self._estimate_once(tf.constant(inputs), tf.constant(noisy), level)
        return values.numpy()[..., 0], np.exp(log_variance.numpy()[..., 0])

    def _estimate_from(self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...]) -> Estimate:
        values, variance = answers
        bounded = np.abs(noisy - values) > _AT_BOUND * RESIDUAL_BOUND
        return Estimate(values, variance * np.float32(self.variance_scale), bounded)
