"""The error of a model on a frame, and its variance set right by that."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.looks import FrameAnswers
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.held_out_risk import (
    Adaptation,
    Probes,
    denoised_blocks,
    hold_out_blocks,
    mean_risk,
    predicting,
    variance_factor,
)
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import CONTEXT, Answer, Risk
from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["adaptation_seeds", "calibrated_variance", "measure_on", "rehearsed"]

_log = logging.getLogger(__name__)

_LOST = 1.2  # squared error of a frame over that of its own denoised self, which has lost detail: of simulated fields


def measure_on(
    model: MultiscaleModel,
    frame: TrainingFrame,
    calibration: FrameCalibration,
    recipe: AmsdRecipe,
    *,
    seed: int,
    known: FrameAnswers | None = None,
) -> Adaptation:
    """Measure the risk of a model on the blocks that `adapt` holds out, and set its variance right by that.

    Parameters
    ----------
    model, frame, recipe, seed
        As for `adapt`.
    calibration : FrameCalibration
        What else the frame has taught.
    known : FrameAnswers, optional
        The network's answers to all of the frame.

    Returns
    -------
    Adaptation
        Without steps.
    """
    kept, probes = hold_out_blocks([frame], recipe, margin=model.margin, seed=adaptation_seeds(seed)[0])
    if known is None or not probes:
        calibration, risk, _ = calibrated_variance(model, probes, calibration, recipe)
    else:
        calibration, risk = _calibrated_by(known, model, kept[0], probes, calibration, recipe)
    if risk is not None:
        _log.info("held-out risk %.4f +- %.4f", risk.value, risk.error)
    return Adaptation(0, risk, calibration)


def _calibrated_by(
    known: FrameAnswers,
    model: MultiscaleModel,
    frame: TrainingFrame,
    probes: Probes,
    calibration: FrameCalibration,
    recipe: AmsdRecipe,
) -> tuple[FrameCalibration, Risk]:
    """Do what `calibrated_variance` does where the answers to all of the frame are there."""
    n_orientations, (probe, correlation) = recipe.n_orientations, probes[0]
    calibration = replace(calibration, variance_scale=1.0, variance_curve=VarianceCurve())
    # the noise of few photons is another at each pixel: blocks are moved along noise of their own then
    look = known.look(calibration) if frame.noise_variance is None else None
    made = known.estimate(calibration) if look is None else look.plain
    values, variance = (_at_blocks(each[0], frame.held_out) for each in (made.values, made.variance))
    curve = rehearsed(model, probes, calibration, [(values, variance)], n_orientations=n_orientations)
    calibration = replace(calibration, variance_curve=curve)
    corrected = values, curve(variance)
    if look is None:
        risk = probe.risk(predicting(model, correlation, calibration, n_orientations=n_orientations), corrected)
    else:
        moved, along = (_at_blocks(each, frame.held_out) for each in (look.moved.values[0], look.probe))
        risk = probe.risk_by(corrected, moved, along)
    return replace(calibration, variance_scale=variance_factor(risk)), risk


def _at_blocks(image: NDArray[np.float32], blocks: Sequence[tuple[int, int, int]]) -> NDArray[np.float32]:
    """Blocks of a frame and their surroundings, out of an image of the frame and its own surroundings."""
    return np.stack([image[y : y + side + 2 * CONTEXT, x : x + side + 2 * CONTEXT] for y, x, side in blocks])


def calibrated_variance(
    model: MultiscaleModel,
    probes: Probes,
    calibration: FrameCalibration,
    recipe: AmsdRecipe,
) -> tuple[FrameCalibration, Risk | None, list[Answer]]:
    """Set the variance right: small and large errors by a rehearsal on the frame, then all of it by the risk.

    The answers are those to the blocks, their variance as the network predicts it.
    """
    n_orientations = recipe.n_orientations
    calibration = replace(calibration, variance_scale=1.0, variance_curve=VarianceCurve())
    answers = denoised_blocks(model, probes, calibration, n_orientations=n_orientations)
    curve = rehearsed(model, probes, calibration, answers, n_orientations=n_orientations)
    calibration = replace(calibration, variance_curve=curve)
    corrected = [(values, curve(variance)) for values, variance in answers]
    risk = mean_risk(model, probes, calibration, n_orientations=n_orientations, answers=corrected)
    scale = None if risk is None else variance_factor(risk)
    return replace(calibration, variance_scale=scale), risk, answers


def rehearsed(
    model: Predictor,
    probes: Probes,
    calibration: FrameCalibration | None,
    answers: Sequence[Answer],
    *,
    n_orientations: int,
) -> VarianceCurve:
    """How the variance that a model predicts is to be corrected on these frames.

    Parameters
    ----------
    model : Predictor
        The model.
    probes : list
        From `hold_out_blocks`.
    calibration : FrameCalibration or None
        By which the variance is as the network predicts it.
    answers : sequence
        From `denoised_blocks`.
    n_orientations : int
        Orientations that will be averaged.
    """
    told = [
        probe.rehearse(predicting(model, correlation, calibration, n_orientations=n_orientations), answer)
        for (probe, correlation), answer in zip(probes, answers, strict=True)
    ]
    if not told:
        return VarianceCurve()
    variance, squared_error = (np.concatenate(parts) for parts in zip(*told, strict=True))
    return VarianceCurve.fitted(variance, squared_error, factor=_LOST)


def adaptation_seeds(seed: int) -> tuple[int, int]:
    """Seed of the probes and of the pairs."""
    first, second = np.random.SeedSequence(seed).generate_state(2)
    return int(first), int(second)
