"""`combine`: several exposures of one field become one denoised image, whose error they confirm."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.combination.provenance import coadd_frame, combination_of, combined_cards, mark
from amsd_astro.combination.selection import select_exposures
from amsd_astro.combination.sources import Source, sources_of
from amsd_astro.combination.told_by_exposures import (
    corrected_noise,
    error_told_by_exposures,
    with_scaled_sigma,
    with_seeing_error,
)
from amsd_astro.denoiser import Denoiser
from amsd_astro.exposures.coaddition import WEIGHTS, align, mean_of
from amsd_astro.frames import Frame
from amsd_astro.noise.measurement import Stated
from amsd_astro.progress import Progress, shown

__all__ = ["Weights", "combine", "combine_sources"]

Weights = Literal["variance", "depth"]
"""By the noise of the sky alone, or by that of a star within its PSF."""


def combine(
    objs: Sequence[Any],
    *,
    reference: Any = None,
    weights: Weights = "variance",
    denoise: bool = True,
    mode: str | None = None,
    steps: int | None = None,
    seed: int = 0,
    progress: Progress | bool | None = None,
) -> Frame:
    """Make one denoised image of several exposures of a field.

    The exposures are placed on one of them, brought to its flux scale and its sky, freed of what only one of them
    shows, and averaged; then the mean is denoised, once. (Denoised exposures share what denoising takes from faint
    sources: their mean has it still, and claims too small an error.)

    Parameters
    ----------
    objs : list
        Two or more of what `denoise` takes. Files are read as they are needed, so that any number of them may be given.
        One that cannot be used, lies elsewhere or has the pixels of another is told and left out.
    reference : int, "best" or one of objs, optional
        On whose grid and in whose unit the result is, at its flux scale and its sky; by default the first that can be
        used and shows the field that half of them or more show. "best": the one that shows faint stars best by itself.
    weights : {"variance", "depth"}, optional
        By the inverse variance of the sky, or by that of a star within its PSF, which counts the seeing too.
    denoise : bool, optional
        False returns the mean and its 1-sigma error.
    mode, steps, seed : optional
        As for `denoise`.
    progress : callable or True, optional
        Called as ``progress(done, total, stage)``; True for a bar on standard error.

    Returns
    -------
    Frame
        As `denoise` returns, with the reference's header; its `combination` holds the mean, the number of exposures at
        each pixel, and the tables of exposures and of what varied.

    Raises
    ------
    FrameError
        Fewer than two exposures can be used; the message names the reasons.
    ValueError
        The reference is none of the exposures, or `weights` is no kind of weights.

    Examples
    --------
    >>> from amsd_astro import combine
    >>> mean = combine(["exposure.fits", "another.fits"], denoise=False)
    >>> mean.combination.exposures["NAME"].tolist()
    ['exposure.fits', 'another.fits']
    """
    denoiser = Denoiser(mode=mode, steps=steps, seed=seed)
    with shown(progress, "combining") as told:
        return combine_sources(
            sources_of(objs),
            denoiser=denoiser if denoise else None,
            reference=reference,
            weights=weights,
            progress=told,
        )


def combine_sources(
    sources: Sequence[Source],
    *,
    denoiser: Denoiser | None,
    reference: Any = None,
    weights: Weights = "variance",
    noise: Stated = None,
    progress: Progress | None = None,
) -> Frame:
    """Combine exposures whose frames are had by a call.

    Parameters
    ----------
    sources : sequence of Source
        The exposures.
    denoiser : Denoiser or None
        What denoises the mean; None for the mean itself.
    reference, weights, progress
        As for `combine`.
    noise : NoiseModel or mapping, optional
        What is stated of the noise of each exposure, as for `denoise`.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}. Received: {weights!r}")
    with usual_float_errors():
        selection = select_exposures(sources, reference=reference, noise=noise, progress=progress)
        exposures = [one.exposure for one in selection.used]
        placements = [one.placement for one in selection.used]
        told = None if progress is None else _in_hundredths(progress)
        stack = align(selection.reference, exposures, placements, weights=weights, progress=told)
        image = mean_of(stack)
        model, parts = corrected_noise(stack, image)
        mean = coadd_frame(selection, image, model)
        result = mean
        if denoiser is not None:
            result = copy.copy(denoiser).fit_denoise(mean, noise=model, progress=progress)
            confirmed = error_told_by_exposures(stack, image, model, denoiser, parts)
            if confirmed is not None:
                with_scaled_sigma(result, confirmed)
            with_seeing_error(result, image)
        mark(result, image, combined_cards(selection, image))
        result.combination = combination_of(selection, image, mean)
    return result


def _in_hundredths(progress: Progress) -> Callable[[float], None]:
    def tell(part: float) -> None:
        progress(round(100 * part), 100, "co-adding")

    return tell
