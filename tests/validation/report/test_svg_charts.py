"""Charts: what is drawn lies where the axes say, and all numbers stand beneath."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import pytest

from amsd_astro.validation.parts import Band, Chart, Line, Series
from amsd_astro.validation.report.svg_charts import chart_figure

PLACE = re.compile(r"M(-?[\d.]+),(-?[\d.]+)")


def chart(series: Sequence[Series], **more: object) -> Chart:
    options = {"x_label": "magnitude", "y_label": "bias (%)", **more}
    return Chart("Flux", "Near zero.", series, **options)  # type: ignore[arg-type]


def drawn(what: Chart) -> ElementTree.Element:
    """Return the figure; it is XML as well."""
    return ElementTree.fromstring(chart_figure(what, "chart"))


def axis(figure: ElementTree.Element, name: str, *, log: bool = False) -> np.poly1d:
    """Return the way from values to places that the labels of the ticks tell."""
    labels = [text for text in figure.iter("text") if text.get("class") is None]
    anchor, shift = ("middle", 0.0) if name == "x" else ("end", 4.0)
    ticks = [(float(str(t.text)), float(str(t.get(name))) - shift) for t in labels if t.get("text-anchor") == anchor]
    values = np.array([value for value, _ in ticks])
    return np.poly1d(np.polyfit(np.log10(values) if log else values, [place for _, place in ticks], 1))


def paths(figure: ElementTree.Element, kind: str) -> list[str]:
    """Return the paths of a class within the axes."""
    inner = figure.findall("./svg/svg//path")
    return [str(path.get("d")) for path in inner if str(path.get("class")).startswith(kind)]


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in PLACE.findall(path)]


def cells(figure: ElementTree.Element) -> list[list[str]]:
    return [[str(cell.text) for cell in row.findall("td")] for row in figure.findall(".//details//tbody/tr")]


@pytest.mark.parametrize("log", [False, True])
def test_points_and_error_bars_lie_where_the_axes_say(log: bool) -> None:
    x, y, error = [1.0, 10.0, 300.0], [2.0, 50.0, 7.0], [0.5, 5.0, 1.0]
    figure = drawn(chart([Series("after", x, y, error)], x_log=log, y_log=log))
    to_x, to_y = axis(figure, "x", log=log), axis(figure, "y", log=log)
    scale = np.log10 if log else np.asarray
    expected = [(to_x(scale(a)), to_y(scale(b))) for a, b in zip(x, y, strict=True)]
    assert places(paths(figure, "dot")[0]) == [pytest.approx(place, abs=0.05) for place in expected]
    bars = re.findall(r"M([\d.]+),([\d.]+)V([\d.]+)", paths(figure, "bar")[0])
    for bar, a, b, e in zip(bars, x, y, error, strict=True):
        ends = (to_x(scale(a)), to_y(scale(b - e)), to_y(scale(b + e)))
        assert [float(part) for part in bar] == pytest.approx(ends, abs=0.05)


def test_lines_and_bands_lie_where_the_axes_say() -> None:
    what = chart(
        [Series("after", [0, 10], [0, 4], style="line")],
        horizontal=[Line(1.0, "one")],
        vertical=[Line(7.0, "limit")],
        bands=[Band(-1, 2, "allowed"), Band(3, 5, "range", upright=True)],
    )
    figure = drawn(what)
    to_x, to_y = axis(figure, "x"), axis(figure, "y")
    flat, upright = (places(path)[0] for path in paths(figure, "reference"))
    assert flat[1] == pytest.approx(to_y(1.0), abs=0.05)
    assert upright[0] == pytest.approx(to_x(7.0), abs=0.05)
    lying, standing = paths(figure, "band")
    assert places(lying)[0][1] == pytest.approx(to_y(2), abs=0.05)
    assert float(re.findall(r"V([\d.]+)", lying)[0]) == pytest.approx(to_y(-1), abs=0.05)
    assert places(standing)[0][0] == pytest.approx(to_x(3), abs=0.05)
    assert float(re.findall(r"H([\d.]+)", standing)[0]) == pytest.approx(to_x(5), abs=0.05)
    legend = "".join(figure.find("ul").itertext())  # type: ignore[union-attr]
    assert all(word in legend for word in ("after", "one", "limit", "allowed", "range"))


def test_steps_reach_to_the_middle_between_neighbours() -> None:
    figure = drawn(chart([Series("share", [1, 2, 4], [5, 6, 7], style="steps")]))
    to_x, to_y = axis(figure, "x"), axis(figure, "y")
    corners = re.findall(r"[ML]([\d.]+),([\d.]+)", paths(figure, "line")[0])
    edges, heights = [0.5, 1.5, 1.5, 3, 3, 5], [5, 5, 6, 6, 7, 7]
    for corner, edge, height in zip(corners, edges, heights, strict=True):
        assert [float(part) for part in corner] == pytest.approx((to_x(edge), to_y(height)), abs=0.05)


def test_the_numbers_of_a_chart_stand_in_a_table() -> None:
    x = np.array([17.0, 18.5, 25.0])
    shared = [Series("before", x, [0.123456, -2e-7, np.nan], [0.1, 0.2, 0.3]), Series("after", x, [1, 2, 3])]
    figure = drawn(chart([*shared, Series("truth", [16, 26], [0, 0], style="line")]))
    assert cells(figure) == [
        ["17", "0.123456", "0.1", "1"],
        ["18.5", "-2e-07", "0.2", "2"],
        ["25", "no value", "0.3", "3"],
        ["16", "0"],
        ["26", "0"],
    ]
    heads = [[str(cell.text) for cell in head] for head in figure.findall(".//details//thead/tr")]
    assert heads == [["magnitude", "before", "before, error", "after"], ["magnitude", "truth"]]


def test_a_long_table_says_what_it_leaves_out() -> None:
    figure = drawn(chart([Series("all", np.arange(1500), np.arange(1500))]))
    assert len(cells(figure)) == 1000
    assert "the first 1000 of 1500" in "".join(figure.find(".//details").itertext())  # type: ignore[union-attr]


def test_what_is_not_positive_is_not_drawn_in_logarithms() -> None:
    figure = drawn(chart([Series("power", [1, 2, 3], [10, 0, 1000])], y_log=True))
    assert len(places(paths(figure, "dot")[0])) == 2
    assert [row[1] for row in cells(figure)] == ["10", "0", "1000"]


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    figure = drawn(chart([Series("curve", [1, 2, 3, 4, 5], [1001, 1002, math.nan, 1004, 1005], style="line")]))
    assert len(places(paths(figure, "line")[0])) == 2
    (_, low), (_, high) = places(paths(figure, "line")[0])
    assert low - high > 100  # the axis does not reach for the missing one


def test_long_error_bars_do_not_flatten_a_chart() -> None:
    figure = drawn(chart([Series("after", [1, 2, 3], [0, 1, 2], [0.1, 0.1, 1e6])]))
    ys = [y for _, y in places(paths(figure, "dot")[0])]
    assert max(ys) - min(ys) > 40


def test_values_far_outside_a_given_range_stay_finite() -> None:
    figure = drawn(chart([Series("after", [1, 2], [1e30, -1e30], style="line")], y_range=(0, 1)))
    numbers = [float(part) for part in re.findall(r"-?[\d.]+", paths(figure, "line")[0])]
    assert all(abs(number) < 10_000 for number in numbers)


@pytest.mark.parametrize(
    "series",
    [
        [],
        [Series("none", [], [])],
        [Series("lost", [math.nan], [math.nan])],
        [Series("one", [3.0], [4.0], style="steps")],
        [Series("zero", [0.0, 0.0], [0.0, 0.0], [0.0, math.nan])],
        [Series("tiny", [1, 2], [1e-30, 1.0000001e-30])],
        [Series("huge", [1, 2], [1e30, -1e30], [math.inf, 1.0])],
    ],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("style", ["points", "line", "steps"])
def test_odd_numbers_give_a_chart_all_the_same(series: list[Series], log: bool, style: str) -> None:
    parts = [Series(s.label, s.x, s.y, s.y_error, style) for s in series]  # type: ignore[arg-type]
    figure = drawn(chart(parts, x_log=log, y_log=log))
    ticks = [text for text in figure.iter("text") if text.get("class") is None]
    assert len(ticks) >= 4
    assert "nan" not in "".join(str(path.get("d")) for path in figure.iter("path"))


def test_charts_speak_to_those_who_do_not_see_them() -> None:
    what = chart([Series("after", [17, 25], [-0.5, 1.25])], horizontal=[Line(0, "no bias")])
    svg = drawn(what).find("svg")
    assert svg is not None
    named = str(svg.get("aria-labelledby")).split()
    texts = {str(part.get("id")): str(part.text) for part in svg if part.tag in ("title", "desc")}
    assert svg.get("role") == "img"
    assert [texts[name] for name in named] == [
        "Flux",
        "bias (%) against magnitude. after: 2 values from -0.5 to 1.25, at magnitude from 17 to 25. "
        "Drawn besides: no bias.",
    ]


def test_foreign_text_stays_text() -> None:
    evil = "<script>a&b</script>\"'"
    what = Chart(evil, evil, [Series(evil, [1], [2]), Series("b", [1], [2])], evil, evil, horizontal=[Line(1, evil)])
    figure = drawn(what)
    assert figure.find(".//script") is None
    assert {str(part.text) for part in figure.iter() if evil in str(part.text)}
    assert figure.find("h3").text == evil  # type: ignore[union-attr]
