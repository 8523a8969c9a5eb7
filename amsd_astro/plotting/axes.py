"""Axes of images: world coordinates where a frame has them, masked pixels in a colour of their own, colour bars."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.visualization import ImageNormalize, LinearStretch
from astropy.visualization.wcsaxes import WCSAxes
from astropy.wcs import WCS
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from amsd_astro.arrays.mask_downsampling import downsampled_mask
from amsd_astro.frames import Frame
from amsd_astro.graphics.colours import MASKED
from amsd_astro.graphics.colours import TAKEN as _TAKEN
from amsd_astro.graphics.ticks import linear_ticks, stretched_ticks
from amsd_astro.plotting.pair import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BRIGHTNESS",
    "MASKED_COLOUR",
    "SMALL",
    "TAKEN",
    "TAKEN_LABEL",
    "UNCERTAINTY",
    "add_axes",
    "add_bar",
    "show",
    "usable_wcs",
]

SMALL = 8.5
"""Size of the text of ticks, in points: legible where a figure of 12 inches is 1200 pixels wide."""

MASKED_COLOUR = "#{:02x}{:02x}{:02x}".format(*MASKED)
"""Of masked pixels; none of the maps holds anything like it, to colour-blind readers either."""

_COARSE = 400  # pixels of the screen on a side of a panel
_N_TICKS, _LONG = 5, 6  # ticks of a colour bar; fewer where a label has more characters


def _with_masked(given: Colormap) -> Colormap:
    return given.with_extremes(bad=MASKED_COLOUR)


BRIGHTNESS = _with_masked(LinearSegmentedColormap.from_list("brightness", ["black", "white"]))
"""Colours of a frame."""

TAKEN = _with_masked(LinearSegmentedColormap.from_list("taken", _TAKEN))
"""Colours of a residual: red was taken away, blue was added."""

TAKEN_LABEL = "noise sigma; red: taken away, blue: added"
"""What the colours of a residual stand for."""

UNCERTAINTY = _with_masked(
    LinearSegmentedColormap.from_list("uncertainty", ["#04142c", "#2f6690", "#9cc9cf", "#ffffff"])
)
"""Colours of a 1-sigma map."""


def usable_wcs(frame: Frame) -> WCS | None:
    """Return the world coordinates of a frame if axes can be drawn with them, else None.

    Parameters
    ----------
    frame : Frame
        With a WCS of any kind, or none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = frame.wcs
        if wcs is None or wcs.pixel_n_dim != 2 or wcs.world_n_dim != 2 or not any(wcs.wcs.ctype):
            return None
        try:  # what a WCS can do is seen by doing it
            figure = Figure(figsize=(2, 2), dpi=50)
            axes = add_axes(figure, (0.3, 0.3, 0.6, 0.6), wcs, labelled=True)
            ny, nx = frame.data.shape
            axes.set(xlim=(-0.5, nx - 0.5), ylim=(-0.5, ny - 0.5))
            FigureCanvasAgg(figure).print_raw(io.BytesIO())
            corners = wcs.pixel_to_world_values([0, nx - 1], [0, ny - 1])
        except Exception:  # noqa: BLE001 - wcslib and units raise many kinds; pixels do for axes
            return None
    return wcs if all(np.all(np.isfinite(axis)) for axis in corners) else None


def add_axes(figure: Figure, place: tuple[float, float, float, float], wcs: WCS | None, *, labelled: bool) -> Axes:
    """Add axes for an image.

    Parameters
    ----------
    figure : Figure
        Where to.
    place : (left, bottom, width, height)
        In fractions of the figure.
    wcs : WCS or None
        Of the frame; None for axes of pixels.
    labelled : bool
        Whether they have labels; of axes that are alike side by side, one will do.

    Returns
    -------
    Axes
        `~astropy.visualization.wcsaxes.WCSAxes` where there is a WCS.
    """
    if wcs is None:
        axes = figure.add_axes(place)
        axes.tick_params(labelsize=SMALL, labelleft=labelled, labelbottom=labelled, direction="in", color="0.5")
        for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
            axis.set_major_locator(MaxNLocator(4, integer=True))
            axis.set_label_text(f"{name} in pixels" if labelled else "", fontsize=SMALL)
        return axes
    world = figure.add_axes(place, projection=wcs)
    assert isinstance(world, WCSAxes)
    _lay_out(world, wcs, labelled=labelled)
    return world


