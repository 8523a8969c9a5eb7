"""Training of a model on exposures of one field, each other's targets."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from amsd_astro.denoiser.preparation import Prepared
from amsd_astro.denoiser.resumption import TrainingFile, frame_key, training_key
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.exposures.coaddition import align
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.other_exposures import FEWEST
from amsd_astro.exposures.placing.placement import CannotPlaceError, Placement, place
from amsd_astro.exposures.repeats import repeat_frames
from amsd_astro.exposures.sky_levels import measure_exposure_sky
from amsd_astro.exposures.stars.star_finding import measure_stars
from amsd_astro.progress import Progress

if TYPE_CHECKING:
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe

__all__ = ["brought_together", "train_on_repeats"]

_log = logging.getLogger(__name__)


def train_on_repeats(
    model: Predictor,
    prepared: Sequence[Prepared],
    settings: AmsdRecipe | ThesisRecipe,
    *,
    n_steps: int | None,
    seed: int,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> tuple[Predictor, Adaptation, list[Prepared]]:
    """Train a model on repeated exposures.

    Parameters
    ----------
    model : MultiscaleModel
        What training starts from; it stays as it is.
    prepared : sequence of Prepared
        The exposures.
    settings : AmsdRecipe
        Settings of the recipe.
    n_steps, seed, progress, checkpoint
        As for `train_on_frames`.

    Returns
    -------
    model, adaptation, learned
        The model, what training did, and the exposures that it learned from.

    Raises
    ------
    FrameError
        Too few of the exposures show one field.
    """
    from amsd_astro.network.amsd.model import MultiscaleModel
    from amsd_astro.network.amsd.training.repeat_training import learn_repeats
    from amsd_astro.network.recipes import AmsdRecipe

    if not (isinstance(model, MultiscaleModel) and isinstance(settings, AmsdRecipe)):
        raise TypeError(f"model must be one of recipe amsd. Received: {type(model).__name__}")
    chosen, exposures, placements = brought_together(prepared)
    reference = exposures[len(exposures) // 2]
    stack = align(reference, exposures, placements)
    learned = [one.to_learn() for one in chosen]
    frames = repeat_frames(stack, exposures, learned, held_out=settings.held_out, seed=settings.held_out_seed)
    steps = settings.n_repeated if n_steps is None else n_steps
    memory = None
    if checkpoint is not None:
        stated = {"recipe": asdict(settings), "steps": steps, "seed": seed, "start": model.fingerprint()}
        memory = TrainingFile(checkpoint, training_key(chosen, {**stated, "repeats": True}))
    trained, adaptation = learn_repeats(
        model, frames, settings, n_steps=steps, seed=seed, progress=progress, memory=memory
    )
    return trained, adaptation, chosen


def brought_together(prepared: Sequence[Prepared]) -> tuple[list[Prepared], list[Exposure], list[Placement]]:
    """Place exposures on the middle one; those that cannot be used are left out, with a warning.

    Parameters
    ----------
    prepared : sequence of Prepared
        The exposures.

    Raises
    ------
    FrameError
        Too few are left.
    """
    known: dict[str, str] = {}
    candidates: list[tuple[Prepared, Exposure]] = []
    for k, one in enumerate(prepared, start=1):
        name = f"exposure {k}" if one.frame.source is None else str(one.frame.source.path)
        if one.values is None:
            _leave_out(f"{name}: shows no noise")
            continue
        key = frame_key(one.frame)
        if key in known:
            _leave_out(f"{name}: has the pixels of {known[key]}")
            continue
        known[key] = name
        candidates.append((one, _exposure(one, name)))
    _check_number(len(candidates), len(prepared))
    reference = candidates[len(candidates) // 2][1]
    placed: list[tuple[Prepared, Exposure, Placement]] = []
    for one, exposure in candidates:
        try:
            placed.append((one, exposure, place(reference, exposure)))
        except CannotPlaceError as error:
            _leave_out(str(error))
    _check_number(len(placed), len(prepared))
    return [one[0] for one in placed], [one[1] for one in placed], [one[2] for one in placed]


def _exposure(prepared: Prepared, name: str) -> Exposure:
    """A prepared exposure as placing takes it: its noise is known."""
    bare, noise = prepared.bare, prepared.noise
    sky = measure_exposure_sky(bare, noise)
    stars, fwhm, growth = measure_stars(bare, noise, sky)
    wcs = bare.wcs if bare.wcs is not None and bare.wcs.has_celestial and bare.wcs.naxis == 2 else None
    return Exposure(
        name=name,
        load=lambda: bare,
        noise=noise,
        stars=stars,
        fwhm=fwhm,
        shape=(int(bare.data.shape[0]), int(bare.data.shape[1])),
        wcs=wcs,
        sky=sky.level,
        sky_error=sky.error,
        growth=growth,
    )


def _leave_out(reason: str) -> None:
    warnings.warn(f"{reason}; it is left out", AmsdWarning, stacklevel=7)


def _check_number(n: int, n_given: int) -> None:
    if n < FEWEST:
        rule = f"frames that are each other's targets must be {FEWEST} or more exposures of one field"
        raise FrameError(f"{rule}. Received: {n} of {n_given} that can be used")
