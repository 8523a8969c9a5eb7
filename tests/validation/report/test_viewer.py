"""Pictures of the viewer: what is in them are the frame's pixels, by the limits that stand beside them."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from PIL import Image

from amsd_astro.graphics.colours import MASKED
from amsd_astro.simulation.wcs import tan_sip_header
from amsd_astro.validation.parts import Picture
from amsd_astro.validation.report import image_encoding, viewer
from amsd_astro.validation.report.viewer import viewer_html

NY, NX = 40, 60


class Stills(HTMLParser):
    """Collects the pictures of a viewer, and its lines."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pictures: dict[str, dict[str, Any]] = {}
        self.lines: list[tuple[str, list[tuple[float, float]]]] = []
        self.names: list[str] = []
        self._name = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: str(value) for key, value in attrs}
        if tag == "figure":
            self._name = given["data-name"]
            self.pictures[self._name] = {key[5:]: float(given[key]) for key in given if key.startswith("data-") and
                                         key != "data-name"}  # fmt: skip
        elif tag == "img":
            head, _, content = given["src"].partition(",")
            with Image.open(io.BytesIO(base64.b64decode(content))) as image:
                kind = given["class"].split()[0]
                mode = "RGBA" if kind == "mask" else "RGB" if image.mode == "P" else "L"
                self.pictures[self._name][kind] = np.asarray(image.convert(mode))[::-1]
            self.pictures[self._name]["kind"] = head.removeprefix("data:").removesuffix(";base64")
        elif tag == "polyline":
            points = [(float(x), float(y)) for x, y in (pair.split(",") for pair in given["points"].split())]
            self.lines.append((given["data-label"], points))


def script_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="viewer-data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def expected_levels(data: NDArray[Any], stated: dict[str, float]) -> NDArray[np.float64]:
    """Return grays by the limits that a page states."""
    share = np.clip((data.astype(np.float64) - stated["low"]) / (stated["high"] - stated["low"]), 0, 1)
    if "softening" in stated:
        share = np.arcsinh(share / stated["softening"]) / math.asinh(1 / stated["softening"])
    return 255 * share


@pytest.fixture
def stars() -> NDArray[np.float32]:
    """Sky of 100 with noise of 3 and two stars."""
    y, x = np.mgrid[:NY, :NX]
    data = np.random.default_rng(5).normal(100, 3, (NY, NX))
    for x0, y0, flux in ((12, 30, 4000), (45, 8, 300)):
        data += flux * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.5**2)
    return data.astype(np.float32)


@pytest.mark.parametrize("stretch", ["asinh", "linear"])
def test_a_picture_holds_the_pixels_by_the_limits_stated(stars: NDArray[np.float32], stretch: Any) -> None:
    shown = Stills(viewer_html([Picture("one", stars, "One", "adu", stretch)], None)).pictures["one"]
    assert shown["kind"] == "image/png"
    assert ("softening" in shown) == (stretch == "asinh")
    assert np.abs(shown["picture"] - expected_levels(stars, shown)).max() <= 0.51
    if stretch != "linear":  # that is for maps without bright stars
        assert np.ptp(shown["picture"][:, 20:35]) > 30  # sky noise can be seen


