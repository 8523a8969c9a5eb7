"""Charts as inline SVG: text stays text, colours come from the page, and all numbers stand in a table beneath."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.graphics.numbers import number
from amsd_astro.graphics.ticks import linear_ticks, log_ticks
from amsd_astro.validation.parts import Chart, Series
from amsd_astro.validation.report.tables import numbers_table
from amsd_astro.validation.report.text import escaped

__all__ = ["chart_figure"]

# In units of the drawing, which a phone shows at about one pixel each.
_WIDTH, _HEIGHT = 380, 262
_TOP, _RIGHT, _BOTTOM = 26, 14, 42
_CHARACTER = 6.6  # width of a digit of tick labels
_ASIDE = 3.0  # between series of points
_N_COLOURS = 6
_MARKERS = (
    "M{x:.2f},{y:.2f}m-3,0a3,3 0 1 0 6,0a3,3 0 1 0 -6,0z",  # circle
    "M{x:.2f},{y:.2f}m-2.7,-2.7h5.4v5.4h-5.4z",  # square
    "M{x:.2f},{y:.2f}m0,-3.8l3.6,6.3h-7.2z",  # triangle
    "M{x:.2f},{y:.2f}m0,-4l4,4l-4,4l-4,-4z",  # diamond
)


def chart_figure(chart: Chart, name: str) -> str:
    """Return a chart with its title, its legend, what good looks like, and its numbers.

    Parameters
    ----------
    chart : Chart
        What to draw.
    name : str
        Unique in the page, of letters, digits and hyphens.

    Returns
    -------
    str
        A ``figure`` element.
    """
    return (
        f'<figure class="chart" id="{name}">'
        f"<h3>{escaped(chart.title)}</h3>"
        f"<p>{escaped(chart.sentence)}</p>"
        f"{_legend(chart)}{_drawing(chart, name)}"
        f"<details><summary>Numbers of this chart</summary>{numbers_table(chart)}</details></figure>"
    )


@dataclass(frozen=True)
class _Axis:
    """The way from values to places."""

    low: float
    high: float
    log: bool
    first: float  # place of low
    last: float

    def places(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return places, NaN for what an axis in logarithms does not have; far outside they stay finite."""
        shares = (_scaled(values, self.log) - self._low) / (_scaled(self.high, self.log) - self._low)
        return self.first + (self.last - self.first) * np.clip(shares, -9, 10)

    @property
    def _low(self) -> NDArray[np.float64]:
        return _scaled(self.low, self.log)

    def ticks(self, n_most: int) -> list[tuple[float, str]]:
        return log_ticks(self.low, self.high) if self.log else linear_ticks(self.low, self.high, n_most)


def _scaled(values: ArrayLike, log: bool) -> NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if not log:
        return numbers
    return np.log10(np.where(numbers > 0, numbers, np.nan))


def _drawing(chart: Chart, name: str) -> str:
    x_values, (y_values, y_ends) = _x_values(chart), _y_values(chart)
    y_range = chart.y_range or _range(y_values, y_ends, log=chart.y_log)
    x_range = chart.x_range or _range(x_values, x_values, log=chart.x_log)
    y_axis = _Axis(*y_range, chart.y_log, _HEIGHT - _BOTTOM, _TOP)
    left = round(12 + _CHARACTER * max((len(label) for _, label in y_axis.ticks(6)), default=1))
    width, height = _WIDTH - _RIGHT - left, _HEIGHT - _BOTTOM - _TOP
    x_axis = _Axis(*x_range, chart.x_log, left, left + width)
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escaped(chart.title)}</title>'
        f'<desc id="{name}-desc">{escaped(_description(chart))}</desc>'
        f"{_frame(chart, x_axis, y_axis)}"
        # a drawing within the drawing cuts off what lies outside the axes
        f'<svg x="{left}" y="{_TOP}" width="{width}" height="{height}" viewBox="{left} {_TOP} {width} {height}">'
        f"{_content(chart, x_axis, y_axis)}</svg></svg>"
    )


def _x_values(chart: Chart) -> NDArray[np.float64]:
    """Return the values of x that must be in view."""
    values = [line.value for line in chart.vertical]
    values += [end for band in chart.bands if band.upright for end in (band.low, band.high)]
    for series in chart.series:
        x = np.asarray(series.x, np.float64)
        if series.style == "steps":
            edges = _edges(_scaled(x, chart.x_log))
            x = 10.0**edges if chart.x_log else edges
        values.extend(x)
    return np.asarray(values, np.float64)


