"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.grids import every, joined, split
from amsd_astro.network.amsd.answer_bounds import RANGE, RESIDUAL_BOUND, TYPICAL
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.details import DETAIL_REACH
from amsd_astro.network.amsd.flux_restoration import RESTORATION_REACH
from amsd_astro.network.amsd.frame_calibration import FrameCalibration, Sampling
from amsd_astro.network.amsd.runner import Runner
from amsd_astro.network.amsd.shrinkage import Shrinkage
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.digests import fingerprint_of
from amsd_astro.network.forked_process import claim_process
from amsd_astro.network.predictor import Cards, Estimate, Predictor
from amsd_astro.network.risk import CONTEXT

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

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
    _runner: Runner

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
            _runner=Runner(architecture, seed=seed, weights=weights),
            variance_scale=1.0,
            margin=band_radius(),
            edge=CONTEXT,
            shrinkage=shrinkage,
            is_trained=is_trained,
        )

    def with_own_network(self) -> Self:
        """Return a model that is alike, with a network of its own: what training may change."""
        return self.replaced(_runner=Runner(self.architecture, seed=0, weights=self.get_weights()))

    @property
    def network(self) -> keras.Model:
        """The network, in Keras; built when it is asked for."""
        return self._runner.network()

    def check_network(self, check: Callable[[Any], None]) -> None:
        """Have the network judged as LiteRT runs it, where it does, and by Keras when Keras builds it."""
        self._runner.check(check)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the network's order."""
        return self._runner.network.get_weights()

    @property
    def uncalibrated(self) -> FrameCalibration:
        """What holds for a frame that has taught nothing."""
        return FrameCalibration()

    def halo(self, calibration: FrameCalibration) -> int:
        """Pixels around a tile that its values depend on, besides the reach of the bands."""
        reach = self.architecture.receptive_radius + len(self._additions(calibration)) * DETAIL_REACH
        reach += RESTORATION_REACH if calibration.flux_restoration.share else 0
        return calibration.sampling.n * (self.margin + reach) - self.margin

    def stride(self, calibration: FrameCalibration) -> int:
        """Pixels that the origins of tiles are to be multiples of, so that the tiles do not show."""
        return calibration.sampling.n * self.architecture.stride

    def _additions(self, calibration: FrameCalibration) -> Sequence[Shrinkage | BandGains]:
        """What adds details to the network's results, one after the other."""
        learned = (self.shrinkage, calibration.band_gains if calibration.band_gains.change else None)
        return [addition for addition in learned if addition is not None]

    def describe(self) -> dict[str, Any]:
        """Return what is to be saved besides architecture, weights and `variance_scale`."""
        return {"shrinkage": None if self.shrinkage is None else list(self.shrinkage.shares)}

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights and of the numbers of the shrinkage."""
        return fingerprint_of(self.get_weights(), None if self.shrinkage is None else self.shrinkage.shares)

    def cards(self, calibration: FrameCalibration) -> Cards:
        """Return the cards that tell what the frame changed, what is given back, and what the network computed in."""
        cards: Cards = {
            "AMSDGAIN": (round(calibration.band_gains.change, 4), "rms change learned from the frame, over noise"),
            "AMSDGIVE": (round(calibration.flux_restoration.share, 4), "share of the smoothed residual given back"),
            "AMSDENGN": (calibration.arithmetic.engine, "library that ran the network"),
            "AMSDPREC": (calibration.arithmetic.precision, "arithmetic of the network"),
        }
        if calibration.sampling.n > 1:
            cards["AMSDSAMP"] = (calibration.sampling.n, "[pix] between those that are looked at together")
        return cards

    def predict(
        self,
        images: NDArray[np.float32],
        correlation: NDArray[np.floating],
        calibration: FrameCalibration | None = None,
        *,
        n_orientations: int = 1,
    ) -> Estimate:
        """Denoise images of unit noise, on grids of every n-th pixel where the frame asks for it."""
        if calibration is None or calibration.sampling.n == 1:
            return super().predict(images, correlation, calibration, n_orientations=n_orientations)
        sampling, n = calibration.sampling, calibration.sampling.n
        as_told = replace(calibration, sampling=Sampling(), variance_scale=1.0, variance_curve=VarianceCurve())
        grids = split(images, n, margin=self.margin, multiple=self.architecture.stride)
        made = super().predict(grids, every(correlation, n), as_told, n_orientations=n_orientations)
        shape = images.shape[1] - 2 * self.margin, images.shape[2] - 2 * self.margin
        values, variance = joined(made.values, n, shape), joined(made.variance, n, shape)
        bounded = joined(made.bounded, n, shape)
        if sampling.is_blended:
            plain = FrameCalibration(variance_scale=1.0, arithmetic=calibration.arithmetic)
            whole = super().predict(images, correlation, plain, n_orientations=n_orientations)
            share = sampling.share_of_all(variance)
            values = values + share * (whole.values - values)
            bounded = np.where(share < 0.5, bounded, whole.bounded)
        return Estimate(values, self.scaled(variance, calibration), bounded)

    def scaled(self, variance: NDArray[np.float32], calibration: FrameCalibration) -> NDArray[np.float32]:
        """Return the variance set right by the frame, or by what the model learned in training.

        Parameters
        ----------
        variance : ndarray of float32
            As the network predicts it.
        calibration : FrameCalibration
            What the frame has taught.
        """
        scale = self.variance_scale if calibration.variance_scale is None else calibration.variance_scale
        return calibration.variance_curve(variance) * np.float32(scale)

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
        outputs = self._runner.without_graph(normalized_bands(images, band_noise(correlation)))
        noisy = self._without_margin(images)
        return self._estimate_from(noisy, _bounded(outputs, noisy), FrameCalibration(variance_scale=1.0))

    def can_be_lite(self) -> bool:
        """Whether LiteRT can run the network."""
        return self._runner.can_be_lite

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], calibration: FrameCalibration
    ) -> tuple[NDArray[np.float32], ...]:
        """Denoised values and their variance."""
        outputs = self._runner(normalized_bands(images, band_noise(correlation)), calibration.arithmetic)
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
        return Estimate(values, self.scaled(variance, calibration), bounded)


def _bounded(outputs: NDArray[np.float32], noisy: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Denoised values and their variance from what the network gives: `estimate`, for arrays."""
    noise, log_variance = outputs[..., 0], outputs[..., 1]
    residual = np.float32(RESIDUAL_BOUND) * np.tanh(noise / np.float32(RESIDUAL_BOUND))
    exponent = np.float32(TYPICAL) + np.float32(RANGE) * np.tanh(log_variance / np.float32(RANGE))
    return noisy - residual, np.exp(exponent)
