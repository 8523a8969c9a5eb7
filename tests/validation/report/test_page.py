"""The page: complete in itself, safe with foreign text, and the same for all who read it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from astropy.wcs import WCS

from amsd_astro.simulation.wcs import tan_sip_header
from amsd_astro.validation.parts import Band, Chart, Check, Line, Picture, Section, Series, Table
from amsd_astro.validation.report.page import page_of
from amsd_astro.validation.report.report import Report

VOID = {"meta", "link", "img", "br", "input"}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x' & \u202egnp\x07\ud800"


class Page(HTMLParser):
    """Reads a page into its elements, and complains where they do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {key: value or "" for key, value in attrs}, list[str]())
        assert len(element[1]) == len(attrs), f"an attribute is given twice: {attrs}"
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1][0] == tag, f"{tag} ends within {self.open[-1][0]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str], str]]:
        return [(attrs, "".join(text)) for name, attrs, text in self.elements if name == tag]

    @property
    def text(self) -> str:
        return self.all("main")[0][1]


def full(text: str = "Plain") -> Report:
    """Return a report with one of everything; ``text`` stands wherever a word may come from outside."""
    pixels = np.random.default_rng(4).normal(100, 5, (30, 40))
    chart = Chart(
        text,
        text,
        [Series(text, [1, 2], [3, 4], [1, 1]), Series("b", [1, 2], [3, 4], style="line")],
        text,
        text,
        horizontal=[Line(3, text)],
        bands=[Band(2, 3, text)],
    )
    return Report(
        text,
        text,
        [
            Check("flux", "Flux kept", 0.4, 0.1, -1, 1, "%", "It is within 1 %."),
            Check("width", "Width kept", 0.31, None, None, 0.05, "px", "It is within 0.05 px."),
            Check("galaxies", text, float("nan"), None, 0, 1, text, text),
        ],
        [text],
        [Section(text, [chart, chart], [Table(text, (text, "n"), [(text, 1.5), (None, 2)])], text)],
        [
            Picture("before", pixels, text, text, mask=pixels > 108),
            Picture("after", pixels, "After"),
        ],
        WCS(tan_sip_header((30, 40), ra=10, dec=10, pixel_scale=1)),
        {text: text, "Recipe": "amsd"},
    )


@pytest.fixture(scope="module")
def html() -> str:
    return page_of(full())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_foreign_text_is_text_everywhere() -> None:
    plain, evil = Page(page_of(full())), Page(page_of(full(EVIL)))
    assert [tag for tag, _, _ in evil.elements] == [tag for tag, _, _ in plain.elements]
    for (_, evil_attrs, _), (_, attrs, _) in zip(evil.elements, plain.elements, strict=True):
        assert list(evil_attrs) == list(attrs)
    shown = EVIL.replace("\u202e", "\\x202e").replace("\x07", "\\x07").replace("\ud800", "\\xd800")
    assert evil.all("h1")[0][1] == shown
    assert evil.text.count(shown) > 12
    page_of(full(EVIL)).encode("utf-8")


