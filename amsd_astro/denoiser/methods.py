"""The recipes by name: their models and ways of training, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amsd_astro.network.recipes import settings_of

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import Calibrated
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor

__all__ = ["adapting", "calibrating", "first_model"]


def first_model(recipe: str, *, seed: int) -> Predictor:
    """Return the model that training starts from: with the weights of the package, or a new one where it has none.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    seed : int
        Of the weights of a new one.
    """
    settings = settings_of(recipe)
    architecture: Any = settings.architecture
    if settings.weights is not None:
        from amsd_astro.network.files.packaged_weights import packaged_model

        return packaged_model(settings.weights)
    if recipe == "thesis":
        from amsd_astro.network.engines.starting import ensure_started

        ensure_started()
        from amsd_astro.network.thesis.model import ThesisModel

        return ThesisModel(architecture, seed=seed)
    from amsd_astro.network.amsd.model import MultiscaleModel

    return MultiscaleModel(architecture, seed=seed)


def adapting(recipe: str) -> Callable[..., tuple[Predictor, Adaptation]]:
    """Return what trains a recipe's model: from a model and frames to a trained one; its options are those of `adapt`.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    """
    if recipe == "thesis":
        from amsd_astro.network.thesis.training import learn_frames

        return learn_frames
    from amsd_astro.network.amsd.training.adaptation import adapt

    return adapt


def calibrating(recipe: str) -> Callable[..., Calibrated]:
    """Return what finds out what the frame that is to be denoised teaches; its options are those of `calibrate`.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    """
    if recipe == "thesis":
        from amsd_astro.network.thesis.calibrate import calibrate as calibrate_thesis

        return calibrate_thesis
    from amsd_astro.network.amsd.calibrate import calibrate

    return calibrate
