"""The risk of a model on blocks of frames that training never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.predictor import Predictor
from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe
from amsd_astro.network.risk import Answer, Predict, Risk, RiskProbe, hold_out
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import NOISE_UNSURE

__all__ = [
    "Adaptation",
    "Probes",
    "denoised_blocks",
    "hold_out_blocks",
    "mean_risk",
    "predicting",
    "variance_factor",
    "with_blocks_held_out",
]

_UNSURE = 0.15  # of a predicted variance, before a frame's risk is measured

Probes = list[tuple[RiskProbe, NDArray[np.float64]]]
"""The probe of each frame that has blocks held out, and the correlation of its noise."""


@dataclass(frozen=True)
class Adaptation:
    """What training did.

    Attributes
    ----------
    n_steps : int
        Steps of the weights kept.
    risk : Risk or None
        On held-out blocks; None where none could be.
    calibration : optional
        What the frames it was measured on teach the model besides.
    """

    n_steps: int
    risk: Risk | None
    calibration: Any = None


def with_blocks_held_out(frame: TrainingFrame, recipe: AmsdRecipe | ThesisRecipe) -> TrainingFrame:
    """Return a frame that has held out the blocks that its risk is measured on."""
    return replace(frame, held_out=hold_out(frame.mask, fraction=recipe.held_out, seed=recipe.held_out_seed))


def hold_out_blocks(
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
    kept, probes = [with_blocks_held_out(frame, recipe) for frame in frames], []
    for k, frame in enumerate(kept):
        if frame.held_out:
            probe = RiskProbe(
                frame.values,
                frame.mask,
                frame.held_out,
                frame.correlation,
                noise_variance=frame.noise_variance,
                margin=margin,
                seed=seed + k,
            )
            probes.append((probe, frame.correlation))
    return kept, probes


def denoised_blocks(
    model: Predictor, probes: Probes, calibration: Any = None, *, n_orientations: int = 1
) -> list[Answer]:
    """What a model makes of the blocks of each frame."""
    return [
        probe.denoised(predicting(model, correlation, calibration, n_orientations=n_orientations))
        for probe, correlation in probes
    ]


def mean_risk(
    model: Predictor,
    probes: Probes,
    calibration: Any = None,
    *,
    n_orientations: int = 1,
    answers: Sequence[Answer] | None = None,
) -> Risk | None:
    """Mean risk of a model over the frames, None where none has blocks held out.

    Parameters
    ----------
    model : Predictor
        The model.
    probes : list
        From `hold_out_blocks`.
    calibration : optional
        Of the model, as `Predictor.predict` takes it.
    n_orientations : int
        Orientations that will be averaged.
    answers : sequence, optional
        Those of `denoised_blocks`, where they are there already.
    """
    if not probes:
        return None
    if answers is None:
        answers = denoised_blocks(model, probes, calibration, n_orientations=n_orientations)
    risks = [
        probe.risk(predicting(model, correlation, calibration, n_orientations=n_orientations), answer)
        for (probe, correlation), answer in zip(probes, answers, strict=True)
    ]
    n = len(risks)
    return Risk(
        sum(risk.value for risk in risks) / n,
        float(np.sqrt(sum(risk.error**2 for risk in risks))) / n,
        sum(risk.predicted for risk in risks) / n,
        sum(risk.noise for risk in risks) / n,
        risks[0].cell_factors if n == 1 else {},
        max((risk.roughness for risk in risks if np.isfinite(risk.roughness)), default=float("nan")),
    )


def predicting(
    model: Predictor, correlation: NDArray[np.float64], calibration: Any = None, *, n_orientations: int = 1
) -> Predict:
    """Values and variance by a model, as a probe asks for them.

    Parameters
    ----------
    model : Predictor
        The model.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise.
    calibration : optional
        Of the model, as `Predictor.predict` takes it.
    n_orientations : int
        Orientations that are averaged.
    """

    def predict(images: NDArray[np.float32]) -> Answer:
        estimate = model.predict(images, correlation, calibration, n_orientations=n_orientations)
        return estimate.values, estimate.variance

    return predict


def variance_factor(risk: Risk | None) -> float:
    """What the predicted variance is multiplied by: the risk over it, so far as it is better known than the variance.

    Both are weighed by the inverse square of their errors; 1 where no risk is known.
    """
    if risk is None or not risk.predicted > 0:
        return 1.0
    error = np.hypot(risk.error, NOISE_UNSURE) / risk.predicted
    weight = _UNSURE**2 / (_UNSURE**2 + error**2)
    return float(np.clip(1 + weight * (risk.value / risk.predicted - 1), 0.25, 4.0))
