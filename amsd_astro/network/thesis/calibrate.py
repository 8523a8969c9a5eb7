"""The thesis model on the very frame that it is to denoise: its normalization there."""

from __future__ import annotations

from amsd_astro.network.calibrated import STAGE, Calibrated
from amsd_astro.network.held_out_risk import Adaptation
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.progress import Progress, begin

__all__ = ["calibrate"]


def calibrate(
    model: ThesisModel,
    frame: TrainingFrame,
    recipe: object,
    *,
    learns: bool,
    tolerance: float,
    seed: int,
    trained: Adaptation | None,
    engine: str = "tensorflow",
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Find the normalization of a frame; the risk is that which training found. This recipe learns no gains.

    Parameters
    ----------
    model : ThesisModel
        The model.
    frame : TrainingFrame
        A frame with noise.
    recipe, learns, tolerance, seed, engine, n_threads
        As for the recipe amsd; not used.
    trained : Adaptation or None
        What training on this very frame found.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    """
    begin(progress, STAGE)
    return Calibrated(model.normalization_of(frame.values), None if trained is None else trained.risk)
