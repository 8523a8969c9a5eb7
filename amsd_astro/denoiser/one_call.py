"""`denoise`: all of it in one call."""

from __future__ import annotations

from typing import Any

from amsd_astro.denoiser.application import Progress
from amsd_astro.denoiser.interface import Denoiser
from amsd_astro.frames import Frame, as_frame
from amsd_astro.noise.measurement import Stated

__all__ = ["denoise"]


def denoise(
    obj: Any,
    *,
    recipe: str = "amsd",
    steps: int | None = None,
    seed: int = 0,
    ext: int | str | tuple[str, int] | None = None,
    mask: Any = None,
    noise: Stated = None,
    destripe: bool = False,
    progress: Progress | None = None,
) -> Frame:
    """Denoise an exposure.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame
        The exposure, in linear units; it is never changed.
    recipe : str, optional
        How the network is built and trained.
    steps : int, optional
        Steps of training on the exposure. By default none where the recipe has weights in the package: these are
        applied to four orientations, and the answers averaged. 0: to one.
    seed : int, optional
        The same seed, input and number of threads give the same result.
    ext : int, str or (str, int), optional
        Which HDU of a file.
    mask : array_like of bool, shape (ny, nx), optional
        True where a pixel is bad, besides those the exposure itself marks.
    noise : NoiseModel or mapping, optional
        The noise model, or ``{"gain": e_per_adu, "read_noise": e}``; by default it is found as
        `~amsd_astro.frames.noise.measure_noise` says.
    destripe : bool, optional
        Whether to leave out the pattern of rows and columns that the exposure shows. By default it is put back as it
        was.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Frame
        Denoised data in the same unit, 1-sigma uncertainty, flags, mask, WCS and header.
    """
    frame = as_frame(obj, ext=ext, mask=mask)
    denoiser = Denoiser(recipe, steps=steps, seed=seed, destripe=destripe)
    return denoiser.fit_denoise(frame, noise=noise, progress=progress)
