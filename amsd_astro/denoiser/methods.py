"""The recipes by name: their models and ways of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amsd_astro.network.amsd.adaptation import adapt
from amsd_astro.network.amsd.calibrate import calibrate
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.calibrated import Calibrated
from amsd_astro.network.files.packaged_weights import packaged_model
from amsd_astro.network.held_out_risk import Adaptation
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.recipes import settings_of
from amsd_astro.network.thesis.calibrate import calibrate as calibrate_thesis
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.network.thesis.training import learn_frames

__all__ = ["METHODS", "Method", "first_model"]


@dataclass(frozen=True)
class Method:
    """A recipe at work.

    Parameters
    ----------
    new_model : callable
        From an architecture and ``seed`` to an untrained model.
    adapt : callable
        From a model and frames to a trained model; takes settings, n_steps, seed, progress and memory, too.
    calibrate : callable
        From a model and the frame it is to denoise to what the frame teaches; takes settings, learns, tolerance, seed
        and what training on the frame found, too.
    """

    new_model: Callable[..., Predictor]
    adapt: Callable[..., tuple[Predictor, Adaptation]]
    calibrate: Callable[..., Calibrated]


METHODS: dict[str, Method] = {
    "amsd": Method(MultiscaleModel, adapt, calibrate),
    "thesis": Method(ThesisModel, learn_frames, calibrate_thesis),
}


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
    if settings.weights is not None:
        return packaged_model(settings.weights)
    return METHODS[recipe].new_model(settings.architecture, seed=seed)
