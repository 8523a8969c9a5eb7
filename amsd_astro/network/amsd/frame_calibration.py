"""What is measured on the very frame that is denoised: the flux that a model takes, and the risk of what it leaves."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from amsd_astro.network.amsd.adaptation import judge_on, without_judged
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.flux_loss import FluxLoss, FluxProbe
from amsd_astro.network.amsd.flux_restoration import GiveBack, smoothed_noise
from amsd_astro.network.amsd.gain_fitting import fit_gains
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.precision import choose_precision
from amsd_astro.network.amsd.recorrupted_pairs import TrainingFrame
from amsd_astro.network.held_out_risk import predicting
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import Risk

__all__ = ["Settled", "settle", "settle_nothing"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """Loss of flux that is left (None where a frame shows no faint sources), and the risk of the result."""

    flux: FluxLoss | None = None
    risk: Risk | None = None


def settle(
    model: MultiscaleModel,
    frame: TrainingFrame,
    recipe: AmsdRecipe,
    *,
    learns: bool,
    tolerance: float,
    seed: int,
    risk: Risk | None,
) -> Settled:
    """Let a model learn gains from a frame, give back what it takes too much of its flux, and know its error there.

    Parameters
    ----------
    model : MultiscaleModel
        The model; its gains, what it gives back and the scale of its variance are set.
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
    risk : Risk or None
        As training left it on this very frame; it is measured where it is not known or the model is changed.

    Returns
    -------
    Settled
    """
    corrections = model.frame_scale, model.variance_curve
    model.forget_frame()
    model.frame_scale = 1.0  # what follows goes by the variance as the network predicts it
    choose_precision(model, frame)
    if learns:
        model.band_gains = _learned_gains(model, frame, recipe, seed=seed)
    flux = _measured_flux(model, frame, recipe, seed=seed)
    share = 0.0
    if flux is not None:
        share, before = flux.share_to_give_back(tolerance), flux
        flux = flux.after(share)
        _log.info(
            "flux of faint sources: %+.2f +- %.2f %%; given back: %.2f of the residual, leaving %+.2f %%",
            100 * before.value, 100 * before.error, share, 100 * flux.value,
        )  # fmt: skip
    if share:
        model.give_back = GiveBack(share, smoothed_noise(frame.correlation))
    if risk is None or share:
        risk = judge_on(model, [frame], recipe, seed=seed).risk
    else:
        model.frame_scale, model.variance_curve = corrections
    return Settled(flux, risk)


def settle_nothing(
    model: object, frame: TrainingFrame, recipe: object, *, learns: bool, tolerance: float, seed: int, risk: Risk | None
) -> Settled:
    """Take the risk as it is, for a recipe that learns no gains and gives nothing back."""
    return Settled(risk=risk)


def _learned_gains(model: MultiscaleModel, frame: TrainingFrame, recipe: AmsdRecipe, *, seed: int) -> BandGains:
    predict = predicting(model, frame.correlation, recipe.n_orientations)
    frame = without_judged(frame, recipe)
    return fit_gains(predict, frame, margin=model.margin, stride=model.architecture.stride, seed=seed)


def _measured_flux(model: MultiscaleModel, frame: TrainingFrame, recipe: AmsdRecipe, *, seed: int) -> FluxLoss | None:
    probe = FluxProbe(
        frame.values,
        frame.mask,
        frame.correlation,
        margin=model.margin,
        stride=model.architecture.stride,
        amplitude=recipe.amplitude,
        seed=seed,
    )
    return probe(predicting(model, frame.correlation, 1))
