"""A frame as Jupyter shows it."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from PIL import Image

from amsd_astro.frames import Frame, read_frame
from amsd_astro.graphics.colours import MASKED
from amsd_astro.noise.model import NoiseModel

CARDS = {"AMSDVERS": "1.0", "AMSDRCP": "amsd", "AMSDSTEP": 240, "AMSDRISK": 0.0361, "AMSDRERR": 0.0012}
FLUX_CARDS = {"AMSDFLUX": -0.48, "AMSDFERR": 0.2}


class Page(HTMLParser):
    """Tags, images and text of a piece of HTML, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " | ".join(self.words)

    def picture(self, number: int) -> np.ndarray:
        kind, _, data = (self.images[number]["src"] or "").partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            return np.asarray(picture.convert("RGB"))


def shown(frame: Frame) -> Page:
    page = Page(frame._repr_html_())
    assert page.open == []
    return page


def noisy(shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    return np.random.default_rng(2).normal(100, 5, shape).astype(np.float32)


def denoised(frame: Frame) -> Frame:
    """Return a stand-in: the frame's median, from the same file."""
    sigma = StdDevUncertainty(np.full(frame.data.shape, 0.5, np.float32), unit=frame.unit)
    noise = NoiseModel(0.5, -25.0, 100.0, 25.0, source="header")
    result = frame.with_arrays(np.full_like(frame.data, 100), sigma, None, noise)
    result.header.update({**CARDS, **FLUX_CARDS})
    return result


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "night.fits"
    fits.PrimaryHDU(noisy(), header=fits.Header({"BUNIT": "adu", "OBJECT": "M 1"})).writeto(path)
    return path


def test_an_exposure_is_shown_with_what_is_known(path: Path) -> None:
    page = shown(read_frame(path))
    assert "Frame, M 1, night.fits[0]" in page.words
    assert "80 x 60 pixels, float32" in page.words
    assert "adu" in page.words and "0 pixels (0 %)" in page.words
    assert len(page.images) == 1
    assert page.picture(0).shape == (60, 80, 3)
    assert "recipe" not in page.words


def test_a_picture_shows_the_frame_the_right_way_up() -> None:
    data = noisy()
    data[5:10, 60:70] = 400
    picture = shown(Frame(data)).picture(0)[::-1, :, 0]
    assert picture[5:10, 60:70].min() > 240
    assert picture[30:].max() < 240
    assert np.corrcoef(picture[30:].ravel(), data[30:].ravel())[0, 1] > 0.9


def test_masked_pixels_have_their_own_colour() -> None:
    data, mask = noisy(), np.zeros((60, 80), bool)
    mask[:, 11] = True
    data[3, 4] = np.nan
    page = shown(Frame(data, mask=mask))
    picture = page.picture(0)[::-1]
    coloured = np.all(picture == MASKED, axis=-1)
    mask[3, 4] = True
    assert np.array_equal(coloured, mask)
    assert "61 pixels (1.3 %)" in page.words


def test_a_denoised_frame_is_shown_with_its_exposure_and_its_errors(path: Path) -> None:
    page = shown(denoised(read_frame(path)))
    assert [(image["alt"] or "").split(",")[0] for image in page.images] == ["exposure", "denoised", "1-sigma map"]
    assert np.ptp(page.picture(0)) > 100 and np.ptp(page.picture(1)) == 0
    facts = dict(zip(page.words, page.words[1:], strict=False))
    assert facts["sky"] == "100 ± 5 adu"
    assert facts["variance"] == "0.5 * signal - 25"
    assert facts["slope from"] == "header"
    assert facts["recipe"] == "amsd, 240 steps"
    assert facts["estimated rms error left"] == "0.19 of the noise (AMSDRISK 0.0361 ± 0.0012)"
    assert facts["flux of faint sources"] == "-0.5 ± 0.2 %"


def test_exposure_and_denoised_share_their_range(path: Path) -> None:
    ranges = [(image["alt"] or "").split(", ")[1] for image in shown(denoised(read_frame(path))).images]
    assert ranges[0] == ranges[1] != ranges[2]


def test_an_exposure_that_changed_since_is_not_shown(path: Path) -> None:
    result = denoised(read_frame(path))
    fits.PrimaryHDU(noisy() + 1).writeto(path, overwrite=True)
    assert [(image["alt"] or "").split(",")[0] for image in shown(result).images] == ["denoised", "1-sigma map"]
    path.unlink()
    assert len(shown(result).images) == 2


def test_a_denoised_file_has_no_exposure_to_show(path: Path) -> None:
    result = denoised(read_frame(path))
    result.write(path.with_name("clean.fits"))
    page = shown(read_frame(path.with_name("clean.fits")))
    assert [(image["alt"] or "").split(",")[0] for image in page.images] == ["denoised", "1-sigma map"]
    assert "0.19 of the noise (AMSDRISK 0.0361 ± 0.0012)" in page.words


def test_text_of_a_file_is_escaped(tmp_path: Path) -> None:
    odd = '"><script>alert(1)</script>'
    frame = Frame(noisy((5, 5)))
    frame.header["OBJECT"] = odd
    frame.header.update({**CARDS, "AMSDRCP": "<b>bold</b>", "AMSDNSRC": "<i>", "AMSDSLOP": 1.0})
    frame.header.update({"AMSDFLOR": 1.0, "AMSDSKY": 1.0, "AMSDNOIS": 1.0})
    page = shown(frame)
    assert not {"script", "b", "i"} & set(page.tags)
    assert odd in page.text and "<b>bold</b>, 240 steps" in page.words and "<i>" in page.words


def test_cards_that_cannot_be_used_are_left_out() -> None:
    frame = Frame(noisy((5, 5)))
    cards = ["AMSDVERS= '1'", "AMSDRISK= 'low'", "AMSDFLUX= T", "OBJECT  = 'not closed", "AMSDSTEP= 1 2 3"]
    frame.header = fits.Header.fromstring("".join(card.ljust(80) for card in cards))
    facts = dict(zip(shown(frame).words, shown(frame).words[1:], strict=False))
    assert facts["recipe"] == "not recorded"
    assert facts["estimated rms error left"] == facts["flux of faint sources"] == "not measured"


@pytest.mark.parametrize(
    "data",
    [
        np.full((20, 20), 7.0),
        np.full((20, 20), np.nan),
        np.full((20, 20), np.inf),
        np.full((20, 20), -1e308),
        np.ones((1, 1)),
        np.random.default_rng(0).normal(size=(1, 3000)),
        np.random.default_rng(0).normal(size=(3000, 1)) * 1e300,
        np.zeros((4, 5, 6)),
        np.zeros(7),
        np.zeros((0, 5)),
    ],
    ids=lambda data: str(data.shape),
)
def test_frames_with_next_to_nothing_in_them(data: np.ndarray) -> None:
    for frame in (Frame(data), Frame(data, mask=np.ones(data.shape, bool))):
        page = shown(frame)
        assert "none stated" in page.words
        assert len(page.images) == (data.ndim == 2 and data.size > 0)


def test_a_large_frame_gives_a_small_picture_with_its_bad_columns() -> None:
    data = noisy((700, 2600))
    mask = np.zeros(data.shape, bool)
    mask[:, 1302] = True
    page = shown(Frame(data, mask=mask))
    picture = page.picture(0)
    assert picture.shape == (140, 520, 3)
    assert np.flatnonzero(np.all(picture == MASKED, axis=-1).all(axis=0)).tolist() == [260]
    assert int(page.images[0]["width"] or 0) == 520


def test_colours_are_those_of_the_page(path: Path) -> None:
    text = denoised(read_frame(path))._repr_html_()
    assert set(re.findall(r"[;\"](?:color|background):([^;\"]+)", text)) == {"inherit", "transparent"}
    assert "<style" not in text and "http" not in text


def test_without_matplotlib_there_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = shown(Frame(noisy()))
    assert page.images == [] and "80 x 60 pixels, float32" in page.words


def test_showing_needs_no_display_and_no_pyplot() -> None:
    code = (
        "import sys, numpy as np; from amsd_astro import Frame; text = Frame(np.eye(9))._repr_html_();"
        "print('img' in text, [m for m in ('matplotlib.pyplot', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"
