"""A model calibrated on the very frame that it is to denoise: gains of bands, flux, error."""

from __future__ import annotations

import logging
import math
from dataclasses import replace

from amsd_astro.arrays.cutouts import Cutout
from amsd_astro.network.amsd.arithmetic_choice import SMALL, choose_arithmetic
from amsd_astro.network.amsd.flux_probe import FluxProbe
from amsd_astro.network.amsd.flux_restoration import FluxRestoration, smoothed_noise
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.gain_fitting import fit_gains, places, teaches_gains
from amsd_astro.network.amsd.looks import FrameAnswers, Look, LookAt, looking
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.sampling import choose_sampling
from amsd_astro.network.amsd.variance_measurement import measure_on
from amsd_astro.network.calibrated import STAGE, Calibrated
from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.held_out_risk import Adaptation, predicting, with_blocks_held_out
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import CONTEXT
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.progress import Progress, Steps
from amsd_astro.resources import memory_limit

__all__ = ["calibrate"]

_log = logging.getLogger(__name__)

_SHARE = 0.25  # of the memory is the most that the answers to all of a frame may take


def calibrate(
    model: MultiscaleModel,
    frame: TrainingFrame,
    recipe: AmsdRecipe,
    *,
    learns: bool,
    tolerance: float,
    seed: int,
    trained: Adaptation | None,
    engine: str = "auto",
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Learn gains from a frame, restore what the model takes too much of its flux, and know the model's error there.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        A frame with noise.
    recipe : AmsdRecipe
        Settings.
    learns : bool
        Whether gains are learned. They are not where the weights were trained on this very frame: the risk that they
        are found by wants a model that knows nothing of the frame's noise.
    tolerance : float
        Share of the flux that may be lost; 1 for whatever is lost.
    seed : int
        Of the noise that measures flux and risk.
    trained : Adaptation or None
        What training on this very frame found; risk and variance are measured where they are not known, or where flux
        is restored.
    engine, n_threads : optional
        As `choose_arithmetic` takes them.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Calibrated
    """
    # orientations of the answers, parts that gains are learned from, flux, error
    steps = Steps(progress, recipe.n_orientations + len(places(frame.values.shape)) + 2, STAGE)
    # what follows goes by the variance as the network predicts it
    arithmetic = choose_arithmetic(model, frame, engine=engine, n_threads=n_threads)
    calibration = FrameCalibration(variance_scale=1.0, arithmetic=arithmetic)
    judged = with_blocks_held_out(frame, recipe)
    sampling = choose_sampling(model, judged, calibration, learns=learns, seed=seed)
    seen = judged.sampled(sampling.n)
    if sampling.n > 1:  # what rounding does to it is seen on a grid
        arithmetic = choose_arithmetic(model, seen, engine=arithmetic.engine, n_threads=n_threads)
        calibration = replace(calibration, arithmetic=arithmetic)
    known = _answers_to_all(model, frame, calibration, recipe, steps) if sampling.n == 1 else None
    steps.reach(recipe.n_orientations)
    if learns and teaches_gains(seen):
        if known is None:
            look = looking(model, seen, calibration, n_orientations=recipe.n_orientations, seed=seed)
        else:
            look = known.looking(calibration, seed=seed)
        calibration = replace(calibration, band_gains=fit_gains(_told(look, steps), seen))
    steps.reach(steps.total - 2)
    flux = _measured_flux(model, seen, calibration, recipe, seed=seed)
    steps.done()
    share = 0.0
    if flux is not None:
        share, before = flux.share_to_restore(tolerance), flux
        flux = flux.after(share)
        _log.info(
            "flux of faint sources: %+.2f +- %.2f %%; given back: %.2f of the residual, leaving %+.2f %%",
            100 * before.value, 100 * before.error, share, 100 * flux.value,
        )  # fmt: skip
    if share:
        restoration = FluxRestoration(share, smoothed_noise(seen.correlation))
        calibration = replace(calibration, flux_restoration=restoration)
    calibration = replace(calibration, sampling=sampling)
    if trained is None or trained.risk is None or share or sampling.n > 1:
        trained = measure_on(model, frame, calibration, recipe, seed=seed, known=known)
    steps.done()
    told = trained.calibration
    calibration = replace(calibration, variance_scale=told.variance_scale, variance_curve=told.variance_curve)
    return Calibrated(calibration, trained.risk, flux, known)


def _told(look: LookAt, steps: Steps) -> LookAt:
    """The same looks, each told as a step."""

    def look_and_tell(place: Cutout) -> Look:
        made = look(place)
        steps.done()
        return made

    return look_and_tell


def _answers_to_all(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, recipe: AmsdRecipe, steps: Steps
) -> FrameAnswers | None:
    """The network's answers to all of a small frame, if there is memory for them."""
    n_pixels = math.prod(side + 2 * (CONTEXT + model.margin) for side in frame.values.shape)
    if max(frame.values.shape) > SMALL or model.bytes_per_pixel * n_pixels > _SHARE * memory_limit():
        return None
    try:
        return FrameAnswers(model, frame, calibration, n_orientations=recipe.n_orientations, after_each=steps.done)
    except MemoryError:
        _log.info("no memory for the answers to all of the frame: it is looked at in parts")
        return None


def _measured_flux(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, recipe: AmsdRecipe, *, seed: int
) -> FluxLoss | None:
    probe = FluxProbe(
        frame.values,
        frame.mask,
        frame.correlation,
        margin=model.margin,
        stride=model.architecture.stride,
        amplitude=recipe.amplitude,
        seed=seed,
    )
    return probe(predicting(model, frame.correlation, calibration))