def _lay_out(axes: WCSAxes, wcs: WCS, *, labelled: bool) -> None:
    """Tell one world coordinate at the bottom, the other at the left."""
    turned = int(abs(wcs.pixel_scale_matrix[1, 1]) < abs(wcs.pixel_scale_matrix[0, 1]))
    for side, number in (("b", turned), ("l", 1 - turned)):
        coordinate = axes.coords[number]
        coordinate.set_ticks_position("bt" if side == "b" else "lr")
        coordinate.set_ticklabel_position(side)
        coordinate.set_axislabel_position(side)
        coordinate.set_ticklabel(size=SMALL, exclude_overlapping=True)
        coordinate.tick_params(direction="in", color="0.5")
        coordinate.set_ticks(number=3 if side == "b" else 4)
        coordinate.set_axislabel(_name(wcs, number), fontsize=SMALL, minpad=0.6)
        if not labelled:
            coordinate.set_ticklabel_visible(False)
            coordinate.set_axislabel("")


def _name(wcs: WCS, number: int) -> str:
    """Return the name of a world coordinate, such as RA."""
    names = {wcs.wcs.lng: wcs.wcs.lngtyp, wcs.wcs.lat: wcs.wcs.lattyp}
    name = names.get(number, "").strip() or str(wcs.wcs.ctype[number]).split("-")[0]
    return {"DEC": "Dec"}.get(name, name)


def show(
    axes: Axes, values: NDArray[np.floating], where: Window, *, norm: ImageNormalize, colours: Colormap
) -> AxesImage:
    """Draw a part of a frame where it lies in the frame.

    Parameters
    ----------
    axes : Axes
        By `add_axes`.
    values : ndarray, shape (ny, nx)
        The pixels of the part that are drawn; a NaN is a masked one, drawn by a second image over the first. None is
        averaged with others: noise looks as it is.
    where : (slice, slice)
        Rows and columns of the frame; with a step, those between are left out.
    norm : ImageNormalize
        From values to colours.
    colours : Colormap
        The colours.
    """
    rows, columns = where
    limits = (columns.start - 0.5, columns.stop - 0.5, rows.start - 0.5, rows.stop - 0.5)
    ny, nx = limits[3] - limits[2], limits[1] - limits[0]
    image = axes.imshow(
        np.ma.masked_invalid(values),
        origin="lower",
        extent=limits,
        norm=norm,
        cmap=colours,
        interpolation="nearest",
        aspect="equal" if max(ny, nx) <= 4 * min(ny, nx) else "auto",
    )
    _show_masked(axes, ~np.isfinite(values), limits)
    axes.set(xlim=limits[:2], ylim=limits[2:])
    return image


def _show_masked(axes: Axes, masked: NDArray[np.bool_], limits: tuple[float, float, float, float]) -> None:
    """Draw masked pixels once more, coarser: a bad column may lie between two pixels of the screen."""
    if not masked.any():
        return
    step = -(-max(masked.shape) // _COARSE)
    coarse = downsampled_mask(masked, step)
    over = np.zeros((*coarse.shape, 4), np.float32)
    over[coarse] = to_rgba(MASKED_COLOUR)
    left, right, bottom, top = limits
    # the last pixels of it may reach beyond the frame
    width, height = (step * part / whole for part, whole in zip(coarse.shape[::-1], masked.shape[::-1], strict=True))
    extent = (left, left + width * (right - left), bottom, bottom + height * (top - bottom))
    axes.imshow(over, origin="lower", extent=extent, interpolation="antialiased", aspect=axes.get_aspect())


def add_bar(
    figure: Figure, place: tuple[float, float, float, float], image: ScalarMappable, label: str, *, extend: str
) -> Axes:
    """Add a horizontal colour bar, with round ticks spread over it whatever the stretch.

    Parameters
    ----------
    figure : Figure
        Where to.
    place : (left, bottom, width, height)
        In fractions of the figure.
    image : ScalarMappable
        Whose colours it tells.
    label : str
        What they stand for.
    extend : str
        Which ends of the range values lie beyond: "max" or "both".
    """
    axes = figure.add_axes(place)
    bar = figure.colorbar(image, cax=axes, orientation="horizontal", extend=extend)
    ticks = _ticks(image.norm)
    bar.set_ticks([value for value, _ in ticks], labels=[text.replace("-", "\N{MINUS SIGN}") for _, text in ticks])
    bar.minorticks_off()
    bar.set_label(label, size=SMALL, parse_math=False)
    axes.tick_params(labelsize=SMALL)
    return axes


def _ticks(norm: Any) -> list[tuple[float, str]]:
    """Return round values and their labels; fewer where these are long."""
    if isinstance(norm.stretch, LinearStretch):
        low, high = float(norm.vmin), float(norm.vmax)
        ticks = linear_ticks(low, high)
        return ticks if _fit(ticks) else linear_ticks(low, high, 3)
    ticks = stretched_ticks(lambda share: float(np.squeeze(norm.inverse(share))), _N_TICKS)
    return ticks if _fit(ticks) else ticks[::2]


def _fit(ticks: list[tuple[float, str]]) -> bool:
    return max((len(text) for _, text in ticks), default=0) <= _LONG
