"""The page in headless Chromium: what keys, mouse, fingers and the width of the window do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import Angle, SkyCoord
from astropy.wcs import WCS
from headless import CHROMIUM, Browser
from numpy.typing import NDArray

from amsd_astro.simulation.wcs import tan_sip_header
from amsd_astro.validation.parts import Band, Chart, Check, Line, Picture, Section, Series, Table
from amsd_astro.validation.report.report import Report

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]

NX, NY = 300, 200
PHONE, LAPTOP = (360, 780), (1440, 900)


def wcs_of_the_report() -> WCS:
    return WCS(tan_sip_header((NY, NX), ra=150.0, dec=-30.0, pixel_scale=0.5, rotation=20))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything in it, words too long for a line among it."""
    before = np.random.default_rng(2).normal(100, 5, (NY, NX))
    before[60, 140] = 1e5
    mask = np.zeros((NY, NX), bool)
    mask[120:130, 40:50] = True
    x = np.linspace(17, 25, 9)
    series = [Series("before", x, np.sin(x), np.full(9, 0.3)), Series("after", x, np.cos(x), style="line")]
    options = {"horizontal": [Line(0, "no bias")], "bands": [Band(-1, 1, "allowed")]}
    charts = [Chart("Flux", "It lies near zero.", series, "magnitude", "bias (%)", **options) for _ in range(3)]  # type: ignore[arg-type]
    columns = [f"a column with a long title {n}" for n in range(9)]
    report = Report(
        "Validation of " + "long" * 40,
        "A frame",
        [
            Check("flux", "Flux kept", 0.4, 0.1, -1, 1, "%", "It is within 1 %."),
            Check("width", "Width of stars where they are bright", -1234.56, 12.3, None, 0.05, "electrons", "Narrow."),
            Check("galaxies", "Galaxies", float("nan"), None, 0, 1),
        ],
        ["The frame is blurred."],
        [Section("Photometry", charts, [Table("Numbers", columns, [tuple(range(9))])])],
        [
            Picture("before", before, "Before", "adu", mask=mask),
            Picture("after", np.full((NY, NX), 300.0), "After", "adu"),
            Picture("residual", (before - 100) / 3, "Residual", "noise sigma", "sigma"),
        ],
        wcs_of_the_report(),
        {"File": "/a/path/" + "without-a-break" * 12},
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    report.to_html(path)
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def focus(browser: Browser) -> None:
    browser.run("document.querySelector('.stage').scrollIntoView({block: 'center'})")
    browser.run("document.querySelector('.stage').focus()")
    browser.settle()


def shown(browser: Browser) -> str:
    return str(browser.run("document.querySelector('.which').textContent"))


def readout(browser: Browser, part: str) -> str:
    return str(browser.run(f"document.querySelector('[data-out={part}]').textContent"))


def scale(browser: Browser) -> float:
    return float(browser.run("document.querySelector('.stage').dataset.scale"))


def grays(browser: Browser) -> NDArray[np.float64]:
    """Return the canvas, red only; its pixels are those of the screen."""
    size = browser.run("(() => { const c = document.querySelector('.stage canvas'); return [c.height, c.width]; })()")
    script = (
        "(() => { const c = document.querySelector('.stage canvas');"
        "const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return Array.from(data.filter((_, n) => n % 4 === 0)); })()"
    )
    return np.array(browser.run(script), float).reshape(size)


def box(browser: Browser) -> list[float]:
    return browser.run(
        "(() => { const b = document.querySelector('.stage').getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )


@pytest.mark.parametrize("size", [PHONE, (390, 844), (768, 1024), LAPTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window_and_asks_for_nothing(
    browser: Browser, page: Path, size: tuple[int, int], scheme: str
) -> None:
    browser.look(page, size, prefers_color_scheme=scheme)
    focus(browser)
    browser.press("g")
    assert browser.run("document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.run("window.innerWidth") == size[0]
    wide = "Array.from(document.querySelectorAll('main *')).filter((e) => !e.closest('.wide, .stage, .unseen, svg') &&"
    assert browser.run(f"{wide} e.getBoundingClientRect().right > window.innerWidth + 1).map((e) => e.outerHTML)") == []
    lightness = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (int(lightness.split("(")[1].split(",")[0]) > 128) == (scheme == "light")
    text = "Array.from(document.querySelectorAll('.plot')).map((e) => 11.5 * e.getBoundingClientRect().width / 380)"
    assert min(browser.run(text)) > 9.5
    urls = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert page.as_uri() in urls
    assert [url for url in urls if not url.startswith("data:image/") and url != page.as_uri()] == []
    assert [e for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")] == []


def test_keys_choose_blink_zoom_and_move(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    focus(browser)
    assert shown(browser) == "Before"
    fitted = scale(browser)
    before = grays(browser)
    browser.press("2")
    assert shown(browser) == "After"
    assert browser.run("document.querySelector('[data-picture=\"1\"]').getAttribute('aria-pressed')") == "true"
    assert np.ptp(grays(browser)[300:400, 500:600]) == 0 < np.ptp(before[300:400, 500:600])
    browser.press("3")
    assert shown(browser) == "Residual"
    assert "blue -3, red 3" in readout(browser, "caption")
    browser.press("9")
    assert shown(browser) == "Residual"
    browser.press("n")
    assert scale(browser) == 1.0
    for _ in range(8):
        browser.press("+")
    assert scale(browser) == 8.0
    place = readout(browser, "pixel")
    browser.press("ArrowRight")
    browser.press("ArrowUp")
    x, y = (float(part.split()[-1]) for part in place.split(","))
    now_x, now_y = (float(part.split()[-1]) for part in readout(browser, "pixel").split(","))
    assert now_x > x + 5 and now_y > y + 5  # upwards the rows of a FITS image grow
    browser.press("1")
    assert readout(browser, "pixel") == f"Centre at x {now_x}, y {now_y}"
    assert scale(browser) == 8.0
    for _ in range(9):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft", modifiers=8)
    browser.settle()
    assert readout(browser, "pixel").startswith("Centre at x 0.5, ")  # no further than to the edge
    browser.press("0")
    assert scale(browser) == fitted
    browser.wait("document.querySelector('[role=status]').textContent.startsWith('Before, Zoom')")


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_before_and_after_stand_side_by_side(browser: Browser, page: Path, size: tuple[int, int]) -> None:
    browser.look(page, size)
    focus(browser)
    alone = scale(browser)
    browser.press("s")
    across = size == LAPTOP
    assert shown(browser) == ("Before | After" if across else "Before / After")
    assert "Before: " in readout(browser, "caption") and "After: " in readout(browser, "caption")
    assert scale(browser) < alone
    pixels = grays(browser) if across else grays(browser).T
    half = pixels.shape[1] // 2
    rows = slice(pixels.shape[0] // 2 - 20, pixels.shape[0] // 2 + 20)
    first, second = (pixels[rows, start + half // 2 - 20 : start + half // 2 + 20] for start in (0, half))
    assert np.ptp(first) > 20 and np.ptp(second) == 0
    assert browser.run("document.querySelector('[data-do=beside]').getAttribute('aria-pressed')") == "true"
    browser.press("+")  # both move together
    assert scale(browser) > 0
    browser.press("1")
    assert shown(browser) == "Before"
    assert browser.run("document.querySelector('[data-do=beside]').getAttribute('aria-pressed')") == "false"
    browser.press("0")
    assert scale(browser) == alone


def test_blinking_goes_between_before_and_after_and_slowly_where_that_is_wished(browser: Browser, page: Path) -> None:
    counts = {}
    for motion in ("no-preference", "reduce"):
        browser.look(page, LAPTOP, prefers_reduced_motion=motion)
        focus(browser)
        browser.run(
            "window.seen = []; new MutationObserver(() => seen.push(document.querySelector('.which').textContent))"
            ".observe(document.querySelector('.which'), {childList: true, characterData: true, subtree: true}); 1"
        )
        browser.press("b")
        assert browser.run("document.querySelector('[data-do=blink]').getAttribute('aria-pressed')") == "true"
        time.sleep(2.1)
        browser.press("b")
        seen = browser.run("seen")
        assert set(seen) == {"Before", "After"} or motion == "reduce"
        assert seen[:1] == ["After"]
        counts[motion] = sum(a != b for a, b in pairwise(["Before", *seen]))
        assert browser.run("document.querySelector('[data-do=blink]').getAttribute('aria-pressed')") == "false"
    assert 3 <= counts["no-preference"] <= 6
    assert counts["reduce"] == 1


def test_at_native_size_and_beyond_pixels_are_those_of_the_frame(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    focus(browser)
    browser.press("n")
    for _ in range(8):
        browser.press("+")
    picture = grays(browser)
    high, wide = picture.shape
    # the centre of the view is that of the picture, between pixels
    top, left = (high // 2) % 8, (wide // 2) % 8
    blocks = picture[top : top + (high - top) // 8 * 8, left : left + (wide - left) // 8 * 8]
    blocks = blocks.reshape(blocks.shape[0] // 8, 8, -1, 8)
    assert (np.ptp(blocks, axis=(1, 3)) == 0).all()
    assert np.ptp(blocks[:, 0, :, 0]) > 50


def test_the_pointer_reads_pixel_and_sky_and_the_wheel_zooms_about_it(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    focus(browser)
    left, top, width, height = box(browser)
    x, y = round(left + 0.72 * width), round(top + 0.4 * height)

    def reads(x: float, y: float) -> None:
        """Wait until the pointer is at a pixel: a machine under load draws late."""
        words = r"^Pointer at x (-?[\d.]+), y (-?[\d.]+)$"
        found = f"document.querySelector('[data-out=pixel]').textContent.match(/{words}/)"
        browser.wait(f"(() => {{ const m = {found}; return m && Math.hypot(m[1] - {x}, m[2] - {y}) < 0.15; }})()")

    browser.mouse("mouseMoved", x, y)
    fitted = scale(browser)
    expected = (
        NX / 2 + (x - left - width / 2) / fitted + 0.5,
        NY / 2 - (y - top - height / 2) / fitted + 0.5,
    )
    reads(*expected)
    words = readout(browser, "sky")
    found = SkyCoord(*words.removeprefix("RA ").removesuffix(" (ICRS)").split(" Dec "))
    true = wcs_of_the_report().pixel_to_world(expected[0] - 1, expected[1] - 1)
    assert found.separation(true).arcsec < 0.05
    for _ in range(12):
        browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-120)
    browser.wait("document.querySelector('.stage').dataset.scale === '8.0000'")
    reads(*expected)
    browser.mouse("mousePressed", x, y, button="left", clickCount=1)
    browser.mouse("mouseMoved", x - 80, y + 40, button="left", buttons=1)
    browser.mouse("mouseReleased", x - 80, y + 40, button="left", clickCount=1)
    reads(*expected)  # what was under the pointer still is
    browser.mouse("mouseMoved", x, y)
    reads(expected[0] + 10, expected[1] + 5)


def test_the_grid_is_labelled_where_it_is_shown(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    labels = "Array.from(document.querySelectorAll('.labels text')).map((e) => e.textContent)"
    visible = "getComputedStyle(document.querySelector('.lines')).display"
    focus(browser)
    assert browser.run(visible) == "none"
    browser.press("g")
    assert browser.run(visible) == "block"
    coarse = browser.run(labels)
    assert any(label.startswith("10h00m") for label in coarse) and any(label.startswith("-30") for label in coarse)
    for _ in range(9):
        browser.press("+")
    fine = browser.run(labels)
    assert len(fine) >= 4 and set(fine) != set(coarse)
    # a label stands where the line is: its coordinate is read off at that place
    left, top, *_ = box(browser)
    script = "Array.from(document.querySelectorAll('.labels text')).map((e) => [e.textContent, +e.getAttribute('x')])"
    label, x = next((label, x) for label, x in browser.run(script) if "h" in label and x > 10)
    width = 7 * len(label) + 8
    browser.mouse("mouseMoved", left + x + width / 2, top + box(browser)[3] - 2)
    told = SkyCoord(*readout(browser, "sky").removeprefix("RA ").removesuffix(" (ICRS)").split(" Dec "))
    off = (told.ra - Angle(label)).wrap_at("180d") * np.cos(told.dec)
    assert abs(off.arcsec) < 1.0


def test_masked_pixels_can_be_uncovered(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    focus(browser)
    covered = (grays(browser) == 213).sum()
    browser.press("m")
    bare = (grays(browser) == 213).sum()
    assert covered - bare > 0.9 * 100 * scale(browser) ** 2  # 10 x 10 pixels are masked
    browser.run("document.querySelector('[data-do=mask]').click()")
    browser.settle()
    assert (grays(browser) == 213).sum() == covered


def test_fingers_zoom(browser: Browser, page: Path) -> None:
    browser.look(page, PHONE)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    focus(browser)
    left, top, width, height = box(browser)
    x, y = left + width / 2, top + height / 2
    fitted = scale(browser)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80)):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        browser.settle()
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert scale(browser) == pytest.approx(4 * fitted, rel=0.05)


def test_everything_is_reached_by_the_tab_key_and_its_focus_is_seen(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP)
    reached = []
    for _ in range(40):
        browser.press("Tab", 9)
        reached.append(
            browser.run(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                "const seen = e === document.body || s.outlineStyle !== 'none';"
                "return [e.textContent.trim().slice(0, 20), e.className, seen]; })()"
            )
        )
    words = [word for word, _, _ in reached]
    for word in ("Skip to the verdict", "Verdict", "Before", "After", "Blink", "Fit", "Sky grid", "Keys and gestures"):
        assert word in words
    assert "stage" in [name.split()[0] for _, name, _ in reached if name]
    assert "Numbers of this char" in words
    assert all(seen for _, _, seen in reached)


def test_without_a_script_all_pictures_stand_one_under_the_other(browser: Browser, page: Path) -> None:
    heights = "Array.from(document.querySelectorAll('.still img.picture')).map((e) => e.getBoundingClientRect().top)"
    browser.look(page, LAPTOP)
    assert browser.run("getComputedStyle(document.querySelector('.stills')).display") == "none"
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.look(page, LAPTOP)
        tops = browser.run(heights)
        assert len(tops) == 3 and all(b - a >= NY for a, b in pairwise(tops))
        assert browser.run("document.querySelector('.viewer').getBoundingClientRect().height") == 0
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_on_paper_pictures_are_shown_dark_on_light(browser: Browser, page: Path) -> None:
    browser.look(page, LAPTOP, prefers_color_scheme="dark")
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=features)
    try:
        assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.run("getComputedStyle(document.querySelector('.stills')).display") == "block"
        assert browser.run("getComputedStyle(document.querySelector('.viewer')).display") == "none"
    finally:
        browser.call("Emulation.setEmulatedMedia", media="", features=[])
