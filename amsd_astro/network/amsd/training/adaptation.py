"""Training the aggregated multiscale model on frames by recorrupted pairs, judged by the held-out risk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.training.losses import recorrupted_loss, variance_deviance
from amsd_astro.network.amsd.training.recorrupted_pairs import RecorruptedPairs
from amsd_astro.network.amsd.variance_measurement import adaptation_seeds, calibrated_variance
from amsd_astro.network.held_out_risk import Adaptation, Probes, hold_out_blocks, mean_risk, variance_factor
from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.training import Memory, Progress, train
from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["RiskScore", "adapt"]

_log = logging.getLogger(__name__)

_ROUGHER = 1.15
_ROUGHER_THAN_TRAINED = 1.05  # weights that knew the sky before
_SCORED_SHARES = (0.5, 0.7, 0.85)  # of the steps; earlier the learning rate is still high


def adapt(
    model: MultiscaleModel,
    frames: Sequence[TrainingFrame],
    recipe: AmsdRecipe,
    *,
    n_steps: int,
    seed: int,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> tuple[MultiscaleModel, Adaptation]:
    """Train a model on frames.

    Weights that have been trained before are candidates themselves, learn at a lower rate, and keep the way they have
    of telling their variance. Where no frame has room for blocks to judge by, they stay as they are.

    Parameters
    ----------
    model : MultiscaleModel
        What training starts from; it stays as it is.
    frames : sequence of TrainingFrame
        Stabilized frames.
    recipe : AmsdRecipe
        Settings.
    n_steps : int
        Steps, at least 1.
    seed : int
        Seed of the pairs and the probes.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    memory : Memory, optional
        As for `train`.

    Returns
    -------
    MultiscaleModel
        With the weights of the lowest held-out risk.
    Adaptation
    """
    seeds = adaptation_seeds(seed)
    kept, probes = hold_out_blocks(frames, recipe, margin=model.margin, seed=seeds[0])
    was_trained = model.is_trained
    if was_trained and not probes:
        _log.info("no room for blocks to judge by: the weights stay as they are")
        return model, Adaptation(0, None, FrameCalibration())
    trained = model.with_own_network()
    pairs = RecorruptedPairs(
        kept, amplitude=recipe.amplitude, n_patches=recipe.n_patches, patch=recipe.patch, seed=seeds[1]
    )
    rate = recipe.adapted_rate if was_trained else recipe.learning_rate
    scored = {max(1, round(share * n_steps)) for share in _SCORED_SHARES}
    rougher = _ROUGHER_THAN_TRAINED if was_trained else _ROUGHER

    def loss(
        inputs: tf.Tensor,
        level: tf.Tensor,
        noisy: tf.Tensor,
        target: tf.Tensor,
        weight: tf.Tensor,
        amplitude: tf.Tensor,
    ) -> tf.Tensor:
        estimate, log_variance = trained.estimate(inputs, noisy, level)
        error = recorrupted_loss(estimate, target, weight, scale_weight=recipe.scale_weight)
        if was_trained:
            return error + 0 * tf.reduce_sum(log_variance)  # a gradient for every weight
        return error + variance_deviance(log_variance, estimate, target, weight, amplitude)

    checkpoint = train(
        trained.network,
        loss,
        CentralizedAdam(warm_cosine(rate, n_steps=n_steps)),
        pairs,
        n_steps=n_steps,
        score=RiskScore(trained, probes, rougher=rougher) if probes else None,
        score_at=tuple(sorted(scored | {0} if was_trained else scored)),
        progress=progress,
        memory=memory,
    )
    calibration, risk, answers = calibrated_variance(trained, probes, FrameCalibration(), recipe)
    if risk is not None:
        _log.info("held-out risk %.4f +- %.4f after %d steps", risk.value, risk.error, checkpoint.n_steps)
    if checkpoint.n_steps:  # new weights: the variance of frames that show no risk is scaled likewise
        told = [float(variance.mean()) for _, variance in answers]
        scale = variance_factor(risk and replace(risk, predicted=float(np.mean(told))))
        trained = trained.replaced(variance_scale=scale)
    return trained.replaced(is_trained=True), Adaptation(checkpoint.n_steps, risk, calibration)


class RiskScore:
    """Risk of a model that is trained; infinite where its weights leave empty sky rougher than earlier ones did."""

    def __init__(self, model: MultiscaleModel, probes: Probes, *, rougher: float = _ROUGHER) -> None:
        self._model = model
        self._probes = probes
        self._rougher = rougher
        self.state = float("inf")  # the smoothest sky so far

    def __call__(self) -> float:
        """Judge the weights that the model has now."""
        risk = mean_risk(self._model, self._probes)
        if risk is None:
            return float("nan")
        if risk.roughness > self._rougher * self.state:
            _log.info("empty sky is rougher than before (%.4f sigma): weights refused", risk.roughness)
            return float("inf")
        self.state = min(self.state, risk.roughness)
        return risk.value