def test_what_was_taken_is_red_and_what_was_added_blue() -> None:
    data = np.tile(np.linspace(-4, 4, NX, dtype=np.float32), (NY, 1))
    html = viewer_html([Picture("residual", data, "Taken out", "noise sigma", "sigma")], None)
    assert "blue -3, red 3 noise sigma" in html
    shown = Stills(html).pictures["residual"]
    assert (shown["low"], shown["high"]) == (-3, 3)
    red, green, blue = np.moveaxis(shown["picture"][0].astype(int), -1, 0)
    clear = np.abs(data[0]) > 0.5
    assert np.all((red > blue) == (data[0] > 0), where=clear)
    assert np.all(green[clear] < np.maximum(red, blue)[clear])
    assert np.ptp([channel[NX // 2] for channel in (red, green, blue)]) < 10 and green[NX // 2] > 235  # nothing: white


def test_pictures_in_colour_are_no_larger_than_gray_ones() -> None:
    levels = np.random.default_rng(3).integers(0, 256, (200, 200), dtype=np.uint8)
    (gray,), _ = image_encoding.stored_pictures([levels])
    (colour,), _ = image_encoding.stored_pictures([levels], in_colour=[True])
    assert len(colour.content) < len(gray.content) + 1000


def test_before_and_after_share_their_limits(stars: NDArray[np.float32]) -> None:
    pictures = [
        Picture("before", stars, "Before"),
        Picture("after", stars + 20, "After"),
        Picture("residual", -20 + 0 * stars, "Residual", stretch="sigma"),
    ]
    before, after, residual = Stills(viewer_html(pictures, None)).pictures.values()
    assert [before[key] for key in ("low", "high", "softening")] == [after[key] for key in ("low", "high", "softening")]
    assert np.abs(after["picture"] - expected_levels(stars + 20, before)).max() <= 0.51
    assert residual["low"] == -3
    assert (residual["picture"] == residual["picture"][0, 0]).all()


def test_a_sigma_map_has_limits_of_its_own(stars: NDArray[np.float32]) -> None:
    sigma = 0.1 + 0.01 * np.sqrt(np.abs(stars))
    pictures = [Picture("before", stars + 900, "Before"), Picture("sigma", sigma, "Sigma map", stretch="errors")]
    shown = Stills(viewer_html(pictures, None)).pictures["sigma"]
    assert shown["low"] == 0 and shown["high"] <= sigma.max() and shown["picture"].std() > 3


def test_limits_do_not_move_with_outliers(stars: NDArray[np.float32]) -> None:
    spoilt = stars.copy()
    spoilt[3, 4], spoilt[5, 6] = 1e9, -1e9
    for stretch in ("asinh", "linear", "errors", "sigma"):
        pictures = (Picture("one", data, "One", stretch=stretch) for data in (stars, spoilt))
        clean, dirty = map(image_encoding.limits_of, pictures)
        assert dirty.high - dirty.low < 3 * (clean.high - clean.low)


def test_masked_pixels_have_a_colour_of_their_own(stars: NDArray[np.float32]) -> None:
    mask = np.zeros((NY, NX), bool)
    mask[10, 20:30] = True
    data = stars.copy()
    data[2, 3], data[4, 5] = np.nan, np.inf
    data[10, 20:30] = 1e6  # counts in no limit
    html = viewer_html([Picture("before", data, "Before", mask=mask), Picture("after", stars, "After")], None)
    shown = Stills(html).pictures["before"]
    bad = mask | ~np.isfinite(data)
    assert (shown["mask"][bad] == (*MASKED, 255)).all()
    assert (shown["mask"][~bad, 3] == 0).all()
    assert shown["high"] < 1e5
    assert "mask" not in Stills(html).pictures["after"]
    assert html.count("masked pixels in orange") == 1
    assert 'data-do="mask"' not in viewer_html([Picture("after", stars, "After")], None)


def test_large_pictures_lose_a_little_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(1).normal(100, 3, (300, 400))
    pictures = [Picture("before", data, "Before"), Picture("after", data * 0.9 + 10, "After")]
    exact = viewer_html(pictures, None)
    monkeypatch.setattr(image_encoding, "_BUDGET", 140_000)
    html = viewer_html(pictures, None)
    assert "some loss" in html and "some loss" not in exact
    assert len(html) < 4 / 3 * 140_000 + 20_000 < len(exact)
    shown = Stills(html).pictures["after"]
    assert shown["kind"] == "image/webp"
    error = shown["picture"] - expected_levels(data * 0.9 + 10, shown)
    assert 0.5 < error.std() < 12
    assert abs(error.mean()) < 1


def test_of_a_very_large_frame_the_centre_is_shown(monkeypatch: pytest.MonkeyPatch, stars: NDArray[np.float32]) -> None:
    monkeypatch.setattr(viewer, "LARGEST", 20)
    mask = np.zeros((NY, NX), bool)
    mask[15, 25] = True
    html = viewer_html([Picture("before", stars, "Before", mask=mask)], None)
    shown, script = Stills(html).pictures["before"], script_of(html)
    assert "The central 20 x 20 of 60 x 40 pixels are shown." in html
    assert [script[key] for key in ("x0", "y0", "nx", "ny")] == [20, 10, 20, 20]
    assert np.abs(shown["picture"] - expected_levels(stars[10:30, 20:40], shown)).max() <= 0.51
    assert np.argwhere(shown["mask"][..., 3]).tolist() == [[5, 5]]


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3)])
@pytest.mark.parametrize("value", [0.0, 7.5, -1e-12, 1e12, math.nan])
@pytest.mark.parametrize("stretch", ["asinh", "linear", "errors", "sigma"])
def test_tiny_and_constant_pictures_are_shown(shape: tuple[int, int], value: float, stretch: Any) -> None:
    data = np.full(shape, value)
    html = viewer_html([Picture("before", data, "Before", stretch=stretch)], None)
    shown = Stills(html).pictures["before"]
    assert shown["low"] < shown["high"]
    assert shown["picture"].shape[:2] == shape
    if math.isfinite(value) and stretch != "sigma":
        assert np.abs(shown["picture"] - expected_levels(data, shown)).max() <= 0.51
    elif not math.isfinite(value):
        assert (shown["mask"][..., 3] == 255).all()


