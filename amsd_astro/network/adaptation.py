"""Training the aggregated multiscale model on frames by recorrupted pairs, judged by the held-out risk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.losses import recorrupted_loss, variance_deviance
from amsd_astro.network.model import MultiscaleModel
from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.pairs import RecorruptedPairs, TrainingFrame
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import Risk, RiskProbe, hold_out
from amsd_astro.network.training import Memory, Progress, train

__all__ = ["Adaptation", "Judge", "adapt"]

_log = logging.getLogger(__name__)

_ROUGHER = 1.15
_SCORED_SHARES = (0.5, 0.7, 0.85)  # of the steps; earlier the learning rate is still high


@dataclass(frozen=True)
class Adaptation:
    """What training did: steps of the weights kept, and the risk on held-out blocks (None where none could be)."""

    n_steps: int
    risk: Risk | None


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
        Seed of the pairs, the blocks held out and the probes.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    memory : Memory, optional
        As for `train`.

    Returns
    -------
    Adaptation
    """
    seeds = np.random.SeedSequence(seed).generate_state(2)
    kept, held_out = _hold_out_of(frames, recipe, model.margin, int(seeds[0]))
    pairs = RecorruptedPairs(
        kept, amplitude=recipe.amplitude, n_patches=recipe.n_patches, patch=recipe.patch, seed=int(seeds[1])
    )

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
        return error + variance_deviance(log_variance, estimate, target, weight, amplitude)

    checkpoint = train(
        model.network,
        loss,
        CentralizedAdam(warm_cosine(recipe.learning_rate, n_steps=n_steps)),
        pairs,
        n_steps=n_steps,
        score=Judge(model, held_out) if held_out else None,
        score_at=tuple(sorted({max(1, round(share * n_steps)) for share in _SCORED_SHARES})),
        progress=progress,
        memory=memory,
    )
    model.variance_scale = 1.0
    risk = _risk_of(model, held_out, recipe.n_orientations) if held_out else None
    if risk is not None:
        model.variance_scale = _variance_factor(risk)
        _log.info("held-out risk %.4f +- %.4f after %d steps", risk.value, risk.error, checkpoint.n_steps)
    return Adaptation(checkpoint.n_steps, risk)


def _hold_out_of(
    frames: Sequence[TrainingFrame], recipe: AmsdRecipe, margin: int, seed: int
) -> tuple[list[TrainingFrame], list[tuple[RiskProbe, NDArray[np.float64]]]]:
    """Frames that know their held-out blocks, and a probe of those blocks with each frame's correlation."""
    kept, held_out = [], []
    for k, frame in enumerate(frames):
        blocks = hold_out(frame.mask, fraction=recipe.held_out, seed=seed + k)
        if blocks:
            probe = RiskProbe(frame.values, frame.mask, blocks, frame.correlation, margin=margin, seed=seed + k)
            held_out.append((probe, frame.correlation))
        kept.append(replace(frame, held_out=blocks))
    return kept, held_out


def _risk_of(
    model: MultiscaleModel, held_out: list[tuple[RiskProbe, NDArray[np.float64]]], n_orientations: int
) -> Risk:
    """Mean risk over the frames."""
    risks = []
    for probe, correlation in held_out:

        def predict(
            images: NDArray[np.float32], correlation: NDArray[np.float64] = correlation
        ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            estimate = model.predict(images, correlation, n_orientations=n_orientations)
            return estimate.values, estimate.variance

        risks.append(probe(predict))
    n = len(risks)
    return Risk(
        sum(risk.value for risk in risks) / n,
        float(np.sqrt(sum(risk.error**2 for risk in risks))) / n,
        sum(risk.predicted for risk in risks) / n,
        risks[0].cell_factors if n == 1 else {},
        max((risk.roughness for risk in risks if np.isfinite(risk.roughness)), default=float("nan")),
    )


class Judge:
    """Risk of the model's present weights; refused (infinite) where they leave empty sky rougher than earlier ones."""

    def __init__(self, model: MultiscaleModel, held_out: list[tuple[RiskProbe, NDArray[np.float64]]]) -> None:
        self._model = model
        self._held_out = held_out
        self.state = float("inf")  # the smoothest sky so far

    def __call__(self) -> float:
        """Judge the weights that the model has now."""
        risk = _risk_of(self._model, self._held_out, 1)
        if risk.roughness > _ROUGHER * self.state:
            _log.info("empty sky is rougher than before (%.4f sigma): weights refused", risk.roughness)
            return float("inf")
        self.state = min(self.state, risk.roughness)
        return risk.value


def _variance_factor(risk: Risk) -> float:
    """What the predicted variance is multiplied by; 1 where the risk is not known to a third of itself."""
    if not risk.value > 3 * risk.error or not risk.predicted > 0:
        return 1.0
    return float(np.clip(risk.value / risk.predicted, 0.25, 4.0))
