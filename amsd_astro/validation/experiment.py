"""The experiment: sources injected, frames in which nothing is to be found, and what a denoiser makes of them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.denoiser import Denoiser
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.progress import Progress
from amsd_astro.validation.measures.calibration import bootstrap_frame
from amsd_astro.validation.measures.injection import Injection, inject, plan_injection
from amsd_astro.validation.measures.noise_frames import mirrored_frame, noise_only_frame
from amsd_astro.validation.measures.psf import MeasuredPsf, measure_psf
from amsd_astro.validation.measures.sky_map import SkyMap, map_sky

__all__ = ["Denoise", "Experiment", "Pair", "run_experiment"]

Denoise = Callable[[Frame], Frame]
"""What is validated: from a frame to the denoised frame."""

_STAGES = ("injected sources", "the frame itself", "noise alone", "mirrored frame", "frame exposed again")


@dataclass(frozen=True, eq=False)
class Pair:
    """A frame before and after it was denoised."""

    before: Frame
    after: Frame


@dataclass(frozen=True, eq=False)
class Experiment:
    """A denoiser's answers to frames that are known in some way.

    Attributes
    ----------
    noise, sky, psf : NoiseModel, SkyMap, MeasuredPsf
        Of the frame as observed.
    injection : Injection
        The sources that were put in.
    injected : Pair
        The frame with these sources.
    plain : Pair
        The frame as observed.
    noise_only : Pair
        Its background with the model's noise.
    mirrored : Pair
        The frame upside down, its sources masked.
    exposed_again : Pair
        The denoised frame taken for the truth, and exposed anew.
    truth : ndarray, shape (ny, nx)
        Of `exposed_again`, NaN where bad.
    """

    noise: NoiseModel
    sky: SkyMap
    psf: MeasuredPsf
    injection: Injection
    injected: Pair
    plain: Pair
    noise_only: Pair
    mirrored: Pair
    exposed_again: Pair
    truth: NDArray[np.float64]


def run_experiment(
    frame: Frame,
    noise: NoiseModel,
    denoiser: Denoiser | Denoise,
    *,
    seed: int,
    n_sources: int | None = None,
    fwhm: float | None = None,
    progress: Progress | None = None,
    is_stated: bool = False,
) -> Experiment:
    """Denoise a frame, the frame with sources put in, and frames in which nothing is to be found.

    A `Denoiser` learns once, from the frame with the sources, and is told the noise; another callable is called for
    each frame and knows what it knows.

    Parameters
    ----------
    frame : Frame
        As observed; not changed.
    noise : NoiseModel
        Its noise.
    denoiser : Denoiser or callable
        What is validated.
    seed : int
        Of sources and noise.
    n_sources : int, optional
        As `plan_injection` takes it.
    fwhm : float, optional
        As `measure_psf` takes it.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    is_stated : bool, optional
        Whether the noise is what the caller of it all stated: then, and once, a learned denoiser may doubt it.

    Returns
    -------
    Experiment

    Raises
    ------
    TypeError
        The denoiser gives no frame.
    ValueError
        It gives one of another shape.
    """
    psf = measure_psf(frame, noise, fwhm=fwhm)
    sky = map_sky(frame, noise, fwhm=psf.fwhm)
    injection = plan_injection(frame, noise, psf, seed=seed, n_sources=n_sources, sky=sky)
    before = inject(frame, injection, noise, seed=seed)
    apply, after = _applied(denoiser, before, noise, progress)

    def answer(observed: Frame, stage: str) -> Pair:
        if progress is not None:
            progress(_STAGES.index(stage), len(_STAGES), stage)
        with _told_once(is_stated=is_stated, is_first=stage == "the frame itself"):
            return Pair(observed, _checked(apply(observed), observed))

    injected = answer(before, "injected sources") if after is None else Pair(before, after)
    plain = answer(frame, "the frame itself")
    noise_only = answer(noise_only_frame(frame, noise, seed=seed, sky=sky), "noise alone")
    mirrored = answer(mirrored_frame(frame, noise, sky=sky), "mirrored frame")
    again, truth = bootstrap_frame(plain.after, noise, seed=seed)
    exposed_again = answer(again, "frame exposed again")
    if progress is not None:
        progress(len(_STAGES), len(_STAGES), _STAGES[-1])
    return Experiment(noise, sky, psf, injection, injected, plain, noise_only, mirrored, exposed_again, truth)


def _applied(
    denoiser: Denoiser | Denoise, frame: Frame, noise: NoiseModel, progress: Progress | None
) -> tuple[Denoise, Frame | None]:
    """A way to denoise, which has learned from a frame if it learns, and what it made of that frame then."""
    if callable(denoiser):
        return denoiser, None
    with _told_once(is_stated=False, is_first=False):
        after = denoiser.fit_denoise(frame, noise=noise, progress=progress)
    return lambda observed: denoiser.denoise(observed, noise=noise), after


@contextlib.contextmanager
def _told_once(*, is_stated: bool, is_first: bool) -> Iterator[None]:
    """Leave out warnings of a noise model that nobody gave, and those of frames that are not the caller's."""
    with warnings.catch_warnings():
        if not is_first:
            warnings.simplefilter("ignore", AmsdWarning)
        elif not is_stated:
            warnings.filterwarnings("ignore", "the noise model states", AmsdWarning)
        yield


def _checked(denoised: Any, frame: Frame) -> Frame:
    if not isinstance(denoised, Frame):
        raise TypeError(f"denoiser must return a Frame. Received: {type(denoised).__name__}")
    if denoised.data.shape != frame.data.shape:
        raise ValueError(
            f"denoiser must return a frame of the shape it was given, {frame.data.shape}. "
            f"Received: {denoised.data.shape}"
        )
    return denoised
