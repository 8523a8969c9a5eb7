"""The thesis model: its network on ordinary images, and on frames in noise units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.errors import ModelError
from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.forked_process import claim_process
from amsd_astro.network.predictor import Cards, Estimate, Predictor
from amsd_astro.network.tensorflow_runtime import asking_for_memory
from amsd_astro.network.thesis.interpolation import SCALES, stacked_groups
from amsd_astro.network.thesis.network import build_thesis
from amsd_astro.network.thesis.normalization import Normalization

__all__ = ["NOISE_LIMIT", "ThesisModel"]

NOISE_LIMIT = 4.0  # sigma; a residual is given back the more, the larger it is
_GIVEN_BACK = 0.5  # a pixel whose residual is given back by more than half is flagged
_SMOOTHING, _REACH = 2.5, 10  # px: width of the mean of squared residuals, and where it is cut off


class ThesisModel(Predictor[Normalization]):
    """The thesis network. On a frame, what it takes away is given back where it is larger than noise can be.

    Parameters
    ----------
    architecture : ThesisArchitecture
        Channels.
    normalization : Normalization, optional
        From noise units to the network's 0..1. Without one, as of a model that learned from packed pairs, every frame
        is normalized by its own range, as those were.
    seed : int
        Seed of its initial weights.
    weights : sequence of ndarray, optional
        Its weights, in the order in which the layers are made.
    guarded : bool
        False leaves a frame as the network answers it.
    """

    architecture: ThesisArchitecture
    bytes_per_pixel: ClassVar[int] = 5000

    normalization: Normalization | None
    guarded: bool
    _network: keras.Model
    _graph: tf.types.experimental.PolymorphicFunction

    def __init__(
        self,
        architecture: ThesisArchitecture | None = None,
        *,
        normalization: Normalization | None = None,
        seed: int = 0,
        weights: Sequence[NDArray[np.floating]] | None = None,
        guarded: bool = True,
    ) -> None:
        architecture = architecture or ThesisArchitecture()
        network = build_thesis(architecture, seed=seed)
        if weights is not None:
            _set_weights(network, weights)
        self._set(
            architecture=architecture,
            _network=network,
            normalization=normalization,
            guarded=guarded,
            variance_scale=1.0,
            margin=0,
            edge=architecture.receptive_radius + _REACH,
            _graph=tf.function(network, autograph=False),
        )

    @property
    def network(self) -> keras.Model:
        """The network, in Keras."""
        return self._network

    def with_own_network(self) -> Self:
        """Return a model that is alike, with a network of its own: what training may change."""
        network = build_thesis(self.architecture, seed=0)
        _set_weights(network, self.get_weights())
        return self.replaced(_network=network, _graph=tf.function(network, autograph=False))

    @property
    def uncalibrated(self) -> Normalization:
        """The normalization of a frame whose range nobody looked at."""
        return self.normalization or Normalization()

    def normalization_of(self, values: NDArray[np.float32]) -> Normalization:
        """Return the normalization of a frame in noise units: its own, unless there is one for all.

        Parameters
        ----------
        values : ndarray of float32, shape (ny, nx)
            All of the frame.

        Raises
        ------
        ModelError
            The network is one of images with several channels.
        """
        if self.architecture.n_channels != 1:
            n_channels = self.architecture.n_channels
            raise ModelError(f"the model must be one of images of 1 channel to denoise a frame. Received: {n_channels}")
        if self.normalization is not None:
            return self.normalization
        return Normalization.over([values], softening=Normalization().softening)

    def halo(self, calibration: Normalization) -> int:
        """Pixels around a tile that its values and their errors depend on."""
        return self.architecture.receptive_radius + _REACH

    def describe(self) -> dict[str, Any]:
        """Return the normalization, under the name that files have for it."""
        return {"stretch": None if self.normalization is None else asdict(self.normalization)}

    def cards(self, calibration: Normalization) -> Cards:
        """Return the normalization: ``(asinh(z / AMSDSOFT) - AMSDLOW) / (AMSDHIGH - AMSDLOW)``, z in noise units."""
        return {
            "AMSDSOFT": (calibration.softening, "noise widths up to which the stretch is linear"),
            "AMSDLOW": (calibration.low, "asinh(z / AMSDSOFT) that the network sees as 0"),
            "AMSDHIGH": (calibration.high, "asinh(z / AMSDSOFT) that the network sees as 1"),
        }

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the order in which the layers are made."""
        claim_process()
        return [np.array(weight) for layer in _convolutions(self.network) for weight in layer.get_weights()]

    def answer(self, images: NDArray[np.floating]) -> tf.Tensor:
        """What the network gives for images of shape (n, ny, nx, n_channels), all groups of it."""
        return self._graph(tf.constant(np.asarray(images, np.float32)))

    def denoise_images(self, images: NDArray[np.floating]) -> NDArray[np.float32]:
        """Denoise ordinary images; a network that gives several groups is answered by their mean.

        Parameters
        ----------
        images : ndarray, shape (n, ny, nx, C)
            Values of 0 to 1; C the channels of the architecture.

        Returns
        -------
        ndarray of float32, shape (n, ny, nx, C)
            Not clipped.
        """
        n_channels = self.architecture.n_channels
        if images.ndim != 4 or images.shape[-1] != n_channels:
            raise ModelError(f"the model takes images of {n_channels} channel(s). Received: shape {images.shape}")
        claim_process()
        with asking_for_memory(images):
            answer = self.answer(images).numpy()
        groups = answer.reshape(*answer.shape[:-1], self.architecture.n_groups, n_channels)
        return groups.mean(axis=-2, dtype=np.float32)

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], calibration: Normalization
    ) -> tuple[NDArray[np.float32], ...]:
        """What the network makes of the normalized frame, in noise units."""
        return (calibration.inverse(self.denoise_images(calibration.forward(images)[..., None])[..., 0]),)

    def _estimate_from(
        self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...], calibration: Normalization
    ) -> Estimate:
        """The residual, given back where it is no noise, and the variance of what is left."""
        residual = noisy - answers[0]
        kept = np.exp(-((residual / np.float32(NOISE_LIMIT)) ** 4)) if self.guarded else np.ones_like(residual)
        variance = (1 - kept) ** 2 + kept**2 * _remaining(residual, self.architecture.n_groups)
        return Estimate(
            noisy - kept * residual, variance * np.float32(self.variance_scale), kept < np.float32(1 - _GIVEN_BACK)
        )