def test_whole_numbers_and_foreign_byte_orders_are_shown() -> None:
    data = (np.arange(NY * NX).reshape(NY, NX) % 4000 - 2000).astype(">i2")
    shown = Stills(viewer_html([Picture("before", data, "Before", stretch="linear")], None)).pictures["before"]
    assert np.abs(shown["picture"] - expected_levels(data, shown)).max() <= 0.51


def test_the_sky_between_the_places_told_is_right() -> None:
    shape, scale = (512, 400), 0.3
    wcs = WCS(tan_sip_header(shape, ra=0.001, dec=-45, pixel_scale=scale, rotation=30, distortion=0.8))
    world = script_of(viewer_html([Picture("before", np.zeros(shape), "Before")], wcs))["world"]
    nodes = np.array(world["nodes"]).reshape(world["n"], world["n"], 3)
    assert (world["names"], world["system"]) == (["RA", "Dec"], "ICRS")
    for x, y in np.random.default_rng(2).uniform(-0.5, 399.5, (200, 2)):
        # as the script does it
        u, v = (x + 0.5) / shape[1] * (world["n"] - 1), (y + 0.5) / shape[0] * (world["n"] - 1)
        i, j = int(u), int(v)
        (a, b), (c, d) = nodes[j, i : i + 2], nodes[j + 1, i : i + 2]
        told = (1 - v + j) * ((1 - u + i) * a + (u - i) * b) + (v - j) * ((1 - u + i) * c + (u - i) * d)
        ra, dec = np.radians(wcs.all_pix2world(x, y, 0))
        true = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
        assert np.degrees(np.linalg.norm(told / np.linalg.norm(told) - true)) * 3600 < 0.02 * scale


def test_lines_are_drawn_where_the_picture_has_them() -> None:
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 40.0, "CRVAL2": 10.0})
    header.update({"CRPIX1": 31.0, "CRPIX2": 11.0, "CDELT1": -0.001, "CDELT2": 0.001})
    html = viewer_html([Picture("before", np.zeros((NY, NX)), "Before")], WCS(header))
    lines = dict(Stills(html).lines)
    # the reference pixel, the 11th row from below of 40, is 29.5 pixels below the upper edge
    assert all(abs(y - 29.5) < 0.1 for _, y in lines["+10\N{DEGREE SIGN}00\N{PRIME}00\N{DOUBLE PRIME}"])
    assert "Sky grid" in html


def test_without_a_wcs_there_is_a_grid_of_pixels() -> None:
    html = viewer_html([Picture("before", np.zeros((NY, NX)), "Before")], None)
    lines = Stills(html).lines
    assert script_of(html)["world"] is None
    assert "Pixel grid" in html
    ((x, top), (same, bottom)) = next(points for label, points in lines if label == "x 20")
    assert (x, same) == (19.5, 19.5)
    assert sorted((top, bottom)) == [0, NY]
    assert next(points for label, points in lines if label == "y 20")[0][1] == 20.5


def test_a_wcs_that_fails_costs_the_grid_of_the_sky_alone(caplog: pytest.LogCaptureFixture) -> None:
    wcs = WCS(tan_sip_header((NY, NX), ra=10, dec=10, pixel_scale=1))
    wcs.wcs.cd = np.zeros((2, 2))
    html = viewer_html([Picture("before", np.zeros((NY, NX)), "Before")], wcs)
    assert script_of(html)["world"] is None
    assert "Pixel grid" in html
    assert "no coordinates on the sky" in caplog.text


def test_only_before_and_after_are_blinked(stars: NDArray[np.float32]) -> None:
    pictures = {name: Picture(name, stars, name) for name in ("sigma", "after", "before")}
    assert script_of(viewer_html(list(pictures.values()), None))["blink"] == [2, 1]
    alone = viewer_html([pictures["before"], pictures["sigma"]], None)
    assert script_of(alone)["blink"] is None
    assert "Blink" not in alone
