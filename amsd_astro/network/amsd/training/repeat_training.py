"""Training the aggregated multiscale model on repeated exposures, judged by the error that they tell themselves."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import tensorflow as tf

from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.training.losses import repeat_loss
from amsd_astro.network.amsd.training.repeated_pairs import RepeatedPairs
from amsd_astro.network.held_out_risk import Adaptation
from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.repeats.frame import RepeatFrame
from amsd_astro.network.repeats.risk import RepeatProbe
from amsd_astro.network.training import Memory, Progress, train

__all__ = ["RepeatScore", "learn_repeats"]

_log = logging.getLogger(__name__)

_SCORED_SHARES = (0.5, 0.7, 0.85)  # of the steps; earlier the learning rate is still high
_SIGNIFICANT = 2.0  # standard errors
_SCALE_WEIGHT = 0.1  # as in pretraining


def learn_repeats(
    model: MultiscaleModel,
    frames: Sequence[RepeatFrame],
    recipe: AmsdRecipe,
    *,
    n_steps: int,
    seed: int,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> tuple[MultiscaleModel, Adaptation]:
    """Train a model on exposures whose targets are the other exposures.

    The weights it starts from are kept unless others have a significantly lower error on parts of the field that no
    training saw.

    Parameters
    ----------
    model : MultiscaleModel
        Trained weights that training starts from; it stays as it is.
    frames : sequence of RepeatFrame
        The exposures.
    recipe : AmsdRecipe
        Settings.
    n_steps : int
        Steps, at least 1.
    seed : int
        Seed of the pairs.
    progress, memory : optional
        As for `train`.

    Returns
    -------
    MultiscaleModel
        With the weights that are kept.
    Adaptation
    """
    probe = RepeatProbe(frames, margin=model.margin)
    if not probe:
        _log.info("no room for blocks to judge by: the weights stay as they are")
        return model, Adaptation(0, None, FrameCalibration())
    trained = model.with_own_network()

    def loss(
        inputs: tf.Tensor,
        noisy: tf.Tensor,
        target: tf.Tensor,
        weight: tf.Tensor,
        first: tf.Tensor,
        second: tf.Tensor,
        unlikeness: tf.Tensor,
    ) -> tf.Tensor:
        answer = trained.estimate(inputs, noisy, tf.ones((1, 1, 1, 1)))
        return repeat_loss(answer, target, weight, (first, second), unlikeness, scale_weight=_SCALE_WEIGHT)

    checkpoint = train(
        trained.network,
        loss,
        CentralizedAdam(warm_cosine(recipe.adapted_rate, n_steps=n_steps)),
        RepeatedPairs(frames, n_patches=recipe.n_patches, patch=recipe.patch, seed=seed),
        n_steps=n_steps,
        score=RepeatScore(trained, probe),
        score_at=tuple(sorted({0} | {max(1, round(share * n_steps)) for share in _SCORED_SHARES})),
        progress=progress,
        memory=memory,
    )
    if not checkpoint.n_steps:
        return model, Adaptation(0, None, FrameCalibration())
    risk = probe(trained.replaced(variance_scale=1.0), n_orientations=recipe.n_orientations)
    _log.info("error that the exposures tell: %.4f +- %.4f after %d steps", risk.value, risk.error, checkpoint.n_steps)
    scale = risk.value / risk.mean_predicted if risk.value > 0 else 1.0
    scaled = trained.replaced(variance_scale=float(min(max(scale, 0.25), 4.0)), is_trained=True)
    return scaled, Adaptation(checkpoint.n_steps, None)


class RepeatScore:
    """Risk of a model that is trained; infinite unless it is significantly below that of the weights it started from.

    Parameters
    ----------
    model : MultiscaleModel
        With the weights that training starts from.
    probe : RepeatProbe
        Measures the risk.
    """

    def __init__(self, model: MultiscaleModel, probe: RepeatProbe) -> None:
        self._model, self._probe = model, probe
        self._first = probe(model)
        self.state = None  # it remembers nothing

    def __call__(self) -> float:
        """Judge the weights that the model has now."""
        risk = self._probe(self._model)
        fall, error = risk.fall_from(self._first)
        _log.info("error that the exposures tell: %.4f, lower by %.4f +- %.4f", risk.value, fall, error)
        is_first = fall == 0 and error == 0
        return risk.value if is_first or fall > _SIGNIFICANT * error else float("inf")
