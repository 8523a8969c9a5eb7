"""Weights judged on blocks of frames that training never saw: their risk, and the variance they predict set right."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.recorrupted_pairs import TrainingFrame
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe
from amsd_astro.network.risk import Answer, Predict, Risk, RiskProbe, hold_out
from amsd_astro.noise.unit_noise import NOISE_UNSURE

__all__ = [
    "Adaptation",
    "Probes",
    "answers_of",
    "hold_out_of",
    "judged",
    "predicting",
    "rehearsed",
    "risk_of",
    "variance_factor",
]

_log = logging.getLogger(__name__)

_UNSURE = 0.15  # of a predicted variance, before a frame's risk is measured
_LOST = 1.2  # squared error of a frame over that of its own denoised self, which has lost detail: of simulated fields

Probes = list[tuple[RiskProbe, NDArray[np.float64]]]
"""The probe of each frame that has blocks held out, and the correlation of its noise."""


@dataclass(frozen=True)
class Adaptation:
    """What training did: steps of the weights kept, and the risk on held-out blocks (None where none could be)."""

    n_steps: int
    risk: Risk | None


def hold_out_of(
    frames: Sequence[TrainingFrame], recipe: AmsdRecipe | ThesisRecipe, *, margin: int, seed: int
) -> tuple[list[TrainingFrame], Probes]:
    """Frames that know their held-out blocks, and a probe of those blocks with each frame's correlation.

    Parameters
    ----------
    frames : sequence of TrainingFrame
        Stabilized frames.
    recipe : AmsdRecipe or ThesisRecipe
        What share to hold out, and by which seed.
    margin : int
        Pixels that the model takes off each side.
    seed : int
        Seed of the probes.
    """
    kept, probes = [], []
    for k, frame in enumerate(frames):
        blocks = hold_out(frame.mask, fraction=recipe.held_out, seed=recipe.held_out_seed)
        if blocks:
            probe = RiskProbe(frame.values, frame.mask, blocks, frame.correlation, margin=margin, seed=seed + k)
            probes.append((probe, frame.correlation))
        kept.append(replace(frame, held_out=blocks))
    return kept, probes


def answers_of(model: Predictor, probes: Probes, *, n_orientations: int) -> list[Answer]:
    """What a model makes of the blocks of each frame."""
    return [probe.denoised(predicting(model, correlation, n_orientations)) for probe, correlation in probes]


def risk_of(
    model: Predictor, probes: Probes, *, n_orientations: int = 1, answers: Sequence[Answer] | None = None
) -> Risk:
    """Mean risk of a model over the frames; ``answers`` are those of `answers_of`, where they are there already."""
    given = answers_of(model, probes, n_orientations=n_orientations) if answers is None else answers
    risks = [
        probe.risk(predicting(model, correlation, n_orientations), answer)
        for (probe, correlation), answer in zip(probes, given, strict=True)
    ]
    n = len(risks)
    return Risk(
        sum(risk.value for risk in risks) / n,
        float(np.sqrt(sum(risk.error**2 for risk in risks))) / n,
        sum(risk.predicted for risk in risks) / n,
        risks[0].cell_factors if n == 1 else {},
        max((risk.roughness for risk in risks if np.isfinite(risk.roughness)), default=float("nan")),
    )


def rehearsed(model: Predictor, probes: Probes, answers: Sequence[Answer], *, n_orientations: int) -> VarianceCurve:
    """How the variance that a model predicts is to be corrected on these frames.

    Parameters
    ----------
    model : Predictor
        The model, its variance as its network predicts it.
    probes : list
        From `hold_out_of`.
    answers : sequence
        From `answers_of`.
    n_orientations : int
        Orientations that will be averaged.
    """
    told = [
        probe.rehearse(predicting(model, correlation, n_orientations), answer)
        for (probe, correlation), answer in zip(probes, answers, strict=True)
    ]
    if not told:
        return VarianceCurve()
    variance, squared_error = (np.concatenate(parts) for parts in zip(*told, strict=True))
    return VarianceCurve.fitted(variance, squared_error, factor=_LOST)


def predicting(model: Predictor, correlation: NDArray[np.float64], n_orientations: int) -> Predict:
    """Values and variance by a model, as a probe asks for them.

    Parameters
    ----------
    model : Predictor
        The model.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise.
    n_orientations : int
        Orientations that are averaged.
    """

    def predict(images: NDArray[np.float32]) -> Answer:
        estimate = model.predict(images, correlation, n_orientations=n_orientations)
        return estimate.values, estimate.variance

    return predict


def judged(
    model: Predictor, probes: Probes, n_steps: int, *, n_orientations: int, answers: Sequence[Answer] | None = None
) -> Adaptation:
    """Measure the risk of a trained model, where there are blocks to do so.

    Parameters
    ----------
    model : Predictor
        The model, its variance as it predicts it.
    probes : list
        From `hold_out_of`.
    n_steps : int
        Steps that made its weights.
    n_orientations : int
        Orientations that will be averaged.
    answers : sequence, optional
        What the model makes of the blocks, where that is known.

    Returns
    -------
    Adaptation
    """
    if not probes:
        return Adaptation(n_steps, None)
    risk = risk_of(model, probes, n_orientations=n_orientations, answers=answers)
    _log.info("held-out risk %.4f +- %.4f after %d steps", risk.value, risk.error, n_steps)
    return Adaptation(n_steps, risk)


def variance_factor(risk: Risk | None) -> float:
    """What the predicted variance is multiplied by: the risk over it, so far as it is better known than the variance.

    Both are weighed by the inverse square of their errors; 1 where no risk is known.
    """
    if risk is None or not risk.predicted > 0:
        return 1.0
    error = np.hypot(risk.error, NOISE_UNSURE) / risk.predicted
    weight = _UNSURE**2 / (_UNSURE**2 + error**2)
    return float(np.clip(1 + weight * (risk.value / risk.predicted - 1), 0.25, 4.0))
