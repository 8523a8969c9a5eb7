"""Training the aggregated multiscale model on frames by recorrupted pairs, judged by the held-out risk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from amsd_astro.network.amsd.losses import recorrupted_loss, variance_deviance
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.recorrupted_pairs import RecorruptedPairs, TrainingFrame
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.held_out_risk import (
    Adaptation,
    Probes,
    answers_of,
    hold_out_of,
    judged,
    rehearsed,
    risk_of,
    variance_factor,
)
from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import hold_out
from amsd_astro.network.training import Memory, Progress, train

__all__ = ["Judge", "adapt", "judge_on", "without_judged"]

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
) -> Adaptation:
    """Train a model on frames, in place.

    Weights that have been trained before are candidates themselves, learn at a lower rate, and keep the way they have
    of telling their variance. Where no frame has room for blocks to judge by, they stay as they are.

    Parameters
    ----------
    model : MultiscaleModel
        The model; left with the weights of the lowest held-out risk.
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
    Adaptation
    """
    seeds = _seeds(seed)
    kept, probes = hold_out_of(frames, recipe, margin=model.margin, seed=seeds[0])
    was_trained = model.is_trained
    model.forget_frame()
    if was_trained and not probes:
        _log.info("no room for blocks to judge by: the weights stay as they are")
        return _calibrated(model, probes, 0, recipe)
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
        estimate, log_variance = model.estimate(inputs, noisy, level)
        error = recorrupted_loss(estimate, target, weight, scale_weight=recipe.scale_weight)
        if was_trained:
            return error + 0 * tf.reduce_sum(log_variance)  # a gradient for every weight
        return error + variance_deviance(log_variance, estimate, target, weight, amplitude)

    checkpoint = train(
        model.network,
        loss,
        CentralizedAdam(warm_cosine(rate, n_steps=n_steps)),
        pairs,
        n_steps=n_steps,
        score=Judge(model, probes, rougher=rougher) if probes else None,
        score_at=tuple(sorted(scored | {0} if was_trained else scored)),
        progress=progress,
        memory=memory,
    )
    model.is_trained = True
    return _calibrated(model, probes, checkpoint.n_steps, recipe)


def judge_on(model: MultiscaleModel, frames: Sequence[TrainingFrame], recipe: AmsdRecipe, *, seed: int) -> Adaptation:
    """Measure the risk of a model on the blocks that `adapt` holds out, and scale its variance on the frames to that.

    Parameters
    ----------
    model, frames, recipe, seed
        As for `adapt`.
    """
    _, probes = hold_out_of(frames, recipe, margin=model.margin, seed=_seeds(seed)[0])
    return _calibrated(model, probes, 0, recipe)


def without_judged(frame: TrainingFrame, recipe: AmsdRecipe) -> TrainingFrame:
    """A frame that has held out the blocks that `judge_on` judges by."""
    return replace(frame, held_out=hold_out(frame.mask, fraction=recipe.held_out, seed=recipe.held_out_seed))


def _calibrated(model: MultiscaleModel, probes: Probes, n_steps: int, recipe: AmsdRecipe) -> Adaptation:
    """Set the variance right: small and large errors by a rehearsal on the frame, then all of it by the risk.

    Where the weights are new (``n_steps`` is not 0), the variance of frames that show no risk is scaled likewise.
    """
    model.frame_scale, model.variance_curve = 1.0, VarianceCurve()
    n_orientations = recipe.n_orientations
    answers = answers_of(model, probes, n_orientations=n_orientations)
    model.variance_curve = rehearsed(model, probes, answers, n_orientations=n_orientations)
    corrected = [(values, model.variance_curve(variance)) for values, variance in answers]
    adaptation = judged(model, probes, n_steps, n_orientations=n_orientations, answers=corrected)
    risk = adaptation.risk
    model.frame_scale = None if risk is None else variance_factor(risk)
    if n_steps:
        told = [float(variance.mean()) for _, variance in answers]
        model.variance_scale = variance_factor(risk and replace(risk, predicted=float(np.mean(told))))
    return adaptation


def _seeds(seed: int) -> tuple[int, int]:
    """Seed of the probes and of the pairs."""
    first, second = np.random.SeedSequence(seed).generate_state(2)
    return int(first), int(second)


class Judge:
    """Risk of the model's present weights; refused (infinite) where they leave empty sky rougher than earlier ones."""

    def __init__(self, model: MultiscaleModel, probes: Probes, *, rougher: float = _ROUGHER) -> None:
        self._model = model
        self._probes = probes
        self._rougher = rougher
        self.state = float("inf")  # the smoothest sky so far

    def __call__(self) -> float:
        """Judge the weights that the model has now."""
        risk = risk_of(self._model, self._probes)
        if risk.roughness > self._rougher * self.state:
            _log.info("empty sky is rougher than before (%.4f sigma): weights refused", risk.roughness)
            return float("inf")
        self.state = min(self.state, risk.roughness)
        return risk.value
