"""An exposure, its denoised frame, what was taken, by itself and smoothed, and the 1-sigma map, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.visualization import BaseStretch, ImageNormalize
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.frames import Frame
from amsd_astro.graphics.colours import TAKEN_LIMIT
from amsd_astro.graphics.smoothing import WIDTH, smoothed_residual
from amsd_astro.plotting.axes import (
    BRIGHTNESS,
    SMALL,
    TAKEN,
    TAKEN_LABEL,
    UNCERTAINTY,
    add_axes,
    add_bar,
    show,
    usable_wcs,
)
from amsd_astro.plotting.captions import facts_line, name_of
from amsd_astro.plotting.norms import brightness_norm, linear_norm, uncertainty_norm
from amsd_astro.plotting.pair import Pair, Window, drawn, match, sigma_map
from amsd_astro.plotting.regions import checked_region, choose_region
from amsd_astro.plotting.style import head

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_comparison"]

_WIDTH = 12.0  # inches; so are all the others
_LEFT, _RIGHT, _GAP = 1.1, 0.15, 0.12
_PANEL = (_WIDTH - _LEFT - _RIGHT - 3 * _GAP) / 4
_TITLE, _BAR, _FOOT = 0.9, 0.12, 0.55
_UNDER_IMAGE = 0.5  # the world coordinate
_BETWEEN = 0.45  # what a colour bar under unlabelled panels needs more, and the titles of the second row
_LOWEST, _HIGHEST = 0.5, 4.0  # of a panel


@dataclass(frozen=True)
class _Look:
    """How a panel looks."""

    norm: ImageNormalize
    colours: Colormap
    label: str
    extend: str = "max"

    def draw(self, axes: Axes, values: NDArray[np.floating] | None, where: Window) -> None:
        """Draw a panel; one without values says so."""
        given = np.zeros((1, 1)) if values is None else values
        image = show(axes, given, where, norm=self.norm, colours=self.colours)
        if values is None:
            image.remove()
            place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
            axes.text(0.5, 0.5, "none given", fontsize=SMALL + 1, **place)

    def mappable(self) -> ScalarMappable:
        """Return what a colour bar tells of."""
        return ScalarMappable(self.norm, self.colours)


@usual_float_errors()
def plot_comparison(
    before: Frame,
    after: Frame,
    *,
    region: Window | None = None,
    stretch: str | BaseStretch = "asinh",
    limits: tuple[float, float] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Show an exposure and its denoised frame, what was taken, and the 1-sigma map.

    The upper row shows the whole frame: exposure, denoised, what was taken, and the same smoothed. The lower row shows
    a part from near: exposure, denoised, what was taken, the 1-sigma map.

    Parameters
    ----------
    before, after : Frame
        The exposure and the denoised frame, of one shape. What was taken is told in units of the noise of the exposure:
        ``after.noise``, else what the header of ``after`` records or what is measured on ``before``.
    region : (slice, slice), optional
        Rows and columns of the part that is shown from near; by default the brightest one after the background is taken
        off.
    stretch : str or `~astropy.visualization.BaseStretch`, optional
        Of the exposure and the denoised frame, which share it and its limits: "asinh", "linear", "log" or "sqrt".
    limits : (float, float), optional
        Of both, in sigma of the sky above the sky: (-1, 2) for what is faint. By default from -3 to the brightest 0.3 %
        of the exposure.
    figure : Figure, optional
        An empty figure to draw in; by default a new one, 12 inches wide.

    Returns
    -------
    Figure
        Axes in the order of the panels: the upper row, the lower row, then the colour bars: of what was taken, of the
        frames, of the 1-sigma map. Pixels are drawn as they are, and averaged with others in the smoothed panel alone.

    Raises
    ------
    ValueError
        The frames differ in shape, or region, stretch or limits cannot be used.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> from amsd_astro.plotting import plot_comparison
    >>> before, after = read_frame("exposure.fits"), read_frame("denoised.fits")
    >>> figure = plot_comparison(before, after)
    """
    pair = match(before, after)
    near = choose_region(pair) if region is None else checked_region(region, before.data.shape)
    layout = _Layout((_height(pair.whole), _height(near)))
    figure = Figure(figsize=(_WIDTH, layout.total), dpi=100) if figure is None else figure
    looks = _looks(pair, brightness_norm(pair, stretch, limits=limits))
    wcs = usable_wcs(before if before.wcs is not None else after)
    for row, (where, panels) in enumerate(((pair.whole, _upper(pair)), (near, _lower(pair, near)))):
        for column, (title, look, values) in enumerate(panels):
            axes = add_axes(figure, layout.panel(row, column), wcs, labelled=column == 0)
            looks[look].draw(axes, values, where)
            axes.set_title(title, fontsize=SMALL + 1)
            if row == 0:
                _mark(axes, near)
    bars = {
        "taken": layout.bar(0, 2, 4, below=0.15),
        "brightness": layout.bar(1, 0, 2, below=_UNDER_IMAGE),
        "uncertainty": layout.bar(1, 3, 4, below=0.15),
    }
    for name, place in bars.items():
        if name != "uncertainty" or sigma_map(after) is not None:
            shown = looks[name]
            add_bar(figure, place, shown.mappable(), shown.label, extend=shown.extend)
    head(figure, name_of(before, after), facts_line(after), pair.bad_share)
    return figure


