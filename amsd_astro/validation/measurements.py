"""What is measured of a denoiser's answers, all in one place for checks, charts and the JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.measures.calibration import Stratum, measure_calibration
from amsd_astro.validation.measures.completeness import Depth, depth, threshold_at_purity
from amsd_astro.validation.measures.detection import Detections, Match, detect, match
from amsd_astro.validation.measures.empty_apertures import EmptyApertures, measure_empty_apertures
from amsd_astro.validation.measures.light.coverage import Coverage, measure_coverage
from amsd_astro.validation.measures.light.extended import ExtendedLight, measure_extended_light
from amsd_astro.validation.measures.light.taken import TakenLight, measure_taken_light
from amsd_astro.validation.measures.photometry import SourceTable, measure_sources, measure_truth
from amsd_astro.validation.measures.power_spectra import PowerSpectra, measure_spectra
from amsd_astro.validation.measures.residuals import ResidualStatistics, measure_residual

__all__ = ["FALSE_LEVEL", "SUPPORT", "DetectedSources", "Measurements", "measure_experiment"]

FALSE_LEVEL = 4.0
"""Significance in the raw frame's matched filter from which a detection where there is nothing is held against one."""

SUPPORT = 2.0
"""Significance there of something that is there."""

_LOWEST = 1.0  # significance at which detections are listed


@dataclass(frozen=True, eq=False)
class DetectedSources:
    """What is detected in one version of the frames: raw by the matched filter, or denoised.

    Attributes
    ----------
    injected, noise_only, mirrored : Detections
        In the frame with the injected sources, in noise alone and in the mirrored frame, each in its own width.
    match : Match
        Which detection each injected source is.
    threshold : float
        At which nine of ten are real.
    depth : Depth
        Aperture S/N at which 90 % are found there.
    widths : tuple of float
        Of the filtered raw frames in which there is nothing: noise alone, mirrored.
    n_false, n_false_mirrored : int
        Detections in noise alone and in the mirrored frame as high as `FALSE_LEVEL` of the raw frame.
    """

    injected: Detections
    noise_only: Detections
    mirrored: Detections
    match: Match
    threshold: float
    depth: Depth
    widths: tuple[float, float]
    n_false: int
    n_false_mirrored: int


@dataclass(frozen=True, eq=False)
class Measurements:
    """All that was measured.

    Attributes
    ----------
    true, before, after : SourceTable
        The injected sources as they are, in the frame and in the denoised frame.
    raw, denoised : DetectedSources
        Detections.
    n_detected, n_unsupported : int
        Detections in the denoised frame as high as `FALSE_LEVEL` of the raw frame, and those of them where the raw
        frame shows nothing.
    residual, spectra, empty_apertures
        Of the frame as observed.
    calibration : list of Stratum
        Of the frame exposed again; empty where the denoiser gives no uncertainty.
    reliability : tuple of ndarray
        Predicted sigma and rms error in bins of the first, over the noise of the sky.
    error_left : float
        Rms error of the frame exposed again, over its noise.
    extended : ExtendedLight
        What became of the frame's faint extended light.
    taken : list of TakenLight
        Where faint light was taken from.
    coverage : Coverage
        What of the frame the injected sources do not stand for.
    """

    true: SourceTable
    before: SourceTable
    after: SourceTable
    raw: DetectedSources
    denoised: DetectedSources
    n_detected: int
    n_unsupported: int
    residual: ResidualStatistics
    spectra: PowerSpectra
    empty_apertures: EmptyApertures
    calibration: list[Stratum]
    reliability: tuple[NDArray[np.float64], NDArray[np.float64]]
    error_left: float
    extended: ExtendedLight
    taken: list[TakenLight]
    coverage: Coverage


def measure_experiment(experiment: Experiment, *, seed: int) -> Measurements:
    """Measure all there is to measure.

    Parameters
    ----------
    experiment : Experiment
        From `run_experiment`.
    seed : int
        Of the places of empty apertures.

    Returns
    -------
    Measurements
    """
    plain, noise, sky = experiment.plain, experiment.noise, experiment.sky
    raw = _found(experiment, denoised=False, widths=None)
    denoised = _found(experiment, denoised=True, widths=raw.widths)
    n_detected, n_unsupported = _unsupported(experiment)
    before, after = (
        measure_sources(frame.data, experiment.injection, experiment.psf, mask=experiment.injected.before.mask)
        for frame in (experiment.injected.before, experiment.injected.after)
    )
    return Measurements(
        true=measure_truth(experiment.injection, experiment.psf),
        before=before,
        after=after,
        raw=raw,
        denoised=denoised,
        n_detected=n_detected,
        n_unsupported=n_unsupported,
        residual=measure_residual(plain.before, plain.after, noise, sky=sky),
        spectra=measure_spectra(plain.before, plain.after, noise, sky=sky),
        empty_apertures=measure_empty_apertures(plain.before, plain.after, noise, seed=seed, sky=sky),
        calibration=_calibration(experiment),
        reliability=_reliability(experiment),
        error_left=_error_left(experiment),
        extended=measure_extended_light(plain.before, plain.after, noise, sky=sky),
        taken=measure_taken_light(plain.before, plain.after, noise, sky=sky),
        coverage=measure_coverage(plain.before, sky, experiment.psf.fwhm),
    )


