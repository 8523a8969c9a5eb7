"""The aggregated multiscale model: its network, the bound on what it may change, and how it is applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.bands import N_BANDS, band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.details import DETAIL_REACH
from amsd_astro.network.amsd.flux_restoration import GIVE_BACK_REACH, GiveBack
from amsd_astro.network.amsd.network import RESIDUAL_BOUND, build_amsd, estimate, set_precision
from amsd_astro.network.amsd.shrinkage import Shrinkage
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.files.array_archive import digest_arrays
from amsd_astro.network.predictor import Estimate, Predictor

__all__ = ["MultiscaleModel"]

_AT_BOUND = 0.95


class MultiscaleModel(Predictor):
    """A network that predicts the noise of a stabilized frame and the variance of what it leaves.

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes of the network.
    seed : int
        Seed of its initial weights.

    Attributes
    ----------
    is_trained : bool
        Whether its weights have been trained.
    shrinkage : Shrinkage or None
        What is added to details of its results, learned in simulation.
    give_back : GiveBack
        What is given back of what denoising takes, as a frame's flux asks for it.
    band_gains : BandGains
        What is added of the bands of a denoised frame, from the frame itself.
    variance_curve : VarianceCurve
        Correction of the variance that the network predicts, from a frame itself.
    frame_scale : float or None
        Factor on the variance, from a frame itself; None where it tells none: `variance_scale` it is then.
    precision : str
        What `predict` computes in, ``"float32"`` or ``"bfloat16"``; training is in float32.
    """

    bytes_per_pixel: ClassVar[int] = 1600

    def __init__(self, architecture: AmsdArchitecture | None = None, *, seed: int = 0) -> None:
        self.architecture: AmsdArchitecture = architecture or AmsdArchitecture()
        self.network: keras.Model = build_amsd(self.architecture, seed=seed)
        self.variance_scale = 1.0
        self.frame_scale: float | None = None
        self.variance_curve = VarianceCurve()
        self.margin = band_radius()
        self.is_trained = False
        self.shrinkage: Shrinkage | None = None
        self.give_back = GiveBack()
        self.band_gains = BandGains()
        self.precision = "float32"
        self._has_graph = True
        self._traced: dict[str, tf.types.experimental.PolymorphicFunction] = {}

    @property
    def halo(self) -> int:
        """Pixels around a tile that its values depend on, besides the reach of the bands."""
        reach = self.architecture.receptive_radius + len(self._additions) * DETAIL_REACH
        return reach + (GIVE_BACK_REACH if self.give_back.share else 0)

    @property
    def _additions(self) -> list[Shrinkage | BandGains]:
        """What adds details to the network's results, one after the other."""
        learned = (self.shrinkage, self.band_gains if self.band_gains.change else None)
        return [addition for addition in learned if addition is not None]

    def forget_frame(self) -> None:
        """Undo what frames denoised before have changed."""
        self.give_back = GiveBack()
        self.band_gains = BandGains()
        self.variance_curve = VarianceCurve()
        self.frame_scale = None
        self.precision = "float32"

    def describe(self) -> dict[str, Any]:
        """Return what is to be saved besides architecture, weights and `variance_scale`."""
        return {"shrinkage": None if self.shrinkage is None else list(self.shrinkage.shares)}

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights and of the numbers of the shrinkage."""
        shares = [] if self.shrinkage is None else [np.array(self.shrinkage.shares, np.float32)]
        return digest_arrays([*self.get_weights(), *shares])[:16]

    def cards(self) -> dict[str, tuple[Any, str]]:
        """Return the cards that tell what the frame changed, what is given back, and what the network computed in."""
        return {
            "AMSDGAIN": (round(self.band_gains.change, 4), "rms change learned from the frame, over noise"),
            "AMSDGIVE": (round(self.give_back.share, 4), "share of the smoothed residual given back"),
            "AMSDPREC": (self.precision, "arithmetic of the network"),
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

    @contextmanager
    def without_graph(self) -> Iterator[None]:
        """Let `predict` do without a graph, and in float32: sooner done for a single block."""
        self._has_graph = False
        try:
            yield
        finally:
            self._has_graph = True

    def _traced_estimate(self) -> tf.types.experimental.PolymorphicFunction:
        """`estimate` for images of any size: it would take most of a second to be made anew for each."""
        precision = self.precision
        if precision not in self._traced:

            def traced(*images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                set_precision(self.network, precision)
                try:
                    return self.estimate(*images)
                finally:
                    set_precision(self.network, "float32")

            shapes = (None, None, None, N_BANDS), (None, None, None, 1), (None, 1, 1, 1)
            signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
            self._traced[precision] = tf.function(traced, input_signature=signature)
        return self._traced[precision]

    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], ...]:
        """Denoised values and their variance."""
        network = self._traced_estimate() if self._has_graph else self.estimate
        inner = slice(self.margin, -self.margin)
        inputs = normalized_bands(images, band_noise(correlation))
        noisy = np.ascontiguousarray(images[:, inner, inner, None])
        level = tf.ones((len(images), 1, 1, 1))
        values, log_variance = network(tf.constant(inputs), tf.constant(noisy), level)
        return values.numpy()[..., 0], np.exp(log_variance.numpy()[..., 0])

    def _estimate_from(self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...]) -> Estimate:
        values, variance = answers
        for addition in self._additions:
            values = values + addition.added(values, variance)
        if self._additions:
            values = noisy + np.clip(values - noisy, -RESIDUAL_BOUND, RESIDUAL_BOUND)
        bounded = np.abs(noisy - values) > _AT_BOUND * RESIDUAL_BOUND
        if self.give_back.share:
            given, noise = self.give_back.added(noisy - values, variance)
            values, variance = values + given, variance + noise
        scale = self.variance_scale if self.frame_scale is None else self.frame_scale
        return Estimate(values, self.variance_curve(variance) * np.float32(scale), bounded)
