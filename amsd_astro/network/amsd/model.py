"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.answer_bounds import RANGE, RESIDUAL_BOUND, TYPICAL
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.details import DETAIL_REACH
from amsd_astro.network.amsd.flux_restoration import RESTORATION_REACH
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.shrinkage import Shrinkage
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.digests import digest_arrays
from amsd_astro.network.engines.lazy_network import LazyNetwork
from amsd_astro.network.engines.lite import LiteEngine, can_be_lite
from amsd_astro.network.forked_process import claim_process
from amsd_astro.network.predictor import Cards, Estimate, Predictor
from amsd_astro.network.risk import CONTEXT
from amsd_astro.resources import count_processors

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from amsd_astro.network.amsd.tensorflow_answers import TensorflowAnswers

__all__ = ["MultiscaleModel"]

_AT_BOUND = 0.95


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
    _lazy: LazyNetwork
    _engines: dict[int | str, Any]

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
        self._set(
            architecture=architecture,
            _lazy=LazyNetwork(partial(_build, architecture, seed), weights),
            variance_scale=1.0,
            margin=band_radius(),
            edge=CONTEXT,
            shrinkage=shrinkage,
            is_trained=is_trained,
            _lock=threading.Lock(),
            _engines={},
        )

    def with_own_network(self) -> Self:
        """Return a model that is alike, with a network of its own: what training may change."""
        lazy = LazyNetwork(partial(_build, self.architecture, 0), self.get_weights())
        return self.replaced(_lazy=lazy, _lock=threading.Lock(), _engines={})

    @property
    def network(self) -> keras.Model:
        """The network, in Keras; built when it is asked for."""
        return self._lazy()

    def check_network(self, check: Callable[[Any], None]) -> None:
        """Have the network judged as LiteRT runs it, where it does, and by Keras when Keras builds it."""
        self._lazy.check_when_built(check)
        if self.can_be_lite():
            check(self._lite(None))
        else:
            self._lazy()

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the network's order."""
        return self._lazy.get_weights()

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
            "AMSDENGN": (calibration.arithmetic.engine, "library that ran the network"),
            "AMSDPREC": (calibration.arithmetic.precision, "arithmetic of the network"),
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
        from keras import ops

        from amsd_astro.network.amsd.network import estimate

        values, log_variance = estimate(self.network(inputs), noisy / level)
        return level * values, log_variance + 2 * ops.log(level)

    def predict_without_graph(self, images: NDArray[np.float32], correlation: NDArray[np.floating]) -> Estimate:
        """Do what `predict` does by TensorFlow, in float32, without a graph: sooner done for a single block.

        Parameters
        ----------
        images, correlation
            As for `predict`.
        """
        claim_process()
        outputs = self._tensorflow().without_graph(normalized_bands(images, band_noise(correlation)))
        noisy = self._without_margin(images)
        return self._estimate_from(noisy, _bounded(outputs, noisy), FrameCalibration(variance_scale=1.0))

    def can_be_lite(self) -> bool:
        """Whether LiteRT can run the network."""
        return can_be_lite(self.get_weights())

    def _lite(self, n_threads: int | None) -> LiteEngine:
        n_threads = n_threads or count_processors()
        with self._lock:
            if n_threads not in self._engines:
                self._engines[n_threads] = LiteEngine(self.get_weights(), n_threads=n_threads)
            return self._engines[n_threads]

    def _tensorflow(self) -> TensorflowAnswers:
        from amsd_astro.network.amsd.tensorflow_answers import TensorflowAnswers

        network = self.network
        with self._lock:
            if "tensorflow" not in self._engines:
                self._engines["tensorflow"] = TensorflowAnswers(network)
            return self._engines["tensorflow"]

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], calibration: FrameCalibration
    ) -> tuple[NDArray[np.float32], ...]:
        """Denoised values and their variance."""
        inputs, arithmetic = normalized_bands(images, band_noise(correlation)), calibration.arithmetic
        if arithmetic.engine == "litert":
            outputs = self._lite(arithmetic.n_threads)(inputs)
        else:
            outputs = self._tensorflow()(inputs, arithmetic.precision)
        return _bounded(outputs, self._without_margin(images))

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


def _build(architecture: AmsdArchitecture, seed: int) -> keras.Model:
    from amsd_astro.network.amsd.network import build_amsd

    return build_amsd(architecture, seed=seed)


def _bounded(outputs: NDArray[np.float32], noisy: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Denoised values and their variance from what the network gives: `estimate`, for arrays."""
    noise, log_variance = outputs[..., 0], outputs[..., 1]
    residual = np.float32(RESIDUAL_BOUND) * np.tanh(noise / np.float32(RESIDUAL_BOUND))
    exponent = np.float32(TYPICAL) + np.float32(RANGE) * np.tanh(log_variance / np.float32(RANGE))
    return noisy - residual, np.exp(exponent)
