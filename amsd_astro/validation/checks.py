"""The checks of a validation: single numbers that say what became of sources, sky and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.measurements import FALSE_LEVEL, Measurements
from amsd_astro.validation.measures.bias import measure_bias
from amsd_astro.validation.parts import Check

__all__ = ["CLEAR_SHAPE", "FLUX_GROUPS", "Measured", "checks_of", "mean_of"]

FLUX_GROUPS = {"faint": (4.0, 10.0), "middle": (10.0, 50.0), "bright": (50.0, 200.0)}
"""Aperture signal to noise of the sources that the flux is judged by."""

CLEAR_SHAPE = 20.0
"""Aperture signal to noise from which sizes, shapes and places are judged."""


@dataclass(frozen=True)
class Measured:
    """A mean and its standard error."""

    value: float
    error: float


def checks_of(experiment: Experiment, measurements: Measurements) -> list[Check]:
    """Return what is judged, without limits: see `held`.

    Parameters
    ----------
    experiment : Experiment
        From `run_experiment`.
    measurements : Measurements
        From `measure_experiment`.

    Returns
    -------
    list of Check
    """
    return [
        *_flux(experiment, measurements),
        *_shapes(experiment, measurements),
        *_detection(measurements),
        *_residual(measurements),
        *_sigma_map(measurements),
    ]


def mean_of(
    after: NDArray[np.float64],
    before: NDArray[np.float64],
    true: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    *,
    relative: bool,
) -> Measured:
    """Mean deviation of the chosen sources, against the truth or against the frame before, whichever is known better.

    Of a bright source most of the noise is its own and stays; then the frame before, which is right on the average, is
    the better measure.

    Parameters
    ----------
    after, before, true : ndarray, shape (n,)
        What was measured in the denoised frame, in the frame, and on the injected light.
    chosen : ndarray of bool, shape (n,)
        Which sources.
    relative : bool
        Over the truth.
    """
    one = np.where(chosen, 1.0, -1.0)
    means = []
    for measured in (after, after - before + true):
        bias = measure_bias(measured, true, one, edges=(0.0, 2.0), relative=relative)
        means.append(Measured(float(bias.mean[0]), float(bias.error[0])))
    return min(means, key=lambda mean: mean.error if math.isfinite(mean.error) else math.inf)


def _flux(experiment: Experiment, measurements: Measurements) -> list[Check]:
    alone, snr = ~experiment.injection.crowded, experiment.injection.snr
    words = {
        "bright": "Photometry of clear sources is what it was.",
        "middle": "Sources of middling brightness keep their flux.",
        "faint": "Sources near the limit keep most of their flux: the least error shrinks what is faint.",
    }
    result = []
    for name, (low, high) in reversed(FLUX_GROUPS.items()):
        chosen = alone & (snr >= low) & (snr <= high)
        after, before, true = (
            table.aperture_flux for table in (measurements.after, measurements.before, measurements.true)
        )
        mean = mean_of(after, before, true, chosen, relative=True)
        title = f"Aperture flux of sources of S/N {low:g} to {high:g}"
        result.append(Check(f"flux_{name}", title, 100 * mean.value, 100 * mean.error, unit="%", sentence=words[name]))
    return result


def _shapes(experiment: Experiment, measurements: Measurements) -> list[Check]:
    stars = experiment.injection.is_star & ~experiment.injection.crowded & (experiment.injection.snr >= CLEAR_SHAPE)
    tables = (measurements.after, measurements.before, measurements.true)

    def mean(name: str, *, relative: bool = False) -> Measured:
        after, before, true = (np.asarray(getattr(table, name)) for table in tables)
        return mean_of(after, before, true, stars, relative=relative)

    fwhm = mean("fwhm", relative=True)
    shapes = _length(mean("e1"), mean("e2"))
    place = _length(mean("dy"), mean("dx"))
    return [
        Check(
            "fwhm", "FWHM of stars", 100 * fwhm.value, 100 * fwhm.error, unit="%",
            sentence="Stars are neither blurred nor sharpened.",
        ),
        Check(
            "ellipticity", "Mean shift of the ellipticity of stars", shapes.value, shapes.error,
            sentence="Round stars stay round, and no direction is preferred.",
        ),
        Check(
            "centroid", "Mean shift of the centres of stars", place.value, place.error, unit="px",
            sentence="Sources stay where they are.",
        ),
    ]  # fmt: skip


def _length(first: Measured, second: Measured) -> Measured:
    """Length of a mean vector, and the error of one of its parts."""
    return Measured(math.hypot(first.value, second.value), max(first.error, second.error))


def _detection(measurements: Measurements) -> list[Check]:
    raw, denoised = measurements.raw, measurements.denoised
    gain = error = math.nan
    if raw.depth.value > 0 and denoised.depth.value > 0:
        gain = 2.5 * math.log10(raw.depth.value / denoised.depth.value)
        error = 2.5 / math.log(10) * math.hypot(raw.depth.log_error, denoised.depth.log_error)
    allowed = "no more than the matched filter finds in the raw frame and three times the root of that"
    share = 100 * measurements.n_unsupported / max(measurements.n_detected, 1)
    return [
        Check(
            "depth", "Gain in depth at 90 % completeness and 90 % purity", gain, error, unit="mag",
            sentence="Sources are found as well as by a matched filter on the raw frame, or fainter.",
        ),
        Check(
            "false_detections", "False detections in noise alone above those allowed",
            _excess(denoised.n_false, raw.n_false), sentence=f"At {FALSE_LEVEL:g} sigma of the raw frame, {allowed}.",
        ),
        Check(
            "false_mirrored", "False detections in the mirrored frame above those allowed",
            _excess(denoised.n_false_mirrored, raw.n_false_mirrored),
            sentence=f"The frame upside down, its sources masked, shows {allowed}.",
        ),
        Check(
            "unsupported", "Detections where the raw frame shows nothing", share,
            100 * math.sqrt(max(measurements.n_unsupported, 1)) / max(measurements.n_detected, 1), unit="%",
            sentence="Whatever stands out in the denoised frame is to be seen in the raw one.",
        ),
    ]  # fmt: skip


def _excess(n_denoised: int, n_raw: int) -> float:
    """False detections beyond what chance makes of those of the raw frame; at least 0."""
    return max(0.0, n_denoised - (n_raw + 3 * math.sqrt(max(n_raw, 1))))


def _residual(measurements: Measurements) -> list[Check]:
    residual = measurements.residual
    excess = [
        found - expected for found, expected in zip(residual.neighbours, residual.expected_neighbours, strict=True)
    ]
    return [
        Check(
            "residual_mean", "Mean of what was taken from empty sky", residual.sky_mean, residual.sky_mean_error,
            unit="sigma", sentence="The sky keeps its level.",
        ),
        Check(
            "residual_width", "Width of what was taken from empty sky", residual.sky_width, unit="sigma",
            sentence="All of the noise was taken, and no more.",
        ),
        Check(
            "residual_neighbours", "Correlation of neighbours in it beyond that of the noise",
            max(excess, key=abs), residual.neighbours_error,
            sentence="What was taken is as white as the noise is.",
        ),
        Check(
            "residual_slope", "What was taken, over the signal", 100 * residual.slope, 100 * residual.slope_error,
            unit="%", sentence="What was taken does not grow with the signal.",
        ),
    ]  # fmt: skip


def _sigma_map(measurements: Measurements) -> list[Check]:
    width = measurements.calibration[0].width if measurements.calibration else math.nan
    return [
        Check(
            "sigma_width", "Width of (denoised - truth) / sigma", width,
            sentence="The sigma map tells the true error, over all pixels of the denoised frame exposed again.",
        ),
        Check(
            "error_left", "Rms error of the denoised frame exposed again", measurements.error_left, unit="sigma",
            sentence="For information: of a scene as smooth as the denoised frame.",
        ),
    ]  # fmt: skip
