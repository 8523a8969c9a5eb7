"""What is measured on the very frame that is denoised: the flux that a model takes, and the risk of what it leaves."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.adaptation import judge_on
from amsd_astro.network.flux import FluxLoss, FluxProbe
from amsd_astro.network.model import MultiscaleModel
from amsd_astro.network.pairs import TrainingFrame
from amsd_astro.network.precision import choose_precision
from amsd_astro.network.recipes import AmsdRecipe
from amsd_astro.network.risk import Risk

__all__ = ["Settled", "settle", "settle_nothing"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """Loss of flux when nothing is given back (None where a frame shows no faint sources); the risk of the result."""

    flux: FluxLoss | None = None
    risk: Risk | None = None


def settle(
    model: MultiscaleModel, frame: TrainingFrame, recipe: AmsdRecipe, *, tolerance: float, seed: int, risk: Risk | None
) -> Settled:
    """Let a model give back what it takes too much of the flux of a frame's faint sources, and know its error there.

    Parameters
    ----------
    model : MultiscaleModel
        The model; what it gives back and the scale of its variance are set.
    frame : TrainingFrame
        A frame with noise.
    recipe : AmsdRecipe
        Settings.
    tolerance : float
        Share of the flux that may be lost; 1 for whatever is lost.
    seed : int
        Of the noise that measures flux and risk.
    risk : Risk or None
        As training left it on this very frame; it is measured where it is not known or something is given back.

    Returns
    -------
    Settled
    """
    choose_precision(model, frame)
    model.set_give_back(0.0, frame.correlation)
    flux = _measured_flux(model, frame, recipe, seed=seed)
    if flux is not None:
        model.set_give_back(flux.share_to_give_back(tolerance), frame.correlation)
        _log.info(
            "flux of faint sources: %+.2f +- %.2f %%; given back: %.2f of the residual, leaving %+.2f %%",
            100 * flux.value, 100 * flux.error, model.give_back, 100 * flux.after(model.give_back),
        )  # fmt: skip
    if risk is None or model.give_back:
        risk = judge_on(model, [frame], recipe, seed=seed).risk
    return Settled(flux, risk)


def settle_nothing(
    model: object, frame: TrainingFrame, recipe: object, *, tolerance: float, seed: int, risk: Risk | None
) -> Settled:
    """Take the risk as it is, for a recipe that gives nothing back."""
    return Settled(risk=risk)


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

    def predict(images: NDArray[np.float32], level: float) -> NDArray[np.float32]:
        return model.predict(images / np.float32(level), frame.correlation).values * np.float32(level)

    return probe(predict)
