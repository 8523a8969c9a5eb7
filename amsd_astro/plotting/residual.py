"""What was taken from a frame, looked at from five sides: it should be noise, all noise and nothing but noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.frames import Frame
from amsd_astro.graphics.colours import TAKEN_LIMIT
from amsd_astro.plotting.axes import SMALL, TAKEN, TAKEN_LABEL, add_axes, add_bar, show, usable_wcs
from amsd_astro.plotting.captions import facts_line, name_of
from amsd_astro.plotting.norms import linear_norm
from amsd_astro.plotting.pair import Pair, drawn, match
from amsd_astro.plotting.profiles import residual_and_signal, residual_profile
from amsd_astro.plotting.style import COLOURS, head, label
from amsd_astro.plotting.whiteness import LAGS, lag_correlations, model_correlations, model_spectrum, radial_spectra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_residual"]

_SIZE = (12.0, 7.2)  # inches
_BIN = 0.25
_RANGE = 6.0  # of the histogram
_IMAGE = (0.075, 0.2, 0.365, 0.65)
_BAR = (0.095, 0.095, 0.325, 0.017)
_PANELS = ((0.52, 0.53), (0.805, 0.53), (0.52, 0.085), (0.805, 0.085))
_PANEL_SIZE = (0.185, 0.32)
_SIGNALS = {-100: "-100", -10: "-10", 0: "0", 3: "3", 10: "10", 100: "100", 1000: "1e3", 10000: "1e4", 100000: "1e5"}


@usual_float_errors()
def plot_residual(before: Frame, after: Frame, *, figure: Figure | None = None) -> Figure:
    """Show what was taken from a frame, in units of the noise, and what it is like.

    Parameters
    ----------
    before, after : Frame
        The exposure and the denoised frame, of one shape; the noise is found as for `plot_comparison`.
    figure : Figure, optional
        An empty figure to draw in; by default a new one, 12 inches wide.

    Returns
    -------
    Figure
        Axes: the image, its colour bar, the histogram beside the unit Gaussian, mean and width against the denoised
        signal, correlation with the neighbours beside the noise model's, power spectra on the emptier half of the
        frame.

    Raises
    ------
    ValueError
        The frames differ in shape.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> from amsd_astro.plotting import plot_residual
    >>> before, after = read_frame("exposure.fits"), read_frame("denoised.fits")
    >>> figure = plot_residual(before, after)
    """
    pair = match(before, after)
    figure = Figure(figsize=_SIZE, dpi=100) if figure is None else figure
    axes = add_axes(figure, _IMAGE, usable_wcs(before), labelled=True)
    where = drawn(pair.whole)
    taken = np.where(pair.masked(where), np.nan, pair.residual(where))
    image = show(axes, taken, where, norm=linear_norm(TAKEN_LIMIT), colours=TAKEN)
    axes.set_title("taken: (exposure - denoised) / noise", fontsize=SMALL + 1.5)
    add_bar(figure, _BAR, image, TAKEN_LABEL, extend="both")
    histogram, profile, neighbours, spectrum = (figure.add_axes((*place, *_PANEL_SIZE)) for place in _PANELS)
    residual, signal = residual_and_signal(pair)
    _draw_histogram(histogram, residual)
    _draw_profile(profile, residual, signal)
    _draw_neighbours(neighbours, pair)
    _draw_spectrum(spectrum, pair)
    head(figure, name_of(before, after), facts_line(after), pair.bad_share)
    return figure


def _draw_histogram(axes: Axes, residual: NDArray[np.float64]) -> None:
    edges = np.arange(-_RANGE, _RANGE + _BIN / 2, _BIN)
    counts, _ = np.histogram(residual, edges)
    axes.stairs(counts, edges, color=COLOURS[0], linewidth=1.6, label="residual")
    middle = (edges[:-1] + edges[1:]) / 2
    gauss = residual.size * _BIN * np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)
    axes.plot(middle, gauss, color="black", linestyle="--", linewidth=1.2, label="unit Gaussian")
    if residual.size:
        axes.set_yscale("log")
    axes.set(xlim=(-_RANGE, _RANGE), ylim=(0.5, max(10.0, 20 * float(max(counts.max(), gauss.max())))))
    if residual.size:
        text = f"mean {residual.mean():+.3f}\nwidth {residual.std():.3f}\nbeyond 5: {np.sum(np.abs(residual) > 5)}"
        axes.text(0.03, 0.97, text, transform=axes.transAxes, va="top", fontsize=SMALL)
    label(axes, "histogram", "residual / noise", f"pixels in {_BIN:g} sigma", place="lower center")


def _draw_profile(axes: Axes, residual: NDArray[np.float64], signal: NDArray[np.float64]) -> None:
    found = residual_profile(residual, signal)
    axes.axhline(0, color="black", linewidth=0.8, linestyle=":")
    axes.axhline(1, color="black", linewidth=0.8, linestyle=":")
    axes.errorbar(found.signal, found.mean, found.error, fmt="o", ms=4, lw=1.2, color=COLOURS[0], label="mean")
    axes.plot(found.signal, found.width, "s--", ms=4, lw=1.2, color=COLOURS[1], label="width")
    axes.set_xscale("symlog", linthresh=3)
    limits = axes.get_xlim()
    axes.set_xticks(list(_SIGNALS), labels=list(_SIGNALS.values()))
    axes.minorticks_off()
    axes.set_xlim(limits)
    lowest, highest = min(found.mean, default=0.0), max([*found.width, *found.mean], default=0.0)
    axes.set_ylim(np.clip(1.2 * lowest, -3, -0.3), np.clip(1.1 * highest, 1.3, 5))
    label(axes, "against signal", "(denoised - sky) / noise", "residual / noise")


def _draw_neighbours(axes: Axes, pair: Pair) -> None:
    values, errors = lag_correlations(pair)
    places = np.arange(len(LAGS))
    axes.axhline(0, color="black", linewidth=0.8, linestyle=":")
    axes.bar(places, model_correlations(pair.noise), width=0.7, color="0.85", edgecolor="0.4", label="noise model")
    axes.errorbar(places, values, errors, fmt="o", ms=5, lw=1.5, color=COLOURS[0], label="residual")
    axes.set_xticks(places, [f"{dx},{dy}" for dy, dx in LAGS])
    largest = max(np.abs([*values[np.isfinite(values)], *model_correlations(pair.noise)]))
    limit = max(0.05, 1.25 * float(largest))
    axes.set_ylim(-limit, limit)
    label(axes, "correlation with neighbours", "lag x,y in pixels", "correlation")


def _draw_spectrum(axes: Axes, pair: Pair) -> None:
    spectra = radial_spectra(pair)
    if spectra is None:
        axes.text(0.5, 0.5, "too few good pixels", transform=axes.transAxes, ha="center", fontsize=SMALL)
    else:
        x = spectra.frequency
        model = model_spectrum(pair.noise, spectra)
        axes.plot(x, model, color="black", linestyle="--", linewidth=1.2, label="noise model")
        axes.plot(x, spectra.before, color=COLOURS[2], linewidth=1.6, linestyle="-.", label="exposure")
        axes.plot(x, spectra.residual, color=COLOURS[0], linewidth=1.8, label="residual")
        axes.plot(x, spectra.after, color=COLOURS[1], linewidth=1.8, linestyle=":", label="denoised")
        axes.set_yscale("log")
    label(axes, "power on the emptier half", "cycles per pixel", "power / that of the noise")