def _y_values(chart: Chart) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values of y that must be in view, and the ends of error bars, which should."""
    values = [line.value for line in chart.horizontal]
    values += [end for band in chart.bands if not band.upright for end in (band.low, band.high)]
    ends: list[float] = []
    for series in chart.series:
        y = np.asarray(series.y, np.float64)
        values.extend(y)
        if series.y_error is not None:
            error = np.asarray(series.y_error, np.float64)
            ends.extend([*(y - error), *(y + error)])
    return np.asarray(values, np.float64), np.asarray(ends, np.float64)


def _range(values: NDArray[np.float64], ends: NDArray[np.float64], *, log: bool) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, with some air; long error bars are cut."""
    scaled, reach = (part[np.isfinite(part)] for part in (_scaled(values, log), _scaled(ends, log)))
    if scaled.size == 0:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = float(scaled.min()), float(scaled.max())
    if reach.size:
        span = (high - low) or math.inf
        low, high = max(min(low, reach.min()), low - span), min(max(high, reach.max()), high + span)
    if not high > low:
        half = 0.5 if log else 0.5 * abs(low) or 0.5
        low, high = low - half, high + half
    air = 0.05 * (high - low)
    low, high = low - air, high + air
    return (float(10.0**low), float(10.0**high)) if log else (low, high)


def _frame(chart: Chart, x_axis: _Axis, y_axis: _Axis) -> str:
    """Return the grid, the labels of ticks and of axes."""
    left, right, top, bottom = x_axis.first, x_axis.last, y_axis.last, y_axis.first
    parts = []
    widest = max((len(label) for _, label in x_axis.ticks(6)), default=1)
    for value, label in x_axis.ticks(max(2, min(6, int((right - left) / (_CHARACTER * (widest + 3)))))):
        x = float(x_axis.places(value))
        parts.append(f'<path class="grid" d="M{x:.2f},{top}V{bottom}"/>')
        parts.append(f'<text x="{x:.2f}" y="{bottom + 15}" text-anchor="middle">{label}</text>')
    for value, label in y_axis.ticks(6):
        y = float(y_axis.places(value))
        parts.append(f'<path class="grid" d="M{left:.2f},{y:.2f}H{right:.2f}"/>')
        parts.append(f'<text x="{left - 6:.2f}" y="{y + 4:.2f}" text-anchor="end">{label}</text>')
    parts.append(f'<path class="axis" d="M{left:.2f},{top}V{bottom}H{right}"/>')
    parts.append(f'<text class="label" x="0" y="13">{escaped(chart.y_label)}</text>')
    middle = 0.5 * (left + right)
    parts.append(f'<text class="label" x="{middle:.2f}" y="{_HEIGHT - 6}" text-anchor="middle">')
    return "".join([*parts, escaped(chart.x_label), "</text>"])


def _content(chart: Chart, x_axis: _Axis, y_axis: _Axis) -> str:
    parts = []
    for band in chart.bands:
        axis = x_axis if band.upright else y_axis
        first, last = sorted(float(place) for place in axis.places([band.low, band.high]))
        if band.upright:
            top = f"M{first:.2f},{y_axis.last}V{y_axis.first}"
            parts.append(f'<path class="band" d="{top}H{last:.2f}V{y_axis.last}z"/>')
        else:
            parts.append(f'<path class="band" d="M{x_axis.first:.2f},{first:.2f}H{x_axis.last}V{last:.2f}')
            parts.append(f'H{x_axis.first:.2f}z"/>')
    for line in chart.horizontal:
        y = float(y_axis.places(line.value))
        parts.append(f'<path class="reference" d="M{x_axis.first:.2f},{y:.2f}H{x_axis.last}"/>')
    for line in chart.vertical:
        x = float(x_axis.places(line.value))
        parts.append(f'<path class="reference upright" d="M{x:.2f},{y_axis.last}V{y_axis.first}"/>')
    dotted = [n for n, series in enumerate(chart.series) if series.style == "points"]
    for n, series in enumerate(chart.series):
        aside = 0.0
        if series.style == "points":  # so that error bars at the same x do not hide each other
            aside = _ASIDE * (dotted.index(n) - 0.5 * (len(dotted) - 1))
        parts.append(f'<g class="s{n % _N_COLOURS}">{_marks(series, n, x_axis, y_axis, aside)}</g>')
    return "".join(parts)


