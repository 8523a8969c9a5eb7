"""Input that breaks some rule and is accepted: read right, with a warning where it says something, and denoised."""

from __future__ import annotations

import json
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

from bad_inputs import ODD, OddKind

from amsd_astro import denoiser
from amsd_astro.cli import main
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames import Frame, read_frame
from amsd_astro.frames.noise import measure_noise

each_odd = pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in ODD])


class _StandIn:
    """Stands in for `Denoiser`: takes one from every pixel."""

    def __init__(self, **settings: Any) -> None:
        pass

    def fit_denoise(self, frame: Frame, *, noise: Any = None, **options: Any) -> Frame:
        result = frame.with_arrays(frame.data - 1, None, None, measure_noise(frame, stated=noise))
        result.header["AMSDVERS"] = "0"
        return result


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoiser, "Denoiser", _StandIn)
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))


@each_odd
def test_it_is_read_with_a_warning_where_it_says_something(kind: OddKind, tmp_path: Path) -> None:
    path = kind.make(tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = read_frame(path)
    assert np.array_equal(frame.data, kind.pixels.astype(frame.data.dtype), equal_nan=True)
    assert np.array_equal(frame.mask, np.isnan(kind.pixels))
    assert frame.unit == u.dimensionless_unscaled
    texts = [str(warning.message) for warning in caught if issubclass(warning.category, AmsdWarning)]
    assert len(caught) == len(texts) == (kind.warning is not None)
    for text in texts:
        assert re.search(str(kind.warning), text), text
        assert str(path) in text


@each_odd
@pytest.mark.usefixtures("_no_network")
def test_the_command_line_takes_it(
    kind: OddKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # names are given as they stand, a leading dash too
    path = kind.make(tmp_path)
    before = path.read_bytes()
    (tmp_path / "out").mkdir()
    assert main(["denoise", "--json", "-d", "out", "--", path.name]) == 0
    seen = capsys.readouterr()
    record = json.loads(seen.out)
    assert (record["ok"], record["kind"], record["file"]) == (True, "denoised", path.name)
    expected = [text for text in (kind.warning, kind.measuring) if text is not None]
    assert len(record["warnings"]) == len(expected)
    assert all(re.search(*pair) for pair in zip(expected, record["warnings"], strict=True))
    assert seen.err.splitlines() == [f"amsd-astro: warning: {text}" for text in record["warnings"]]
    (made,) = (tmp_path / "out").iterdir()
    assert made == Path(record["output"]).absolute()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd cards and junk, which are in the output too
        image = fits.getdata(made, memmap=False)
    assert image.dtype == ">f4"
    assert np.array_equal(image.reshape(kind.pixels.shape), kind.pixels.astype(np.float32) - 1, equal_nan=True)
    assert path.read_bytes() == before


def _sky(path: Path, **cards: Any) -> Path:
    """Write an empty sky of 2 electrons per adu and 6 electrons of read noise."""
    rng = np.random.default_rng(1)
    hdu = fits.PrimaryHDU((rng.poisson(800, (96, 80)) + rng.normal(0, 6, (96, 80))).astype(np.float32) / 2)
    hdu.header.update({"BUNIT": "adu", "RDNOISE": 6.0, **cards})
    hdu.writeto(path)
    return path


@pytest.mark.parametrize("gain", [0, 0.0, -2.0, 1e9, True, "high", "", None])
def test_a_gain_that_makes_no_sense_is_as_good_as_none(gain: Any, tmp_path: Path) -> None:
    assert measure_noise(read_frame(_sky(tmp_path / "good.fits", GAIN=2.0))).source == "header"
    without = measure_noise(read_frame(_sky(tmp_path / "none.fits")))
    stated = read_frame(_sky(tmp_path / "odd.fits", GAIN=gain))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        odd = measure_noise(stated)
    assert [str(warning.message)[:12] for warning in caught] == ["GAIN must be"] * (gain is not None)
    assert odd.source == without.source != "header"
    assert (odd.slope, odd.sky_variance) == (without.slope, without.sky_variance)


@pytest.mark.parametrize("name", ["coordinates of an unknown projection", "coordinates of no extent"])
def test_coordinates_that_are_invalid_are_told_when_they_are_asked_for(name: str, tmp_path: Path) -> None:
    kind = next(kind for kind in ODD if kind.name == name)
    path = kind.make(tmp_path)
    frame = read_frame(path)
    with pytest.warns(AmsdWarning, match="frame.fits: the WCS in the header is invalid and not used"):
        assert frame.wcs is None
    frame.write(tmp_path / "out.fits")
    assert fits.getval(tmp_path / "out.fits", "CTYPE1") == fits.getval(path, "CTYPE1"), "kept as it was"


def test_a_constant_image_comes_out_as_it_went_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # there is nothing to train on
    kind = next(kind for kind in ODD if kind.name == "constant image")
    with pytest.warns(AmsdWarning, match="shows no noise"):
        result = denoiser.denoise(kind.make(tmp_path))
    assert np.array_equal(result.data, kind.pixels)
    assert not np.any(result.uncertainty.array)
    assert result.header["AMSDSAME"] is True
    assert "left as it was" in str(result.header["HISTORY"])
    result.write(tmp_path / "out.fits")
    assert np.array_equal(fits.getdata(tmp_path / "out.fits"), kind.pixels)


def test_the_command_line_tells_of_a_frame_that_was_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(kind for kind in ODD if kind.name == "constant image").make(tmp_path)
    words = ["denoise", str(path), "-o", str(tmp_path / "out.fits"), "--overwrite"]
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["status"], record["unchanged"], record["trusted"]) == (0, True, True)
    assert "shows no noise" in record["warnings"][0]
    assert main(words) == 0
    assert "left as it was: it shows no noise" in capsys.readouterr().out
