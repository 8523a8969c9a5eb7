"""A model calibrated on the very frame that it is to denoise: gains of bands, flux, error."""

from __future__ import annotations

import logging
from dataclasses import replace

from amsd_astro.network.amsd.adaptation import measure_on
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.flux_probe import FluxProbe
from amsd_astro.network.amsd.flux_restoration import FluxRestoration, smoothed_noise
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.gain_fitting import fit_gains
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.precision import choose_precision
from amsd_astro.network.calibrated import Calibrated
from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.held_out_risk import Adaptation, predicting, with_blocks_held_out
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["calibrate"]

_log = logging.getLogger(__name__)


def calibrate(
    model: MultiscaleModel,
    frame: TrainingFrame,
    recipe: AmsdRecipe,
    *,
    learns: bool,
    tolerance: float,
    seed: int,
    trained: Adaptation | None,
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

    Returns
    -------
    Calibrated
    """
    # what follows goes by the variance as the network predicts it
    calibration = FrameCalibration(variance_scale=1.0, precision=choose_precision(model, frame))
    if learns:
        calibration = replace(calibration, band_gains=_learned_gains(model, frame, calibration, recipe, seed=seed))
    flux = _measured_flux(model, frame, calibration, recipe, seed=seed)
    share = 0.0
    if flux is not None:
        share, before = flux.share_to_restore(tolerance), flux
        flux = flux.after(share)
        _log.info(
            "flux of faint sources: %+.2f +- %.2f %%; given back: %.2f of the residual, leaving %+.2f %%",
            100 * before.value, 100 * before.error, share, 100 * flux.value,
        )  # fmt: skip
    if share:
        restoration = FluxRestoration(share, smoothed_noise(frame.correlation))
        calibration = replace(calibration, flux_restoration=restoration)
    if trained is None or trained.risk is None or share:
        trained = measure_on(model, frame, calibration, recipe, seed=seed)
    known = trained.calibration
    calibration = replace(calibration, variance_scale=known.variance_scale, variance_curve=known.variance_curve)
    return Calibrated(calibration, trained.risk, flux)


def _learned_gains(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, recipe: AmsdRecipe, *, seed: int
) -> BandGains:
    predict = predicting(model, frame.correlation, calibration, n_orientations=recipe.n_orientations)
    frame = with_blocks_held_out(frame, recipe)
    return fit_gains(predict, frame, margin=model.margin, stride=model.architecture.stride, seed=seed)


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
