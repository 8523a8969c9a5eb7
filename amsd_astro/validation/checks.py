"""The checks of a validation: single numbers that say what became of sources, sky and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.measurements import FALSE_LEVEL, SUPPORT, Measurements
from amsd_astro.validation.measures.bias import measure_bias
from amsd_astro.validation.measures.light.extended import EXTENDED_LEVELS
from amsd_astro.validation.measures.residuals import FAINT_PIXELS
from amsd_astro.validation.parts import Check
from amsd_astro.validation.wording import with_error

__all__ = ["CLEAR_SHAPE", "FLUX_GROUPS", "Measured", "checks_of", "mean_of"]

FLUX_GROUPS = {"faint": (4.0, 10.0), "middle": (10.0, 50.0), "bright": (50.0, 200.0)}
"""Aperture signal to noise of the sources that the flux is judged by."""

_BESIDE = {
    "before": "The mean over sources, each counting alike, of flux after less before, over the flux put in.",
    "truth": "The mean over sources, each counting alike, of flux after less that put in, over the latter.",
}
_LOW = (10.0, 20.0)  # of stars alone, whose PSF flux is known well enough

CLEAR_SHAPE = 20.0
"""Aperture signal to noise from which sizes, shapes and places are judged."""


@dataclass(frozen=True)
class Measured:
    """A mean, its standard error, and what the denoised frame was compared with: "before" or "truth"."""

    value: float
    error: float
    beside: str = ""


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
        _extended(measurements),
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
    for measured, beside in ((after, "truth"), (after - before + true, "before")):
        bias = measure_bias(measured, true, one, edges=(0.0, 2.0), relative=relative)
        means.append(Measured(float(bias.mean[0]), float(bias.error[0]), beside))
    return min(means, key=lambda mean: mean.error if math.isfinite(mean.error) else math.inf)


def _flux(experiment: Experiment, measurements: Measurements) -> list[Check]:
    alone, snr = ~experiment.injection.crowded, experiment.injection.snr
    words = {
        "bright": "Photometry of clear sources is what it was.",
        "middle": "Sources of middling brightness keep their flux.",
        "low": "Those that are well seen and not yet bright: here a loss that is a rule begins to show.",
        "faint": "Sources near the limit keep most of it: the least error shrinks what is faint.",
    }
    tables = (measurements.after, measurements.before, measurements.true)
    kinds = {
        "flux": ("Sources", "aperture flux", alone, [table.aperture_flux for table in tables]),
        "psf_flux": ("Stars", "PSF flux", alone & experiment.injection.is_star, [table.psf_flux for table in tables]),
    }
    result = []
    for kind, (what, flux, used, (after, before, true)) in kinds.items():
        for name, (low, high) in [*reversed(FLUX_GROUPS.items()), *([("low", _LOW)] if kind == "psf_flux" else [])]:
            chosen = used & (snr >= low) & (snr <= high)
            mean = mean_of(after, before, true, chosen, relative=True)
            title = f"{what} of S/N {low:g} to {high:g} should keep their {flux}"
            sentence = f"{words[name]} {_BESIDE.get(mean.beside, '')}"
            if kind == "flux":
                stars = experiment.injection.is_star
                parts = [mean_of(after, before, true, chosen & one, relative=True) for one in (stars, ~stars)]
                sentence = f"{sentence} {_by_kind(*parts)}"
            result.append(
                Check(
                    f"{kind}_{name}", title, 100 * mean.value, 100 * mean.error, unit="%", sentence=sentence.strip(),
                    verb="changed by",
                )
            )  # fmt: skip
    return result


def _by_kind(stars: Measured, galaxies: Measured) -> str:
    """Both kinds apart: one can lose what the other gains."""
    told = (
        f"{what} {with_error(100 * one.value, 100 * one.error)} %"
        for what, one in (("stars", stars), ("galaxies", galaxies))
        if math.isfinite(one.value)
    )
    return f"Apart: {', '.join(told)}." if math.isfinite(stars.value) or math.isfinite(galaxies.value) else ""


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
            "fwhm", "Stars should stay as wide as they are", 100 * fwhm.value, 100 * fwhm.error, unit="%",
            sentence="They are neither blurred nor sharpened.", verb="FWHM changed by",
        ),
        Check(
            "ellipticity", "Stars should stay as round as they are", shapes.value, shapes.error,
            sentence="No direction is preferred.", verb="mean ellipticity changed by",
        ),
        Check(
            "centroid", "Stars should stay where they are", place.value, place.error, unit="px",
            sentence="The mean of all shifts.", verb="moved by",
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
    chance = "those that a matched filter finds in the raw frame and three times the root of that"
    share = 100 * measurements.n_unsupported / max(measurements.n_detected, 1)
    return [
        Check(
            "depth", "Sources should be found as deep as by a matched filter on the raw frame", gain, error, unit="mag",
            sentence="At 90 % completeness and 90 % purity.", verb="deeper by", opposite="less deep by",
        ),
        Check(
            "false_detections", "Nothing should be found in noise alone but by chance",
            _excess(denoised.n_false, raw.n_false), verb="more than chance makes:",
            sentence=f"Detections at {FALSE_LEVEL:g} sigma of the raw frame, above {chance}.",
        ),
        Check(
            "false_mirrored", "Nothing should be found in the frame upside down but by chance",
            _excess(denoised.n_false_mirrored, raw.n_false_mirrored), verb="more than chance makes:",
            sentence=f"Its sources masked; detections above {chance}.",
        ),
        Check(
            "unsupported", "What stands out should be seen in the raw frame as well", share,
            100 * math.sqrt(max(measurements.n_unsupported, 1)) / max(measurements.n_detected, 1), unit="%",
            sentence=f"Unsupported detections: of those in the denoised frame of {FALSE_LEVEL:g} sigma of the raw one, "
            f"the share where a matched filter on the raw frame finds nothing of {SUPPORT:g} sigma.",
            verb="unsupported are",
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
            "residual_mean", "The sky level should not change", residual.sky_mean, residual.sky_mean_error,
            unit="sigma", sentence="Mean of what was taken from empty sky.", verb="lowered by", opposite="raised by",
        ),
        Check(
            "residual_width", "All of the noise should be taken from empty sky, and no more", residual.sky_width,
            residual.sky_width_error, unit="sigma", sentence="The noise has a width of 1.",
            verb="its width is",
        ),
        Check(
            "residual_neighbours", "What is taken from empty sky should be as white as the noise",
            max(excess, key=abs), residual.neighbours_error, verb="neighbours go together more by",
            opposite="neighbours go together less by",
            sentence="Structure in it is structure of the scene.",
        ),
        Check(
            "residual_slope", "Nothing should be taken in proportion to the signal", 100 * residual.slope,
            100 * residual.slope_error, unit="%", sentence="Over all pixels brighter than the noise.", verb="it took",
            opposite="it added",
        ),
        Check(
            "residual_faint", "Nothing should be taken in proportion to a faint signal", 100 * residual.faint,
            100 * residual.faint_error, unit="%", verb="it took", opposite="it added",
            sentence=f"Over pixels of {FAINT_PIXELS[0]:g} to {FAINT_PIXELS[1]:g} sigma in the denoised frame.",
        ),
    ]  # fmt: skip


def _extended(measurements: Measurements) -> Check:
    extended, (low, high) = measurements.extended, EXTENDED_LEVELS
    return Check(
        "extended_light", "Faint extended light should stay", 100 * extended.change, 100 * extended.error, unit="%",
        sentence=f"Halos and outskirts: the sum over cells of 16 x 16 pixels that are {low:g} to {high:g} sigma of a "
        "pixel brighter than the faintest tenth of the cells, compact sources left out: "
        f"{100 * extended.share:.0f} % of the frame.", verb="changed by",
    )  # fmt: skip


def _sigma_map(measurements: Measurements) -> list[Check]:
    stratum = measurements.calibration[0] if measurements.calibration else None
    return [
        Check(
            "sigma_width", "The 1-sigma map should tell the true error", math.nan if stratum is None else stratum.width,
            None if stratum is None else stratum.width_error, verb="errors over the map are",
            sentence="The denoised frame is exposed again: taken for the truth, given new noise and denoised. Width of "
            "(denoised - truth) / sigma there.",
        ),
        Check(
            "error_left", "Error left where the truth is known", measurements.error_left, unit="sigma",
            sentence="For information: of the denoised frame exposed again, a scene as smooth as that.", verb="rms",
        ),
    ]  # fmt: skip