def _found(experiment: Experiment, *, denoised: bool, widths: tuple[float, float] | None) -> DetectedSources:
    """Detections; ``widths`` are those of the raw frames in which there is nothing, None where these are looked at."""
    psf, injection = experiment.psf, experiment.injection
    here, there, turned = (
        detect(
            (pair.after if denoised else pair.before).data,
            psf,
            threshold=_LOWEST,
            mask=pair.before.mask,
            smoothed=denoised,
        )
        for pair in (experiment.injected, experiment.noise_only, experiment.mirrored)
    )
    own = widths or (float(np.mean(there.width)), float(np.mean(turned.width)))
    found = match(here, injection, psf.fwhm)
    alone = ~injection.crowded
    ratio = float(np.mean(there.width) / np.mean(here.width))
    threshold = threshold_at_purity(
        found.significance[alone],
        there.significance * ratio,
        area_ratio=here.n_pixels / max(there.n_pixels, 1),
        lowest=_LOWEST * max(1.0, ratio),
    )
    n_false, n_false_mirrored = (
        int(np.count_nonzero(one.significance * float(np.mean(one.width)) >= FALSE_LEVEL * width))
        for one, width in zip((there, turned), own, strict=True)
    )
    limit = depth(found.significance[alone], injection.snr[alone], threshold)
    return DetectedSources(here, there, turned, found, threshold, limit, own, n_false, n_false_mirrored)


def _unsupported(experiment: Experiment) -> tuple[int, int]:
    """Clear detections in the denoised frame, and how many of them the raw frame knows nothing of."""
    pair, psf = experiment.plain, experiment.psf
    raw = detect(pair.before.data, psf, threshold=SUPPORT, mask=pair.before.mask)
    clear = detect(
        pair.after.data, psf, threshold=FALSE_LEVEL, mask=pair.before.mask, noise_width=raw.width, smoothed=True
    )
    if not clear.significance.size:
        return 0, 0
    rows, columns = np.rint(clear.positions).astype(int).T
    reach = math.ceil(psf.fwhm)
    seen = experiment.sky.sources.copy()
    for y, x in np.rint(raw.positions).astype(int):
        seen[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = True
    return clear.significance.size, int(np.count_nonzero(~seen[rows, columns]))


def _calibration(experiment: Experiment) -> list[Stratum]:
    after = experiment.exposed_again.after
    if after.uncertainty is None:
        return []
    return measure_calibration(after, experiment.truth, experiment.noise, sky=experiment.sky.background)


def _reliability(experiment: Experiment, *, n_bins: int = 12) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted and true rms error in bins of equal numbers of pixels."""
    after = experiment.exposed_again.after
    if after.uncertainty is None:
        return np.zeros(0), np.zeros(0)
    sigma = as_double(after.uncertainty.represent_as(StdDevUncertainty).array)
    error = as_double(after.data) - experiment.truth
    good = np.isfinite(error) & np.isfinite(sigma) & (sigma > 0)
    if np.count_nonzero(good) < 100 * n_bins:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(sigma[good], kind="stable")
    unit = math.sqrt(experiment.noise.sky_variance)
    parts = zip(np.array_split(sigma[good][order], n_bins), np.array_split(error[good][order], n_bins), strict=True)
    rows = [(math.sqrt(np.mean(s**2)) / unit, math.sqrt(np.mean(e**2)) / unit) for s, e in parts]
    predicted, true = (np.array(column) for column in zip(*rows, strict=True))
    return predicted, true


def _error_left(experiment: Experiment) -> float:
    error = (as_double(experiment.exposed_again.after.data) - experiment.truth) / np.sqrt(
        experiment.noise.variance(np.where(np.isfinite(experiment.truth), experiment.truth, experiment.noise.sky))
    )
    return float(np.sqrt(np.nanmean(error**2)))
