"""`denoise`: all of it in one call."""

from __future__ import annotations

import os
from typing import Any

from amsd_astro.denoiser.interface import Denoiser
from amsd_astro.fits.hdu_selection import Extension
from amsd_astro.fits.planes.errors import ErrorKind
from amsd_astro.frames import Frame, as_frame, refuse_denoised
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel
from amsd_astro.progress import Progress, begin, shown

__all__ = ["denoise"]


def denoise(
    obj: Any,
    *,
    recipe: str | None = None,
    model: str | os.PathLike[str] | None = None,
    mode: str | None = None,
    steps: int | None = None,
    seed: int = 0,
    n_threads: int | None = None,
    n_orientations: int | None = None,
    flux_tolerance: float = 0.01,
    destripe: bool = False,
    engine: str = "auto",
    ext: Extension | None = None,
    mask: Any = None,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
    mask_file: str | os.PathLike[str] | None = None,
    error_file: str | os.PathLike[str] | None = None,
    companions: bool = False,
    gain: Any = None,
    read_noise: Any = None,
    noise: Stated | tuple[float, float] = None,
    force: bool = False,
    progress: Progress | bool | None = None,
) -> Frame:
    """Denoise an exposure.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame
        The exposure, in linear units; it is never changed.
    recipe : {"amsd", "thesis"}, optional
        How the network is built and trained, by default "amsd".
    model : path-like, optional
        A model file in the place of a recipe, as `Denoiser.save` wrote it.
    mode : {"fast", "standard", "adapt"}, optional
        What it may cost. "fast" is ``steps=0``: one orientation, and nothing is learned. "standard" is the default:
        four orientations, and what the exposure itself teaches. "adapt" is ``steps=400``: the weights learn from the
        exposure first.
    steps : int, optional
        Steps of training on the exposure, for experts. By default none where the recipe has weights in the package:
        these are applied to four orientations, and the answers averaged. 0: to one.
    seed : int, optional
        The same seed, input and number of threads give the same result.
    n_threads, n_orientations, flux_tolerance : optional
        As for a `Denoiser`.
    destripe : bool, optional
        Whether to leave out the pattern of rows and columns that the exposure shows. By default it is put back as it
        was.
    engine : {"auto", "litert", "tensorflow"}, optional
        What runs the network: as for a `Denoiser`.
    ext : int, str or (str, int), optional
        Which HDU of a file.
    mask : array_like of bool, shape (ny, nx), optional
        True where a pixel is bad, besides those the exposure itself marks.
    mask_ext, mask_bits, error_ext, error_kind, mask_file, error_file, companions : optional
        Planes of a file, as for `read_frame`.
    gain, read_noise : float or Quantity, optional
        Electrons per unit of the exposure, and electrons. Quantities are converted: ``2.1 * u.electron / u.adu``.
    noise : NoiseModel, (float, float) or mapping, optional
        The whole noise: the model, or its slope and floor, ``variance = slope * signal + floor``; or
        ``{"gain": e_per_adu, "read_noise": e}``. By default it is found as `~amsd_astro.measure_noise` says.
    force : bool, optional
        Denoise also what is denoised already.
    progress : callable or True, optional
        Called as ``progress(done, total, stage)``; True for a bar on standard error.

    Returns
    -------
    Frame
        Denoised data in the same unit, 1-sigma uncertainty, flags, mask, WCS and header.

    Raises
    ------
    FrameError
        The exposure cannot be used.
    AlreadyDenoisedError
        It is denoised already.
    ValueError
        Arguments contradict their rule or each other.

    Examples
    --------
    >>> from amsd_astro import denoise
    >>> result = denoise("exposure.fits", mode="fast")
    >>> result.data.shape, result.header["AMSDMODE"]
    ((96, 96), 'fast')
    >>> bool(result.uncertainty.array[~result.mask].min() > 0)
    True
    >>> result = denoise("exposure.fits", gain=1.6, read_noise=5.0, mode="fast")
    >>> result.noise.source
    'caller'
    """
    stated = _stated(noise, gain, read_noise)
    settings: dict[str, Any] = {"mode": mode, "steps": steps, "seed": seed, "n_threads": n_threads}
    settings |= {"n_orientations": n_orientations, "flux_tolerance": flux_tolerance, "destripe": destripe}
    settings["engine"] = engine
    if recipe is not None and model is not None:
        raise ValueError(f"a model has its own recipe: state one of recipe and model. Received: {recipe!r}")
    denoiser = Denoiser(recipe or "amsd", **settings)
    with shown(progress, "denoising") as told:
        begin(told, "reading")
        frame = as_frame(
            obj,
            ext=ext,
            mask=mask,
            mask_ext=mask_ext,
            mask_bits=mask_bits,
            error_ext=error_ext,
            error_kind=error_kind,
            mask_file=mask_file,
            error_file=error_file,
            companions=companions,
        )
        if not force:
            refuse_denoised(frame)
        if model is not None:
            begin(told, "loading the network")
            denoiser = Denoiser.load(model, **settings)
        return denoiser.fit_denoise(frame, noise=stated, force=True, progress=told)


def _stated(noise: Stated | tuple[float, float], gain: Any, read_noise: Any) -> Stated:
    """Return what is stated of the noise, in one of the ways."""
    if gain is not None or read_noise is not None:
        if noise is not None:
            raise ValueError("noise states the whole noise, without gain and read_noise. Received: both")
        return {"gain": gain, "read_noise": read_noise}
    if isinstance(noise, tuple):
        slope, floor = noise
        return NoiseModel(slope, floor)
    return noise
