"""What a report records beside its checks: pictures, facts and all numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from astropy.nddata import StdDevUncertainty

from amsd_astro.frames.denoising_record import read_record
from amsd_astro.graphics.smoothing import smoothed_residual
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.measurements import DetectedSources, Measurements
from amsd_astro.validation.parts import Picture

__all__ = ["facts_of", "numbers_of", "pictures_of"]


_SOURCES_OF_PSF = {
    "stars": "measured on stars",
    "stated": "as stated",
    "assumed": "assumed, as too few isolated stars show it",
}


def pictures_of(experiment: Experiment) -> list[Picture]:
    """The frame before and after, what was taken out, by itself and smoothed, and the sigma map."""
    before, after = experiment.plain.before, experiment.plain.after
    unit = "" if before.unit is None else str(before.unit)
    mask = np.asarray(before.mask)
    data, denoised = np.asarray(before.data), np.asarray(after.data)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # of bad pixels
        taken = ((data - denoised) / np.sqrt(experiment.noise.variance(denoised))).astype(np.float32)
    taken[mask] = np.nan
    smoothed = smoothed_residual(taken, experiment.noise.correlation)
    pictures = [
        Picture("before", data, "Before", unit, "asinh", mask),
        Picture("after", denoised, "After", unit, "asinh", mask),
        Picture("residual", taken, "Taken out", "noise sigma", "sigma", mask),
        Picture("smoothed", smoothed, "Taken out, smoothed", "noise sigma", "sigma", mask),
    ]
    if after.uncertainty is not None:
        sigma = np.asarray(after.uncertainty.represent_as(StdDevUncertainty).array)
        pictures.append(Picture("sigma", sigma, "Sigma map", unit, "errors", mask))
    return pictures


def facts_of(experiment: Experiment, *, seed: int) -> dict[str, str]:
    """What was done, in words."""
    noise, psf, injection = experiment.noise, experiment.psf, experiment.injection
    frame, after = experiment.plain.before, experiment.injected.after
    unit = "" if frame.unit is None else f" {frame.unit}"
    facts = {} if frame.source is None else {"File": frame.source.path.name}
    facts |= {
        "Noise of the sky": f"{noise.sky_variance**0.5:.5g}{unit}, slope {noise.slope:.5g} ({noise.source})",
        "Correlation of neighbours": f"{noise.neighbours[0]:.3f} along x, {noise.neighbours[1]:.3f} along y",
        "PSF": f"FWHM {psf.fwhm:.2f} px, {_SOURCES_OF_PSF.get(psf.source, psf.source)}"
        + (f" ({psf.n_stars})" if psf.n_stars else ""),
        "Sources put in": f"{injection.y.size}, {injection.n_crowded} of them near sources of the frame and left out",
        "Seed": str(seed),
        "Limits": "passed and not passed are told apart by two standard errors of the value, where it has one",
    }
    words = {"AMSDVERS": "Version", "AMSDRCP": "Recipe", "AMSDMODE": "Mode", "AMSDHASH": "Weights", "AMSDSTEP": "Steps"}
    facts |= {word: str(after.header[key]) for key, word in words.items() if key in after.header}
    risk = experiment.plain.after.header.get("AMSDRISK")
    record = read_record(experiment.plain.after.header)
    if record is not None and not record.is_trusted:
        facts["Estimated risk"] = f"{risk:.5g} of the variance of the noise: the noise is not what it was taken for"
    elif isinstance(risk, float):
        facts["Estimated risk"] = f"{risk:.5g} of the variance of the noise, rms {max(risk, 0.0) ** 0.5:.3f} sigma"
    if record is not None and record.offsets is not None:
        rows, columns = record.offsets
        facts["Offsets of rows and columns"] = f"{rows:.2f} and {columns:.2f} of the noise (rms), taken for no noise"
    return facts


def numbers_of(experiment: Experiment, measurements: Measurements) -> dict[str, Any]:
    """All that was measured, for the JSON."""
    injection = experiment.injection
    names = ("y", "x", "flux", "kind", "half_light_radius", "snr", "crowded")
    return {
        "noise": _model(experiment.noise),
        "psf": {
            "fwhm": experiment.psf.fwhm,
            "ellipticity": experiment.psf.ellipticity,
            "source": experiment.psf.source,
            "n_stars": experiment.psf.n_stars,
        },
        "sources": {name: getattr(injection, name) for name in names}
        | {when: vars(table) for when, table in _tables(measurements).items()},
        "raw": _detected(measurements.raw),
        "denoised": _detected(measurements.denoised),
        "n_detected": measurements.n_detected,
        "n_unsupported": measurements.n_unsupported,
        "residual": asdict(measurements.residual),
        "spectra": {key: value for key, value in vars(measurements.spectra).items() if key != "place"},
        "empty_apertures": vars(measurements.empty_apertures),
        "calibration": [asdict(stratum) for stratum in measurements.calibration],
        "reliability": {"predicted": measurements.reliability[0], "true": measurements.reliability[1]},
        "error_left": measurements.error_left,
        "extended_light": asdict(measurements.extended),
        "taken": [asdict(part) for part in measurements.taken],
        "untested": asdict(measurements.coverage),
    }


def _tables(measurements: Measurements) -> Mapping[str, Any]:
    return {"true": measurements.true, "before": measurements.before, "after": measurements.after}


def _model(noise: NoiseModel) -> dict[str, Any]:
    return {
        "slope": noise.slope,
        "sky": noise.sky,
        "sky_variance": noise.sky_variance,
        "neighbours": noise.neighbours,
        "source": noise.source,
    }


def _detected(found: DetectedSources) -> dict[str, Any]:
    return {
        "threshold": found.threshold,
        "snr_at_90": found.depth.value,
        "snr_at_90_log_error": found.depth.log_error,
        "n_false": found.n_false,
        "n_false_mirrored": found.n_false_mirrored,
        "significance": found.match.significance,
    }
