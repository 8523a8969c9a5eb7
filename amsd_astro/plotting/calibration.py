"""Whether the 1-sigma map of a denoised frame tells the error that is left, against a known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.frames import Frame
from amsd_astro.plotting.captions import facts_line, name_of
from amsd_astro.plotting.strata import NOMINAL, Stratum, coverage, strata_of
from amsd_astro.plotting.style import COLOURS, SMALL, head, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calibration"]

_SIZE = (12.0, 4.6)  # inches
_LEFTS, _BOTTOM, _WIDTH, _HEIGHT = (0.06, 0.385, 0.71), 0.13, 0.265, 0.63
_BIN, _RANGE = 0.25, 6.0
_LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("#000000", "-", "o"),
    (COLOURS[0], "--", "s"),
    (COLOURS[1], "-.", "^"),
    (COLOURS[2], ":", "D"),
    (COLOURS[3], (0, (7, 2, 1, 2)), "v"),
)
"""Colour, dashes and marker of all pixels and of each stratum."""


@usual_float_errors()
def plot_calibration(z_or_result: Any, truth: Any = None, *, snr: Any = None, figure: Figure | None = None) -> Figure:
    """Show the errors of a denoised frame over its 1-sigma map: their distribution, width and coverage.

    Parameters
    ----------
    z_or_result : Frame or array_like
        A denoised frame with uncertainty, or (denoised - truth) / sigma of any shape, NaN where pixels are bad.
    truth : array_like, Quantity or NDData, shape (ny, nx), optional
        The true image, with a Frame; numbers are in its unit.
    snr : array_like, optional
        True signal above the sky over the noise, of each pixel. By default it is worked out from the noise model of the
        frame, as it has it or its header records it; where there is none, all pixels are shown as one.
    figure : Figure, optional
        An empty figure to draw in; by default a new one, 12 inches wide.

    Returns
    -------
    Figure
        Axes: histograms of z by true signal to noise beside the unit Gaussian, the width of z in each stratum, and the
        share of pixels within the intervals that should hold a given share. Strata of under 1000 pixels are left out of
        the first and the last.

    Raises
    ------
    ValueError
        Shapes differ, or truth or uncertainty is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.plotting import plot_calibration
    >>> figure = plot_calibration(np.random.default_rng(0).normal(size=10000))  # errors over their sigma
    """
    strata = strata_of(z_or_result, truth, snr)
    figure = Figure(figsize=_SIZE, dpi=100) if figure is None else figure
    histogram, widths, covered = (figure.add_axes((left, _BOTTOM, _WIDTH, _HEIGHT)) for left in _LEFTS)
    _draw_histograms(histogram, strata)
    _draw_widths(widths, strata)
    _draw_coverage(covered, strata)
    is_frame = isinstance(z_or_result, Frame)
    title = f"{name_of(z_or_result, z_or_result)}: " if is_frame else ""
    head(figure, f"{title}error over the 1-sigma map", facts_line(z_or_result) if is_frame else "")
    return figure


def _shown(strata: list[Stratum]) -> list[tuple[Stratum, tuple[str, Any, str]]]:
    """Return the strata that are drawn as lines, with their looks."""
    pairs = zip(strata, _LOOKS, strict=False)
    return [(one, look) for one, look in pairs if one.is_judged or (one.name == "all" and one.z.size)]


def _draw_histograms(axes: Axes, strata: list[Stratum]) -> None:
    edges = np.arange(-_RANGE, _RANGE + _BIN / 2, _BIN)
    for one, (colour, dashes, _) in _shown(strata):
        counts, _ = np.histogram(one.z, edges)
        axes.stairs(counts / (one.z.size * _BIN), edges, color=colour, linestyle=dashes, linewidth=1.5, label=one.name)
    x = np.linspace(-_RANGE, _RANGE, 241)
    axes.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color="0.6", linewidth=4, zorder=0, label="unit Gaussian")
    axes.set_yscale("log")
    axes.set(xlim=(-_RANGE, _RANGE), ylim=(1e-5, 3))
    label(axes, "distribution", "z = (denoised - truth) / sigma", "density", legend="true S/N")


def _draw_widths(axes: Axes, strata: list[Stratum]) -> None:
    axes.axhspan(0.9, 1.1, color="0.9", zorder=0)
    axes.axhline(1, color="0.4", linewidth=0.8, linestyle=":")
    for place, (one, (colour, _, marker)) in enumerate(zip(strata, _LOOKS, strict=False)):
        if one.z.size:
            fill = colour if one.is_judged else "white"
            axes.plot(place - 0.1, one.width, marker, ms=8, color=colour, markerfacecolor=fill)
            axes.plot(place + 0.1, one.core_width, "_", ms=12, markeredgewidth=2.5, color=colour)
            above: dict[str, Any] = {"xytext": (0, 8), "textcoords": "offset points", "ha": "center"}
            axes.annotate(f"{one.width:.2f}", (place - 0.1, one.width), fontsize=SMALL, **above)
    counts = [f"{one.name}\n{one.z.size}" + ("" if one.is_judged else " (few)") for one in strata]
    axes.set_xticks(range(len(strata)), counts)
    axes.set_xlim(-0.6, len(strata) - 0.4)
    known = [value for one in strata for value in (one.width, one.core_width) if np.isfinite(value)]
    axes.set_ylim(0, max(1.5, 1.2 * max(known, default=1)))
    label(axes, "width: rms of z (marker), without tails (bar)", "true S/N of the pixels, and how many", "width of z")


def _draw_coverage(axes: Axes, strata: list[Stratum]) -> None:
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=4, zorder=0, label="as it should be")
    for one, (colour, dashes, _) in _shown(strata):
        axes.plot(NOMINAL, coverage(one.z), color=colour, linestyle=dashes, linewidth=1.5, label=one.name)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label(axes, "coverage", "nominal share within the interval", "share found", legend="true S/N")
