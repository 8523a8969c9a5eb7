"""Training of a model on prepared frames, remembered in a file where that is wanted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from amsd_astro.denoiser.preparation import Prepared
from amsd_astro.denoiser.resumption import TrainingFile, training_key
from amsd_astro.progress import Progress

if TYPE_CHECKING:
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe

__all__ = ["train_on_frames"]


def train_on_frames(
    model: Predictor,
    prepared: Sequence[Prepared],
    settings: AmsdRecipe | ThesisRecipe,
    *,
    recipe: str,
    n_steps: int | None,
    seed: int,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> tuple[Predictor, Adaptation]:
    """Train a model.

    Parameters
    ----------
    model : Predictor
        What training starts from; it stays as it is.
    prepared : sequence of Prepared
        Frames with noise.
    settings : AmsdRecipe or ThesisRecipe
        Settings of the recipe.
    recipe : str
        Its name.
    n_steps : int or None
        Steps; by default what the recipe says.
    seed : int
        Seed of everything random.
    progress, checkpoint : optional
        As for `Denoiser.fit`.
    """
    from amsd_astro.denoiser.methods import adapting

    steps = settings.steps_on_frames if n_steps is None else n_steps
    frames = [one.to_learn() for one in prepared if one.values is not None]
    memory = None
    if checkpoint is not None:
        stated = {"recipe": asdict(settings), "steps": steps, "seed": seed, "start": model.fingerprint()}
        memory = TrainingFile(checkpoint, training_key(prepared, stated))
    return adapting(recipe)(model, frames, settings, n_steps=steps, seed=seed, progress=progress, memory=memory)