def test_nothing_is_asked_of_the_network(html: str, page: Page) -> None:
    for _, attrs, _ in page.elements:
        for key, value in attrs.items():
            if key in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
                assert value.startswith(("data:", "#")), (key, value)
            assert key != "style" and not key.startswith("on")
    style = page.all("style")[0][1]
    assert "url(" not in style and "@import" not in style
    addresses = set(re.findall(r"https?:[^\s\"'<>]*", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon|innerHTML|eval\(", html)


def test_the_policy_forbids_all_but_this_script_and_style(page: Page) -> None:
    policy = next(attrs["content"] for attrs, _ in page.all("meta") if "http-equiv" in attrs)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    programs = [text for attrs, text in page.all("script") if "type" not in attrs]
    assert len(programs) == 1
    for kind, text in (("script-src", programs[0]), ("style-src", page.all("style")[0][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
        assert rules.pop(kind) == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    order = [tag for tag, _, _ in page.elements]
    first = next(n for n, (_, attrs, _) in enumerate(page.elements) if "http-equiv" in attrs)
    assert first < order.index("link") and first < order.index("style")


def test_the_verdict_comes_first_and_tells_what_failed(page: Page) -> None:
    sections = page.all("section")
    assert [attrs["id"] for attrs, _ in sections] == [
        "verdict", "pictures", "checks", "section-1", "facts", "thresholds",
    ]  # fmt: skip
    attrs, verdict = sections[0]
    assert attrs["class"] == "failed"
    assert verdict.startswith("Not passedIt does not do what it should on this frame: Width kept: 0.31 px, allowed at")
    assert "1 of 3 checks passed, 1 failed, 1 not judged.What failedWidth kept: 0.31 px" in verdict
    assert "Flux kept" not in verdict
    assert "What is likely wrongPlain" in verdict
    assert page.all("title")[0][1] == "Not passed: Plain"


def test_every_check_and_threshold_is_in_the_page(page: Page) -> None:
    rows = {attrs["id"]: (attrs["class"], text) for attrs, text in page.all("tr") if "id" in attrs}
    space, sign = "\N{NO-BREAK SPACE}", "\N{PLUS-MINUS SIGN}"
    assert rows == {
        "check-flux": ("passed", f"passedFlux keptIt is within 1 %.0.40 {sign}{space}0.10{space}%allowed 1 %"),
        "check-width": ("failed", f"not passedWidth keptIt is within 0.05 px.0.31{space}pxallowed at most 0.05 px"),
        "check-galaxies": ("unjudged", "not judgedPlainPlainno valueallowed 0 to 1 Plain"),
    }
    thresholds = next(text for attrs, text in page.all("section") if attrs["id"] == "thresholds")
    for words in ("flux-11%", "width0.05px", "galaxies01Plain"):
        assert words in thresholds


def test_results_are_told_by_shape_and_word(html: str) -> None:
    marks = re.findall(r'<svg class="mark (\w+)".*?>(.*?)</svg>', html)
    shapes = dict(marks)
    assert set(shapes) == {"passed", "failed", "unjudged"}
    assert len(set(shapes.values())) == 3


def test_the_page_can_be_read_without_eyes_or_mouse(page: Page) -> None:
    assert page.all("html")[0][0]["lang"] == "en"
    assert all(len(page.all(tag)) == 1 for tag in ("header", "main", "nav", "h1"))
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [attrs["id"] for _, attrs, _ in page.elements if "id" in attrs]
    assert len(set(names)) == len(names)
    for tag, attrs, text in page.elements:
        for key in ("aria-labelledby", "aria-describedby"):
            assert all(name in names for name in attrs.get(key, "").split())
        if attrs.get("href", "").startswith("#"):
            assert attrs["href"][1:] in names
        if tag == "img":
            assert "alt" in attrs and (attrs["alt"] or "mask" in attrs["class"])
        if tag in ("button", "summary", "a"):
            assert attrs.get("aria-label") or "".join(text).strip()
        if tag == "svg" and attrs.get("role") != "img":
            inside = "viewbox" in attrs and "class" not in attrs and "aria-hidden" not in attrs
            assert inside or attrs.get("aria-hidden") == "true" or set(attrs) == {"width", "height"}
        if attrs.get("role") in ("region", "group", "application"):
            assert attrs.get("aria-label")
        if tag == "th":
            assert attrs["scope"] in ("col", "row")


def test_the_numbers_of_all_charts_are_in_the_page(page: Page) -> None:
    tables = [text for _, text in page.all("details") if text.startswith("Numbers of this chart")]
    assert len(tables) == 2
    assert all("PlainPlain, errorb" in text and "1313" in text for text in tables)


def test_a_report_with_nothing_in_it_is_a_page() -> None:
    page = Page(page_of(Report("")))
    assert page.all("section")[0][0]["class"] == "unjudged"
    assert "Not judgedNothing was judged." in page.text
    assert page.all("img") == []
    assert [attrs["id"] for attrs, _ in page.all("section")] == ["verdict", "checks", "facts", "thresholds"]


def test_a_report_that_passes_says_so() -> None:
    passing = replace(full(), checks=full().checks[:1], diagnosis=())
    attrs, text = Page(page_of(passing)).all("section")[0]
    assert attrs["class"] == "passed"
    assert text.startswith(
        "PassedNothing failed, and the check that matters most could be judged. Nearest to its limits"
    )
    assert text.endswith("1 of 1 checks passed, 0 failed.")
