"""HDUs mean what is in memory, however they were opened and touched; what is bad in a file is bad in them."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from bad_inputs import BAD, BadKind
from raw_files import image_cards, raw_file

from amsd_astro.errors import FrameError
from amsd_astro.frames import as_frame, read_frame, refuse_denoised, refuse_mosaic

PIXELS = np.rint(np.random.default_rng(0).normal(1000, 50, (12, 17))).astype(np.int16)
_BEYOND_ASTROPY = ("gzip", "plio list", "hcompress stream of a few bytes", "line ends after a transfer", "zip archive")
"""Damage that astropy passes over when it unpacks: nothing of it is left in memory."""
_ELSEWHERE = ("axes without number in", "permission", "unreadable file", "file in a closed folder")
"""What is wrong is in another HDU, which astropy leaves out of the list, or with the file."""
_OTHER_RULES = ("extension of no name",)


def _write(path: Path, **cards: Any) -> Path:
    pixels = PIXELS.copy()
    pixels[2, 3:6] = cards.get("BLANK", 1000)
    lines = [f"{key:<8}= {value!s:>20}".encode() for key, value in cards.items()]
    path.write_bytes(raw_file([([*image_cards(16, pixels.shape), *lines], pixels.astype(">i2").tobytes())]))
    return path


def _opened(path: Path, how: str) -> fits.HDUList:
    options: dict[str, Any] = {
        "unscaled": {"do_not_scale_image_data": True},
        "touched, unscaled": {"do_not_scale_image_data": True},
        "scaled back": {"scale_back": True},
        "without map": {"memmap": False},
        "not lazy": {"lazy_load_hdus": False},
        "no unsigned": {"uint": False},
    }.get(how, {})
    source = io.BytesIO(path.read_bytes()) if how == "bytes" else path
    hdus = fits.open(source, **options)
    if how.startswith("touched") or how == "scaled back":
        assert hdus[0].data is not None
    return hdus


@pytest.mark.parametrize(
    "how", ["lazy", "not lazy", "bytes", "without map", "no unsigned", "touched", "unscaled", "touched, unscaled"]
)
@pytest.mark.parametrize("blank", [{}, {"BLANK": 0}, {"BLANK": -99}])
@pytest.mark.parametrize("scaling", [{}, {"BSCALE": 2, "BZERO": 100}, {"BZERO": 32768}, {"BSCALE": -0.5}])
def test_scaled_integers_and_blanks(how: str, blank: dict[str, Any], scaling: dict[str, Any], tmp_path: Path) -> None:
    path = _write(tmp_path / "a.fits", **scaling, **blank)
    expected = read_frame(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy on BLANK
        with _opened(path, how) as hdus:
            for frame in (as_frame(hdus), as_frame(hdus[0])):
                np.testing.assert_array_equal(frame.mask, expected.mask)
                np.testing.assert_array_equal(frame.data, expected.data)


def test_a_pixel_and_a_code_changed_after_opening_are_seen(tmp_path: Path) -> None:
    planes = [fits.ImageHDU(PIXELS, name="SCI"), fits.ImageHDU(np.zeros(PIXELS.shape, np.uint8), name="MASK")]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "a.fits")
    for where in (tmp_path / "a.fits", io.BytesIO((tmp_path / "a.fits").read_bytes())):
        with fits.open(where) as hdus:
            assert not as_frame(hdus).mask.any()
            hdus["MASK"].data[4, 5] = 1
            hdus["SCI"].data[6, 7] = 7
            frame = as_frame(hdus)
            assert np.argwhere(frame.mask).tolist() == [[4, 5]] and frame.data[6, 7] == 7
    frame = as_frame(fits.HDUList([fits.PrimaryHDU(), *planes]))
    np.testing.assert_array_equal(frame.data, PIXELS)


def test_a_closed_file_is_told(tmp_path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU(PIXELS), fits.ImageHDU(PIXELS, name="ERR")]).writeto(tmp_path / "a.fits")
    hdus = fits.open(tmp_path / "a.fits")
    hdus.close()
    with contextlib.suppress(FrameError):  # astropy reads what it has mapped
        np.testing.assert_array_equal(as_frame(hdus).data, PIXELS)
    hdus = fits.open(tmp_path / "a.fits", memmap=False)
    hdus.close()
    with pytest.raises(FrameError):
        as_frame(hdus)
    with pytest.raises(FrameError, match="hold"):
        as_frame(fits.HDUList())


_KINDS = [
    kind
    for kind in BAD
    if kind.role == "input"
    and kind.status in (2, 65)
    and not kind.meanwhile
    and not any(word in kind.name for word in ("gigabytes", "bomb"))  # astropy takes its time
]


@pytest.mark.parametrize("how", ["lazy", "touched"])
@pytest.mark.parametrize("kind", _KINDS, ids=[kind.name for kind in _KINDS])
def test_what_is_bad_in_a_file_is_bad_in_a_list(kind: BadKind, how: str, tmp_path: Path) -> None:
    path = kind.make(tmp_path)
    hdus = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            hdus = _opened(path, how) if path.is_file() else None
        if hdus is None:
            return  # astropy does not open it
        with hdus:
            if kind.name.startswith((*_BEYOND_ASTROPY, *_ELSEWHERE, *_OTHER_RULES)):
                with contextlib.suppress(FrameError):
                    _use(hdus, kind)
                return
            with pytest.raises((FrameError, TypeError)) as caught:
                _use(hdus, kind)
            assert str(caught.value).isprintable() and len(str(caught.value)) > 10


@pytest.mark.parametrize("how", ["lazy", "touched"])
@pytest.mark.parametrize("kind", _KINDS, ids=[kind.name for kind in _KINDS])
def test_what_is_bad_in_a_file_is_bad_in_an_hdu_of_it(kind: BadKind, how: str, tmp_path: Path) -> None:
    path = kind.make(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            hdus = _opened(path, how) if path.is_file() else None
            n_hdus = 0 if hdus is None else len(hdus)
        except Exception:  # noqa: BLE001 - astropy does not open it
            hdus = None
        if hdus is None:
            return
        refused = [why for i in range(n_hdus) if (why := _refusal(hdus[i])) is not None]
        assert all(why.isprintable() and len(why) > 10 for why in refused)
        fine = (*_BEYOND_ASTROPY, *_ELSEWHERE, "broken extension", "bits without a mask")
        assert refused or kind.name.startswith(fine), kind.name
        for name, value in kind.reading.items():
            with pytest.raises(TypeError, match=f"{name} is for files and HDULists"):
                as_frame(hdus[0], **{name: value})


def _refusal(hdu: Any) -> str | None:
    try:
        frame = as_frame(hdu)
        refuse_denoised(frame)
        refuse_mosaic(frame)
    except (FrameError, TypeError) as error:
        return str(error)
    assert frame.data.ndim == 2 and not frame.mask.all()
    return None


def _use(hdus: fits.HDUList, kind: BadKind) -> None:
    frame = as_frame(hdus, **kind.reading)
    refuse_denoised(frame)
    refuse_mosaic(frame)
