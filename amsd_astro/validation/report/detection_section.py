"""What a report shows of detections: completeness, purity, and what is found where nothing is."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from amsd_astro.graphics.numbers import number
from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.magnitude_bins import MagnitudeBins
from amsd_astro.validation.measurements import FALSE_LEVEL, DetectedSources, Measurements
from amsd_astro.validation.measures.completeness import Completeness, completeness, purity
from amsd_astro.validation.measures.detection import Detections
from amsd_astro.validation.parts import Chart, Line, Section, Series, Table
from amsd_astro.validation.wording import with_error

__all__ = ["detection_section"]


def detection_section(experiment: Experiment, measurements: Measurements) -> Section:
    """Completeness, purity and false detections, raw and denoised."""
    brightness = MagnitudeBins(experiment)
    both = {"raw, matched filter": measurements.raw, "denoised": measurements.denoised}
    charts = []
    if brightness.edges.size > 1:
        found = {name: _completeness(brightness, one) for name, one in both.items()}
        charts += [
            Chart(
                "Completeness at 90 % purity",
                "The denoised curve lies on the raw one or to the right of it: fainter sources are found.",
                [
                    Series(
                        name, 0.5 * (one.low + one.high), one.value,
                        y_error=0.5 * (one.upper - one.lower), style="points",
                    )
                    for name, one in found.items()
                ],
                brightness.label, "share of the injected sources", y_range=(0.0, 1.05), vertical=brightness.marks,
            ),
            Chart(
                "Purity",
                "Of what is found at a brightness, injected or in noise alone, the share that is real.",
                [Series(name, *_purity(experiment, brightness, one), style="line") for name, one in both.items()],
                brightness.label, "share that is real", y_range=(0.0, 1.05), vertical=brightness.marks,
            ),
        ]  # fmt: skip
    charts.append(
        Chart(
            "False detections in noise alone",
            f"At {FALSE_LEVEL:g} and above the denoised frame shows no more than the raw one.",
            [
                Series(name, *_counts(one.noise_only, measurements), style="steps")
                for name, one in both.items()
            ],
            "height, sigma of the raw frame's matched filter", "detections as high or higher", y_log=True,
            vertical=(Line(FALSE_LEVEL, "judged here"),),
        )
    )  # fmt: skip
    rows = [
        [
            name, number(one.threshold, 3), with_error(one.depth.value, one.depth.value * one.depth.log_error),
            one.n_false, one.n_false_mirrored,
        ]
        for name, one in both.items()
    ]  # fmt: skip
    columns = ["Frame", "Threshold", "S/N of 90 % completeness", "False in noise", "False in the mirrored frame"]
    sentence = (
        "Each at the threshold at which nine of ten detections are real, in units of its own sky. False detections are "
        f"counted from {FALSE_LEVEL:g} sigma of the raw frame. {measurements.n_unsupported} of "
        f"{measurements.n_detected} clear detections in the denoised frame are not to be seen in the raw one."
    )
    return Section("Detection", charts, [Table("Detections", columns, rows)], sentence)


def _completeness(brightness: MagnitudeBins, found: DetectedSources) -> Completeness:
    alone = brightness.alone
    threshold = found.threshold if math.isfinite(found.threshold) else math.inf
    return completeness(found.match.significance[alone], brightness.magnitude[alone], threshold, edges=brightness.edges)


def _purity(
    experiment: Experiment, brightness: MagnitudeBins, found: DetectedSources
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of bins, and purity of the detections whose height is that of a star of such a magnitude."""
    alone = brightness.alone & (found.match.index >= 0)
    ratio = found.injected.n_pixels / max(found.noise_only.n_pixels, 1)
    real, false = (
        _magnitudes(significance, width)
        for significance, width in (
            (found.match.significance[alone], found.injected.width),
            (found.noise_only.significance, found.noise_only.width),
        )
    )
    values = []
    edges = brightness.edges
    for low, high in pairwise(edges):
        here, nowhere = (np.where((part >= low) & (part < high), 1.0, -1.0) for part in (real, false))
        values.append(purity(here, nowhere, 0.0, area_ratio=ratio))
    return 0.5 * (edges[:-1] + edges[1:]), np.array(values)


def _magnitudes(significance: NDArray[np.float64], width: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Magnitude of a star of that height: the filter's answer to a star is its flux."""
    return np.asarray(-2.5 * np.log10(significance * float(np.mean(width))))


def _counts(detections: Detections, measurements: Measurements) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Detections as high as a level, in the raw frame's widths."""
    levels = np.arange(1.0, 6.01, 0.25)
    height = detections.significance * float(np.mean(detections.width)) / measurements.raw.widths[0]
    counts = np.array([np.count_nonzero(height >= level) for level in levels], np.float64)
    return levels, np.where(counts > 0, counts, np.nan)