_Panel = tuple[str, str, NDArray[np.floating] | None]  # title, look, values: NaN where a pixel is bad


def _upper(pair: Pair) -> list[_Panel]:
    """Return the panels of the whole frame."""
    where = drawn(pair.whole)
    taken = pair.residual(where)
    taken[pair.masked(where)] = np.nan
    smoothed = smoothed_residual(taken, pair.noise.correlation, step=where[0].step or 1)
    return [
        ("exposure", "brightness", _without_bad(pair, where, pair.before.data[where])),
        ("denoised", "brightness", _without_bad(pair, where, pair.after.data[where])),
        ("taken: (exposure - denoised) / noise", "taken", taken),
        (f"smoothed by {WIDTH:g} px, over its noise", "taken", smoothed),
    ]


def _lower(pair: Pair, near: Window) -> list[_Panel]:
    """Return the panels of the part that is shown from near; None for a 1-sigma map that is not there."""
    ny, nx = (part.stop - part.start for part in near)
    where, sigma = drawn(near), sigma_map(pair.after)
    return [
        (
            f"the part marked above, {nx} x {ny} pixels",
            "brightness",
            _without_bad(pair, where, pair.before.data[where]),
        ),
        ("denoised", "brightness", _without_bad(pair, where, pair.after.data[where])),
        ("taken", "taken", _without_bad(pair, where, pair.residual(where))),
        ("1-sigma map", "uncertainty", None if sigma is None else _without_bad(pair, where, sigma[where])),
    ]


def _without_bad(pair: Pair, where: Window, values: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(pair.masked(where), np.nan, values)


def _looks(pair: Pair, brightness: ImageNormalize) -> dict[str, _Look]:
    unit = "" if pair.after.unit is None else pair.after.unit.to_string()
    unit = unit or "pixel value, no unit stated"
    sigma = sigma_map(pair.after)
    every = drawn(pair.whole)
    ours = uncertainty_norm(np.ones(1) if sigma is None else _without_bad(pair, every, sigma[every]))
    return {
        "brightness": _Look(brightness, BRIGHTNESS, f"exposure and denoised, {unit}"),
        "taken": _Look(linear_norm(TAKEN_LIMIT), TAKEN, TAKEN_LABEL, "both"),
        "uncertainty": _Look(ours, UNCERTAINTY, f"1 sigma, {unit}"),
    }


@dataclass(frozen=True)
class _Layout:
    """Where things are, from the heights of the two rows of panels in inches."""

    heights: tuple[float, ...]

    @property
    def total(self) -> float:
        """Height of the figure."""
        return _TITLE + sum(self.heights) + len(self.heights) * _UNDER_IMAGE + _BETWEEN + _BAR + _FOOT

    def panel(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return the place of a panel in fractions of the figure."""
        left = _LEFT + column * (_PANEL + _GAP)
        return left / _WIDTH, 1 - self._above(row) / self.total, _PANEL / _WIDTH, self.heights[row] / self.total

    def bar(self, row: int, first: int, last: int, *, below: float) -> tuple[float, float, float, float]:
        """Return the place of a colour bar under some panels of a row."""
        left = _LEFT + first * (_PANEL + _GAP) + 0.05 * _PANEL
        width = (last - first) * (_PANEL + _GAP) - _GAP - 0.1 * _PANEL
        bottom = self.total - self._above(row) - below - _BAR
        return left / _WIDTH, bottom / self.total, width / _WIDTH, _BAR / self.total

    def _above(self, row: int) -> float:
        """Return how far the lower edge of a row is from the top."""
        return _TITLE + sum(self.heights[: row + 1]) + row * (_UNDER_IMAGE + _BETWEEN)


def _height(where: Window) -> float:
    ny, nx = (part.stop - part.start for part in where)
    return float(np.clip(_PANEL * ny / nx, _LOWEST, _HIGHEST))


def _mark(axes: Axes, where: Window) -> None:
    """Draw the outline of a part, to be seen on black and on white."""
    (y, height), (x, width) = ((part.start - 0.5, part.stop - part.start) for part in where)
    for colour, line in (("black", 2.2), ("white", 1.0)):
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=line))
