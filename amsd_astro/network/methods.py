"""The recipes by name: their models and ways of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amsd_astro.network.adaptation import adapt
from amsd_astro.network.judgement import Adaptation
from amsd_astro.network.model import MultiscaleModel
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.thesis_model import ThesisModel
from amsd_astro.network.thesis_training import learn_frames

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True)
class Method:
    """A recipe at work.

    Parameters
    ----------
    new_model : callable
        From an architecture and ``seed`` to an untrained model.
    adapt : callable
        Trains a model on frames; takes model, frames, settings, n_steps, seed, progress and memory.
    """

    new_model: Callable[..., Predictor]
    adapt: Callable[..., Adaptation]


METHODS: dict[str, Method] = {
    "amsd": Method(MultiscaleModel, adapt),
    "thesis": Method(ThesisModel, learn_frames),
}
