"""What a report shows of the injected sources: their flux, size, shape and place, before and after."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from amsd_astro.graphics.numbers import number
from amsd_astro.validation.checks import FLUX_GROUPS
from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.magnitude_bins import MagnitudeBins
from amsd_astro.validation.measurements import Measurements
from amsd_astro.validation.measures.bias import Bias, measure_bias
from amsd_astro.validation.measures.injection import SNR_RANGE
from amsd_astro.validation.parts import Band, Chart, Line, Section, Series, Table
from amsd_astro.validation.wording import with_error

__all__ = ["photometry_section", "shape_section"]

_BEFORE, _AFTER = "before", "after"


def photometry_section(experiment: Experiment, measurements: Measurements) -> Section:
    """Flux of the injected sources before and after."""
    brightness = MagnitudeBins(experiment)
    if brightness.edges.size < 2:
        return Section("Photometry", sentence="No isolated star could be put in: nothing was measured.")
    everything, stars = np.ones(experiment.injection.y.size, bool), experiment.injection.is_star
    aperture = _deviations(brightness, measurements, lambda table: table.aperture_flux, everything)
    psf = _deviations(brightness, measurements, lambda table: table.psf_flux, stars)
    charts = [
        _bias_chart(
            "Aperture flux", aperture, brightness, "deviation, %",
            "The denoised frame follows the frame before and stays near zero; faint sources may fall a little short.",
        ),
        _bias_chart(
            "PSF flux of stars", psf, brightness, "deviation, %",
            "As above, for the flux of a PSF fitted at the known place.",
        ),
        Chart(
            "Scatter of the aperture flux",
            "Lower is better. Where a source's own photon noise rules, the bright end, nothing can be gained.",
            [_line(name, _middles(bias), 100 * bias.scatter) for name, bias in aperture.items()],
            brightness.label, "scatter, %", y_log=True, vertical=brightness.marks,
        ),
    ]  # fmt: skip
    return Section(
        "Photometry", charts, [_flux_table(experiment, measurements)], _what_was_put_in(experiment, measurements)
    )


def _what_was_put_in(experiment: Experiment, measurements: Measurements) -> str:
    injection, psf, coverage = experiment.injection, experiment.psf, measurements.coverage
    by = {"assumed": "a PSF that is assumed", "stated": "a PSF as wide as stated"}.get(psf.source, "its own PSF")
    has_light = math.isfinite(coverage.light)
    light = f" with {100 * coverage.light:.0f} % of the light of its sources" if has_light else ""
    return (
        f"{injection.y.size} sources of known flux, of S/N {SNR_RANGE[0]:g} to {SNR_RANGE[1]:g}, were put into the "
        f"frame, stars by {by} (FWHM {psf.fwhm:.2f} px) and Sersic galaxies, and measured in it and in the denoised "
        f"frame in the same way. They stand on open sky, but for {injection.n_crowded} near a source of the frame, "
        f"which are left out: crowds and large objects, {100 * coverage.frame:.0f} % of the frame{light}, are not "
        "tested by them. In means over sources each counts alike, and what is 5 sigma off is left out."
    )


def _flux_table(experiment: Experiment, measurements: Measurements) -> Table:
    rows = []
    alone, snr, stars = ~experiment.injection.crowded, experiment.injection.snr, experiment.injection.is_star
    true, before, after = (one.aperture_flux for one in (measurements.true, measurements.before, measurements.after))
    for low, high in FLUX_GROUPS.values():
        for kind, of_kind in (("star", stars), ("galaxy", ~stars), ("both", np.ones(stars.size, bool))):
            chosen = alone & (snr >= low) & (snr <= high) & of_kind
            one = np.where(chosen, 1.0, -1.0)
            biases = [
                measure_bias(measured, true, one, edges=(0.0, 2.0))
                for measured in (before, after, after - before + true)
            ]
            row: list[object] = [f"{low:g} to {high:g}", kind, int(chosen.sum())]
            row += [with_error(100 * float(bias.mean[0]), 100 * float(bias.error[0])) for bias in biases]
            rows.append([*row, *(number(100 * float(bias.scatter[0]), 2) for bias in biases[:2])])
    columns = [
        "Aperture S/N",
        "Kind",
        "Sources",
        "Before less put in, %",
        "After less put in, %",
        "After less before, %",
    ]
    columns += [f"Scatter {when}, %" for when in (_BEFORE, _AFTER)]
    return Table("Aperture flux of isolated sources", columns, rows)


def shape_section(experiment: Experiment, measurements: Measurements) -> Section:
    """Size, shape and place of the injected stars before and after."""
    brightness = MagnitudeBins(experiment)
    if brightness.edges.size < 2:
        return Section("Positions and shapes", sentence="No isolated star could be put in: nothing was measured.")
    stars = experiment.injection.is_star & (experiment.injection.snr >= 10)
    fwhm = _deviations(brightness, measurements, lambda table: table.fwhm, stars)
    shape = _deviations(brightness, measurements, lambda table: table.ellipticity, stars, relative=False)
    places = _deviations(brightness, measurements, lambda table: table.dx, stars, relative=False)
    return Section(
        "Positions and shapes",
        [
            _bias_chart(
                "FWHM of stars", fwhm, brightness, "deviation, %",
                "Near zero: stars are neither blurred nor sharpened.",
            ),
            _bias_chart(
                "Ellipticity of stars", shape, brightness, "deviation of 1 - b/a",
                "Noise alone makes faint stars look flat, so both may rise to the faint side; after is no worse.",
                factor=1.0,
            ),
            Chart(
                "Scatter of the centres of stars",
                "Lower is better.",
                [_line(name, _middles(bias), bias.scatter) for name, bias in places.items()],
                brightness.label, "scatter along x, px", y_log=True, vertical=brightness.marks,
            ),
        ],
        sentence="Of isolated injected stars of aperture S/N above 10, under a fixed window.",
    )  # fmt: skip


def _deviations(
    brightness: MagnitudeBins,
    measurements: Measurements,
    column: Callable[..., NDArray[np.float64]],
    chosen: NDArray[np.bool_],
    *,
    relative: bool = True,
) -> dict[str, Bias]:
    true = column(measurements.true)
    tables = {_BEFORE: measurements.before, _AFTER: measurements.after}
    return {name: brightness.bias(column(table), true, chosen, relative) for name, table in tables.items()}


def _bias_chart(
    title: str,
    biases: dict[str, Bias],
    brightness: MagnitudeBins,
    y_label: str,
    sentence: str,
    *,
    factor: float = 100.0,
) -> Chart:
    series = [
        Series(name, _middles(bias), factor * bias.mean, y_error=factor * bias.error) for name, bias in biases.items()
    ]
    return Chart(
        title, sentence, series, brightness.label, y_label, horizontal=(Line(0.0),), vertical=brightness.marks,
        bands=(Band(-1.0, 1.0, "1 %"),) if factor != 1.0 else (),
    )  # fmt: skip


def _middles(bias: Bias) -> NDArray[np.float64]:
    return np.asarray(0.5 * (bias.low + bias.high))


def _line(name: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> Series:
    return Series(name, x, y, style="line")