def _convolutions(network: keras.Model) -> list[keras.layers.Layer]:
    """The layers in the order in which they are made: Keras's own order follows the graph."""
    return sorted((layer for layer in network.layers if layer.weights), key=lambda layer: str(layer.name))


def _set_weights(network: keras.Model, weights: Sequence[NDArray[np.floating]]) -> None:
    for k, layer in enumerate(_convolutions(network)):
        layer.set_weights(list(weights[2 * k : 2 * k + 2]))


def _remaining(residual: NDArray[np.float32], n_groups: int) -> NDArray[np.float32]:
    """Local estimate of the squared error of what the network gives.

    Stein's unbiased risk estimate (1981) for unit noise, ``residual**2 - 1 + 2 d``, smoothed; d is how much of a pixel
    comes through to itself. It is never below the noise that comes through.
    """
    itself, through = _response(n_groups)
    squared = np.minimum(residual**2, np.float32(NOISE_LIMIT**2))
    mean = np.stack([ndimage.gaussian_filter(one, _SMOOTHING, radius=_REACH) for one in squared])
    return np.maximum(mean - 1 + 2 * itself, through).astype(np.float32)


@cache
def _response(n_groups: int) -> tuple[float, float]:
    """How much of a pixel its own target has, and the variance that unit white noise has in the target.

    The target is the mean of the scales, or of all groups: what the network learns to give, but for what it adds of
    its own. Means over the places of a pixel in its cell.
    """
    n_places = math.lcm(*(factor for factor, _ in SCALES))
    itself = through = 0.0
    for place in np.ndindex(n_places, n_places):
        impulse = np.zeros((8 * n_places, 8 * n_places, 1), np.float32)
        at = (4 * n_places + place[0], 4 * n_places + place[1])
        impulse[at] = 1
        groups = stacked_groups(impulse)
        response = groups.mean(axis=2) if n_groups > 1 else groups[..., 1:].mean(axis=2)
        itself += float(response[at]) / n_places**2
        through += float((response**2).sum()) / n_places**2
    return itself, through
