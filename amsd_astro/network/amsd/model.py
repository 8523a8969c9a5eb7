"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.bands import N_BANDS, band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.details import DETAIL_REACH
from amsd_astro.network.amsd.flux_restoration import RESTORATION_REACH
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.network import RESIDUAL_BOUND, build_amsd, estimate, set_precision
from amsd_astro.network.amsd.shrinkage import Shrinkage
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.digests import digest_arrays
from amsd_astro.network.forked_process import claim_process
from amsd_astro.network.predictor import Cards, Estimate, Predictor

__all__ = ["MultiscaleModel"]

_AT_BOUND = 0.95

_Answer = Callable[..., tuple[tf.Tensor, tf.Tensor]]


class MultiscaleModel(Predictor[FrameCalibration]):
    """A network that predicts the noise of a stabilized frame and the variance of what it leaves.

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes of the network.
    seed : int
        Seed of its initial weights.
    weights : sequence of ndarray, optional
        Its weights, in the network's order.
    shrinkage : Shrinkage, optional
        What is added to details of its results, learned in simulation.
    is_trained : bool, optional
        Whether its weights have been trained.
    """

    architecture: AmsdArchitecture
    bytes_per_pixel: ClassVar[int] = 1600

    shrinkage: Shrinkage | None
    is_trained: bool
    _lock: threading.Lock
    _graphs: dict[str, _Answer]

    def __init__(
        self,
        architecture: AmsdArchitecture | None = None,
        *,
        seed: int = 0,
        weights: Sequence[NDArray[np.floating]] | None = None,
        shrinkage: Shrinkage | None = None,
        is_trained: bool = False,
    ) -> None:
        architecture = architecture or AmsdArchitecture()
        network = build_amsd(architecture, seed=seed)
        if weights is not None:
            network.set_weights(list(weights))
        self._set(
            architecture=architecture,
            network=network,
            variance_scale=1.0,
            margin=band_radius(),
            shrinkage=shrinkage,
            is_trained=is_trained,
            _lock=threading.Lock(),
            _graphs={},
        )

    def with_own_network(self) -> Self:
        """Return a model that is alike, with a network of its own: what training may change."""
        network = build_amsd(self.architecture, seed=0)
        network.set_weights(self.get_weights())
        return self.replaced(network=network, _lock=threading.Lock(), _graphs={})

    @property
    def uncalibrated(self) -> FrameCalibration:
        """What holds for a frame that has taught nothing."""
        return FrameCalibration()

    def halo(self, calibration: FrameCalibration) -> int:
        """Pixels around a tile that its values depend on, besides the reach of the bands."""
        reach = self.architecture.receptive_radius + len(self._additions(calibration)) * DETAIL_REACH
        return reach + (RESTORATION_REACH if calibration.flux_restoration.share else 0)

    def _additions(self, calibration: FrameCalibration) -> Sequence[Shrinkage | BandGains]:
        """What adds details to the network's results, one after the other."""
        learned = (self.shrinkage, calibration.band_gains if calibration.band_gains.change else None)
        return [addition for addition in learned if addition is not None]

    def describe(self) -> dict[str, Any]:
        """Return what is to be saved besides architecture, weights and `variance_scale`."""
        return {"shrinkage": None if self.shrinkage is None else list(self.shrinkage.shares)}

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights and of the numbers of the shrinkage."""
        shares = [] if self.shrinkage is None else [np.array(self.shrinkage.shares, np.float32)]
        return digest_arrays([*self.get_weights(), *shares])[:16]

    def cards(self, calibration: FrameCalibration) -> Cards:
        """Return the cards that tell what the frame changed, what is given back, and what the network computed in."""
        return {
            "AMSDGAIN": (round(calibration.band_gains.change, 4), "rms change learned from the frame, over noise"),
            "AMSDGIVE": (round(calibration.flux_restoration.share, 4), "share of the smoothed residual given back"),
            "AMSDPREC": (calibration.precision, "arithmetic of the network"),
        }

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
        values, log_variance = estimate(self.network(inputs), noisy / level)
        return level * values, log_variance + 2 * tf.math.log(level)

    def predict_without_graph(self, images: NDArray[np.float32], correlation: NDArray[np.floating]) -> Estimate:
        """Do what `predict` does, in float32, without a graph: sooner done for a single block.

        Parameters
        ----------
        images, correlation
            As for `predict`.
        """
        claim_process()
        with self._lock:  # a graph that is traced meanwhile sets what the layers compute in
            answers = self._answer_by(self.estimate, images, correlation)
        return self._estimate_from(self._without_margin(images), answers, FrameCalibration(variance_scale=1.0))

    def _graph(self, precision: str) -> _Answer:
        """`estimate` for images of any size: it would take most of a second to be made anew for each."""
        with self._lock:
            if precision not in self._graphs:
                shapes = (None, None, None, N_BANDS), (None, None, None, 1), (None, 1, 1, 1)
                signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
                set_precision(self.network, precision)
                try:
                    traced = tf.function(self.estimate, input_signature=signature, autograph=False)
                    self._graphs[precision] = traced.get_concrete_function()
                finally:
                    set_precision(self.network, "float32")
            return self._graphs[precision]

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], calibration: FrameCalibration
    ) -> tuple[NDArray[np.float32], ...]:
        """Denoised values and their variance."""
        return self._answer_by(self._graph(calibration.precision), images, correlation)

    def _answer_by(
        self, network: _Answer, images: NDArray[np.float32], correlation: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], ...]:
        inputs = normalized_bands(images, band_noise(correlation))
        noisy = np.ascontiguousarray(self._without_margin(images)[..., None])
        level = tf.ones((len(images), 1, 1, 1))
        values, log_variance = network(tf.constant(inputs), tf.constant(noisy), level)
        return values.numpy()[..., 0], np.exp(log_variance.numpy()[..., 0])

    def _estimate_from(
        self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...], calibration: FrameCalibration
    ) -> Estimate:
        values, variance = answers
        additions, restoration = self._additions(calibration), calibration.flux_restoration
        for addition in additions:
            values = values + addition.added(values, variance)
        if additions:
            values = noisy + np.clip(values - noisy, -RESIDUAL_BOUND, RESIDUAL_BOUND)
        bounded = np.abs(noisy - values) > _AT_BOUND * RESIDUAL_BOUND
        if restoration.share:
            given, noise = restoration.added(noisy - values, variance)
            values, variance = values + given, variance + noise
        scale = self.variance_scale if calibration.variance_scale is None else calibration.variance_scale
        return Estimate(values, calibration.variance_curve(variance) * np.float32(scale), bounded)