def _marks(series: Series, n: int, x_axis: _Axis, y_axis: _Axis, aside: float) -> str:
    x, y = x_axis.places(series.x) + aside, y_axis.places(series.y)
    shapes = ""
    if series.y_error is not None:
        values, errors = np.asarray(series.y, np.float64), np.asarray(series.y_error, np.float64)
        below, above = y_axis.places(values - errors), y_axis.places(values + errors)
        # the lower end of an error bar may lie below all that an axis in logarithms has
        below = np.where(np.isnan(below) & np.isfinite(errors), y_axis.first + 99, below)
        bars = (f"M{a:.2f},{b:.2f}V{c:.2f}" for a, b, c in zip(x, below, above, strict=True) if _finite(a, b, c))
        shapes = f'<path class="bar" d="{"".join(bars)}"/>'
    if series.style == "points":
        dots = (_MARKERS[n % len(_MARKERS)].format(x=a, y=b) for a, b in zip(x, y, strict=True) if _finite(a, b))
        return f'{shapes}<path class="dot" d="{"".join(dots)}"/>'
    if series.style == "steps":
        x, y = np.repeat(_edges(x, lone=40), 2)[1:-1], np.repeat(y, 2)
    return f'{shapes}<path class="line" d="{_path(x, y)}"/>'


def _finite(*places: float) -> bool:
    return all(math.isfinite(place) for place in places)


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Return a line through places, broken where one is missing."""
    parts, pen = [], "M"
    for a, b in zip(x, y, strict=True):
        if not _finite(a, b):
            pen = "M"
            continue
        parts.append(f"{pen}{a:.2f},{b:.2f}")
        pen = "L"
    return "".join(parts)


def _edges(x: NDArray[np.float64], lone: float = 0.5) -> NDArray[np.float64]:
    """Return the ends of steps about values in order; a lone one is twice `lone` wide."""
    if x.size == 0:
        return x
    if x.size == 1:
        return np.array([x[0] - lone, x[0] + lone])
    middles = 0.5 * (x[1:] + x[:-1])
    return np.concatenate([[2 * x[0] - middles[0]], middles, [2 * x[-1] - middles[-1]]])


def _legend(chart: Chart) -> str:
    """Return what the colours and lines are; nothing where there is one series and nothing else."""
    items = []
    for n, series in enumerate(chart.series):
        drawn = _MARKERS[n % len(_MARKERS)].format(x=11, y=7) if series.style == "points" else "M1,7H21"
        kind = "dot" if series.style == "points" else "line"
        items.append((f'<g class="s{n % _N_COLOURS}"><path class="{kind}" d="{drawn}"/></g>', series.label))
    lines = [(line, "") for line in chart.horizontal] + [(line, " upright") for line in chart.vertical]
    items += [(f'<path class="reference{kind}" d="M1,7H21"/>', line.label) for line, kind in lines if line.label]
    items += [('<path class="band" d="M1,2H21V12H1z"/>', band.label) for band in chart.bands if band.label]
    if len(items) < 2 and not any(label for _, label in items[len(chart.series) :]):
        return ""
    entries = (
        f'<li><svg viewBox="0 0 22 14" aria-hidden="true">{mark}</svg>{escaped(label)}</li>' for mark, label in items
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _description(chart: Chart) -> str:
    """Return in words what is drawn, for those who do not see it."""
    parts = [f"{chart.y_label} against {chart.x_label}."]
    for series in chart.series:
        x, y = (np.asarray(part, np.float64) for part in (series.x, series.y))
        good = np.isfinite(x) & np.isfinite(y)
        if not good.any():
            parts.append(f"{series.label}: no values.")
            continue
        parts.append(
            f"{series.label}: {good.sum()} values from {_span(y[good])}, at {chart.x_label} from {_span(x[good])}."
        )
    labels = [line.label for line in (*chart.horizontal, *chart.vertical)] + [band.label for band in chart.bands]
    if any(labels):
        parts.append(f"Drawn besides: {', '.join(filter(None, labels))}.")
    return " ".join(parts)


def _span(values: NDArray[np.float64]) -> str:
    return f"{number(float(values.min()))} to {number(float(values.max()))}"
