"""Keeping the flux of faint sources: measured on the frame, given back where too much is lost."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from amsd_astro.denoiser.preparation import Prepared

if TYPE_CHECKING:
    from amsd_astro.network.flux import FluxLoss
    from amsd_astro.network.model import MultiscaleModel
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe
    from amsd_astro.network.risk import Risk

__all__ = ["keep_flux", "settle_flux"]

_log = logging.getLogger(__name__)


def keep_flux(
    model: MultiscaleModel, prepared: Prepared, settings: AmsdRecipe, *, tolerance: float, seed: int
) -> FluxLoss | None:
    """Measure the flux that a model takes from the faint sources of a frame, and let it give back what is too much.

    Parameters
    ----------
    model : MultiscaleModel
        The model; what it gives back is set.
    prepared : Prepared
        A frame with noise.
    settings : AmsdRecipe
        Settings of the recipe.
    tolerance : float
        Share of the flux that may be lost.
    seed : int
        Of the noise that measures it.

    Returns
    -------
    FluxLoss or None
        What is lost when nothing is given back; None where the frame shows no faint sources.
    """
    from amsd_astro.network.flux import FluxProbe

    assert prepared.values is not None
    correlation = prepared.noise.correlation
    model.set_give_back(0.0, correlation)
    probe = FluxProbe(
        prepared.values,
        prepared.frame.mask,
        correlation,
        margin=model.margin,
        stride=model.architecture.stride,
        amplitude=settings.amplitude,
        seed=seed,
    )
    level = np.float32(np.sqrt(1 + settings.amplitude**2))

    def predict(images: NDArray[np.float32]) -> NDArray[np.float32]:
        return model.predict(images / level, correlation).values * level

    loss = probe(predict)
    if loss is None:
        return None
    model.set_give_back(loss.share_to_give_back(tolerance), correlation)
    _log.info(
        "flux of faint sources: %+.2f +- %.2f %%; given back: %.2f of the residual, leaving %+.2f %%",
        100 * loss.value, 100 * loss.error, model.give_back, 100 * loss.after(model.give_back),
    )  # fmt: skip
    return loss


def settle_flux(
    model: Predictor,
    prepared: Prepared,
    settings: AmsdRecipe | ThesisRecipe,
    *,
    tolerance: float,
    seed: int,
    risk: Risk | None,
) -> tuple[FluxLoss | None, Risk | None]:
    """Let a model keep the flux of a frame, where its recipe does that.

    Parameters
    ----------
    model, prepared, settings, tolerance, seed
        As for `keep_flux`.
    risk : Risk or None
        As training left it on this very frame.

    Returns
    -------
    FluxLoss or None, Risk or None
        What is lost when nothing is given back; the risk as it then is.
    """
    from amsd_astro.network.recipes import AmsdRecipe

    if not isinstance(settings, AmsdRecipe):
        return None, risk
    multiscale = cast("MultiscaleModel", model)
    flux = keep_flux(multiscale, prepared, settings, tolerance=tolerance, seed=seed)
    if risk is not None and multiscale.give_back:
        from amsd_astro.network.adaptation import judge_on

        risk = judge_on(multiscale, [prepared.to_learn()], settings, seed=seed).risk
    return flux, risk
