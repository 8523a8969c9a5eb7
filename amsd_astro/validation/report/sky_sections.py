"""What a report shows of what was taken out of a frame, and of its sigma map."""

from __future__ import annotations

import math

import numpy as np

from amsd_astro.graphics.numbers import number
from amsd_astro.validation.measurements import Measurements
from amsd_astro.validation.measures.light.taken import where_taken
from amsd_astro.validation.measures.residuals import FAINT_PIXELS
from amsd_astro.validation.parts import Chart, Section, Series, Table
from amsd_astro.validation.wording import with_error

__all__ = ["residual_section", "sigma_section"]


def residual_section(measurements: Measurements) -> Section:
    """What was taken from the frame: its statistics, spectrum, and the scatter of empty apertures."""
    residual, spectra, empty = measurements.residual, measurements.spectra, measurements.empty_apertures
    rows = [
        [name, with_error(value, error), number(expected, 3)]
        for name, value, error, expected in (
            ("mean on empty sky, sigma", residual.sky_mean, residual.sky_mean_error, 0.0),
            ("mean on sources, sigma", residual.source_mean, residual.source_mean_error, 0.0),
            ("width on empty sky, sigma", residual.sky_width, residual.sky_width_error, 1.0),
            ("width on sources, sigma", residual.source_width, math.nan, 1.0),
            ("correlation along x", residual.neighbours[0], residual.neighbours_error, residual.expected_neighbours[0]),
            ("correlation along y", residual.neighbours[1], residual.neighbours_error, residual.expected_neighbours[1]),
            ("slope over the signal", residual.slope, residual.slope_error, 0.0),
        )
    ]
    charts = [
        Chart(
            "Power spectrum of empty sky",
            "What was taken lies on the noise of the model; what is left lies far below it at all but low frequencies.",
            [
                Series("before", spectra.frequency, spectra.raw, style="line"),
                Series("after", spectra.frequency, spectra.denoised, style="line"),
                Series("taken", spectra.frequency, spectra.residual, style="line"),
                Series("noise of the model", spectra.frequency, spectra.expected, style="line"),
            ],
            "cycles a pixel", "power / variance of the sky", y_log=True,
        ),
        Chart(
            "Scatter of empty apertures",
            "Lower is better; in wide apertures, where sky and faint sources rule, both meet.",
            [
                Series("before", empty.radius, empty.raw, style="line"),
                Series("after", empty.radius, empty.denoised, style="line"),
                Series("noise of the model", empty.radius, empty.expected, style="line"),
            ],
            "radius, px", "scatter of the sum", y_log=True,
        ),
    ]  # fmt: skip
    sentence = "The frame less the denoised frame should be its noise and nothing else."
    tables = [Table("What was taken", ["Quantity", "Value", "Expected"], rows), _places(measurements)]
    return Section("What was taken out", charts, tables, f"{sentence} {where_taken(measurements.taken)}".strip())


def _places(measurements: Measurements) -> Table:
    rows = [
        [one.kind, one.n_pixels, with_error(100 * one.share, 100 * one.error), number(100 * one.of_all, 2)]
        for one in measurements.taken
    ]
    low, high = FAINT_PIXELS
    title = f"Where faint light was taken from: pixels of {low:g} to {high:g} sigma, by how many touch"
    return Table(title, ["Place", "Faint pixels", "Taken of its light, %", "Of all that was taken, %"], rows)


def sigma_section(measurements: Measurements) -> Section:
    """Whether the sigma map tells the error."""
    if not measurements.calibration:
        return Section("The sigma map", sentence="The denoiser gives no uncertainty: there is nothing to judge.")
    rows = [
        [
            _range(one.low, one.high), with_error(one.width, one.width_error),
            *(number(part, 2) for part in (one.mean, one.coverage_68, one.coverage_95)), one.n_pixels,
        ]
        for one in measurements.calibration
    ]  # fmt: skip
    predicted, true = measurements.reliability
    ends = np.array([np.nanmin(predicted), np.nanmax(predicted)]) if predicted.size else np.zeros(0)
    chart = Chart(
        "Predicted and true error",
        "The points lie on the line: pixels said to be so far off are so far off.",
        [Series("bins of pixels", predicted, true), Series("equal", ends, ends, style="line")],
        "sigma map / noise of the sky", "true rms error / noise of the sky", x_log=True, y_log=True,
    )  # fmt: skip
    sentence = (
        "The denoised frame was exposed again: taken for the truth, given new noise and denoised. Gaussian errors have "
        "a width of 1, and 0.683 and 0.950 of them within one and two sigma. That scene is smoother than the sky: what "
        f"the denoiser lost is not in it. Rms error there: {measurements.error_left:.3f} of the noise."
    )
    columns = ["S/N per pixel", "Width", "Mean", "Within 1 sigma", "Within 1.96 sigma", "Pixels"]
    charts = [chart] if predicted.size else []
    return Section("The sigma map", charts, [Table("(denoised - truth) / sigma", columns, rows)], sentence)


def _range(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "all"
    return f"above {low:g}" if math.isinf(high) else f"below {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"
