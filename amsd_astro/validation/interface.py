"""`validate`: what did denoising do to a frame."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from astropy.io import fits

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.denoiser import Denoiser
from amsd_astro.frames import Frame, as_frame
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel
from amsd_astro.progress import Progress, begin, shown
from amsd_astro.validation.checks import checks_of
from amsd_astro.validation.diagnosis import diagnose
from amsd_astro.validation.experiment import Denoise, Experiment, run_experiment
from amsd_astro.validation.limits import Limits, checked_limits, held
from amsd_astro.validation.measurements import measure_experiment
from amsd_astro.validation.measures.light.taken import where_taken
from amsd_astro.validation.parts import Check, Section
from amsd_astro.validation.repeat_exposure import check_repeat, repeat_checks, repeat_section, score_repeat
from amsd_astro.validation.report.contents import facts_of, numbers_of, pictures_of
from amsd_astro.validation.report.detection_section import detection_section
from amsd_astro.validation.report.exposures_section import exposures_section
from amsd_astro.validation.report.report import Report
from amsd_astro.validation.report.sky_sections import residual_section, sigma_section
from amsd_astro.validation.report.source_sections import photometry_section, shape_section
from amsd_astro.validation.scope import scope_checks, stated_photon_noise, untested_in_words

__all__ = ["validate"]


@usual_float_errors()
def validate(
    obj: Any,
    *,
    denoiser: Denoiser | Denoise | None = None,
    repeat: Any = None,
    seed: int = 0,
    ext: int | str | tuple[str, int] | None = None,
    mask: Any = None,
    noise: Stated = None,
    n_sources: int | None = None,
    fwhm: float | None = None,
    limits: Limits | None = None,
    progress: Progress | bool | None = None,
) -> Report:
    """Find out what a denoiser does to the sources, the sky and the noise of a frame.

    Sources of known flux, size and place are put into the frame by its own PSF, with the photon noise that is theirs.
    A denoiser that learns does so on that frame. It is tried on it, on the frame itself, on noise alone, on the frame
    upside down and on the denoised frame exposed again.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame, or a list of such
        The exposure, as `~amsd_astro.denoise` takes it; it is never changed. Of a list it is the mean that
        `~amsd_astro.combine` denoises, and the report shows what became of each exposure.
    denoiser : Denoiser or callable, optional
        What is validated: a `~amsd_astro.Denoiser`, or anything that makes a denoised Frame of a Frame. By default
        ``Denoiser(seed=seed)``.
    repeat : as ``obj``, optional
        Another exposure of the field, on the same pixels and in the same unit: the denoised frame is scored on it too.
    seed : int, optional
        Of sources and noise. The same seed, frame and denoiser give the same report.
    ext : int, str or (str, int), optional
        Which HDU of a file.
    mask : array_like of bool, shape (ny, nx), optional
        True where a pixel is bad, besides those the exposure itself marks.
    noise : NoiseModel or mapping, optional
        As in `~amsd_astro.denoise`.
    n_sources : int, optional
        Sources to put in, by default as many as stand well apart.
    fwhm : float, optional
        Of the PSF, pixels, by default measured on the frame's stars.
    limits : mapping, optional
        From the name of a check to (low, high), either None, in the place of its usual limits.
    progress : callable or True, optional
        Called as ``progress(done, total, stage)``; True for a bar on standard error.

    Returns
    -------
    Report
        ``passed``, ``failures``, ``diagnosis``, ``to_html(path)``, ``to_json(path)``.

    Raises
    ------
    FrameError
        The frame cannot be denoised, or the repeat does not lie on its pixels.
    ValueError
        The frame has no noise; limits of no check.

    Examples
    --------
    >>> from amsd_astro import validate
    >>> report = validate("exposure.fits", denoiser=lambda frame: frame, n_sources=20)  # one that does nothing
    >>> report.passed
    False
    """
    all_limits = checked_limits(limits)
    if not (denoiser is None or callable(denoiser) or hasattr(denoiser, "fit")):
        raise TypeError(f"denoiser must be a Denoiser or callable. Received: {type(denoiser).__name__}")
    frame = _mean_of(obj) if isinstance(obj, (list, tuple)) and not isinstance(obj, fits.HDUList) else None
    if frame is None:
        frame = as_frame(obj, ext=ext, mask=mask)
    elif ext is not None or mask is not None:
        raise TypeError("ext and mask are for one exposure. Received: a list")
    other = None if repeat is None else as_frame(repeat, ext=ext)
    if other is not None:
        check_repeat(frame, other)
    model = measure_noise(frame, stated=noise if noise is not None or frame.combination is None else frame.noise)
    if not model.sky_variance > 0:
        raise ValueError("a frame must have noise to be validated. Received: one without")
    used = Denoiser(seed=seed) if denoiser is None else denoiser
    with shown(progress, "validating") as told:
        begin(told, "measuring the PSF")
        experiment = run_experiment(
            frame, model, used, seed=seed, n_sources=n_sources, fwhm=fwhm, progress=told,
            is_stated=isinstance(noise, NoiseModel),
        )  # fmt: skip
        begin(told, "measuring what became of sources and sky")
        measurements = measure_experiment(experiment, seed=seed)
    checks = [
        *checks_of(experiment, measurements),
        *scope_checks(measurements, experiment.psf, stated_photon_noise(frame, model, noise)),
    ]
    sections = [
        photometry_section(experiment, measurements),
        shape_section(experiment, measurements),
        detection_section(experiment, measurements),
        residual_section(measurements),
        sigma_section(measurements),
    ]
    data = numbers_of(experiment, measurements)
    if frame.combination is not None:
        sections.insert(0, exposures_section(frame.combination))
        data["exposures"] = frame.combination.rows
    if other is not None:
        score = score_repeat(experiment.plain, other, model)
        checks += repeat_checks(score)
        sections.append(repeat_section(score))
        data["repeat"] = asdict(score)
    checks = [held(check, all_limits) for check in checks]
    untested = untested_in_words(measurements, experiment.psf)
    where = where_taken(measurements.taken)
    return _report(frame, experiment, checks, sections, data, untested, where, seed=seed)


def _mean_of(exposures: Any) -> Frame:
    from amsd_astro.combination.interface import combine

    return combine(exposures, denoise=False)


def _report(
    frame: Frame,
    experiment: Experiment,
    checks: list[Check],
    sections: list[Section],
    data: dict[str, Any],
    untested: list[str],
    where: str,
    *,
    seed: int,
) -> Report:
    source = frame.source
    name = "frame" if source is None else source.path.name
    ny, nx = frame.data.shape
    return Report(
        title=f"What denoising did to {name}",
        subtitle=f"{nx} x {ny} pixels, {experiment.injection.y.size} sources put in",
        checks=checks,
        diagnosis=diagnose(checks, read_record(experiment.plain.after.header), where=where),
        sections=sections,
        pictures=pictures_of(experiment),
        wcs=frame.wcs,
        facts=facts_of(experiment, seed=seed),
        data=data,
        untested=untested,
    )
