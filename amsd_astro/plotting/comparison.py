"""An exposure, its denoised frame, what was taken and the 1-sigma map, side by side."""

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
from amsd_astro.plotting.axes import (
    BRIGHTNESS,
    SMALL,
    TAKEN,
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
_TITLE, _UNDER_IMAGE, _BAR, _FOOT = 0.9, 0.62, 0.12, 0.55
_LOWEST, _HIGHEST = 0.5, 4.0  # of a panel
_LIMIT = 5.0  # noise sigma


@dataclass(frozen=True)
class _Look:
    """How the panels of one column look."""

    title: str
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
    figure: Figure | None = None,
) -> Figure:
    """Show an exposure, its denoised frame, what was taken and the 1-sigma map, whole and from near.

    Parameters
    ----------
    before, after : Frame
        The exposure and the denoised frame, of one shape. What was taken is told in units of the noise of the exposure:
        ``after.noise``, else what the header of ``after`` records or what is measured on ``before``.
    region : (slice, slice), optional
        Rows and columns of the part that is shown from near; by default one with faint and bright sources.
    stretch : str or `~astropy.visualization.BaseStretch`, optional
        Of the exposure and the denoised frame, which share it and its limits: "asinh", "linear", "log" or "sqrt".
    figure : Figure, optional
        An empty figure to draw in; by default a new one, 12 inches wide.

    Returns
    -------
    Figure
        Axes in the order of the panels: the upper row, the lower row, the colour bars. Pixels are drawn as they are,
        none is averaged with others.

    Raises
    ------
    ValueError
        The frames differ in shape, or region or stretch cannot be used.
    """
    pair = match(before, after)
    near = choose_region(pair) if region is None else checked_region(region, before.data.shape)
    windows = [pair.whole, near]
    planes = [_planes(pair, drawn(where)) for where in windows]
    looks = _looks(pair, brightness_norm(pair, stretch), planes[0][-1])
    layout = _Layout(tuple(_height(where) for where in windows))
    figure = Figure(figsize=(_WIDTH, layout.total), dpi=100) if figure is None else figure
    wcs = usable_wcs(before if before.wcs is not None else after)
    for row, (where, parts) in enumerate(zip(windows, planes, strict=True)):
        for column, (look, values) in enumerate(zip(looks, parts, strict=True)):
            axes = add_axes(figure, layout.panel(row, column), wcs, labelled=column == 0)
            look.draw(axes, values, where)
            if row == 0:
                axes.set_title(look.title, fontsize=SMALL + 1.5)
                _mark(axes, near)
            elif column == 0:
                ny, nx = (part.stop - part.start for part in near)
                axes.set_title(f"the part marked above, {nx} x {ny} pixels", fontsize=SMALL, loc="left")
    for column, (look, values) in enumerate(zip(looks, planes[0], strict=True)):
        if values is not None:
            add_bar(figure, layout.bar(column), look.mappable(), look.label, extend=look.extend)
    head(figure, name_of(before, after), facts_line(after), pair.bad_share)
    return figure


def _planes(pair: Pair, where: Window) -> list[NDArray[np.floating] | None]:
    """Return what the panels show of a part: NaN where a pixel is bad, None for a 1-sigma map that is not there."""
    sigma, masked = sigma_map(pair.after), pair.masked(where)
    planes = [pair.before.data[where], pair.after.data[where], pair.residual(where)]
    planes += [] if sigma is None else [sigma[where]]
    drawn_planes: list[NDArray[np.floating] | None] = [np.where(masked, np.nan, plane) for plane in planes]
    return drawn_planes if sigma is not None else [*drawn_planes, None]


def _looks(pair: Pair, brightness: ImageNormalize, sigma: NDArray[np.floating] | None) -> list[_Look]:
    unit = "" if pair.after.unit is None else pair.after.unit.to_string()
    unit = unit or "pixel value, no unit stated"
    ours = uncertainty_norm(np.ones(1) if sigma is None else sigma)
    return [
        _Look("exposure", brightness, BRIGHTNESS, unit),
        _Look("denoised", brightness, BRIGHTNESS, unit),
        _Look(
            "taken: (exposure - denoised) / noise",
            linear_norm(_LIMIT),
            TAKEN,
            "noise sigma; black: taken, blue: added",
            "both",
        ),
        _Look("1-sigma map of the denoised", ours, UNCERTAINTY, unit),
    ]


@dataclass(frozen=True)
class _Layout:
    """Where things are, from the heights of the two rows of panels in inches."""

    heights: tuple[float, ...]

    @property
    def total(self) -> float:
        """Height of the figure."""
        return _TITLE + sum(self.heights) + len(self.heights) * _UNDER_IMAGE + _BAR + _FOOT

    def panel(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return the place of a panel in fractions of the figure."""
        above = _TITLE + sum(self.heights[: row + 1]) + row * _UNDER_IMAGE
        left = _LEFT + column * (_PANEL + _GAP)
        return left / _WIDTH, 1 - above / self.total, _PANEL / _WIDTH, self.heights[row] / self.total

    def bar(self, column: int) -> tuple[float, float, float, float]:
        """Return the place of a colour bar."""
        left = _LEFT + column * (_PANEL + _GAP) + 0.05 * _PANEL
        return left / _WIDTH, _FOOT / self.total, 0.9 * _PANEL / _WIDTH, _BAR / self.total


def _height(where: Window) -> float:
    ny, nx = (part.stop - part.start for part in where)
    return float(np.clip(_PANEL * ny / nx, _LOWEST, _HIGHEST))


def _mark(axes: Axes, where: Window) -> None:
    """Draw the outline of a part, to be seen on black and on white."""
    (y, height), (x, width) = ((part.start - 0.5, part.stop - part.start) for part in where)
    for colour, line in (("black", 2.2), ("white", 1.0)):
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=line))
