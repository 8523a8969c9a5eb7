"""Extensions and cards of our names in an input: invalid, lying or given twice, the output reads as it was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from raw_files import image_cards, raw_file

from amsd_astro.errors import AlreadyDenoisedError, AmsdWarning
from amsd_astro.frames import Frame, read_frame, refuse_denoised, write_frame
from amsd_astro.frames.denoised import Denoised, assemble
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.frames.noise import measure_noise

SHAPE = (24, 30)
PIXELS = np.random.default_rng(3).normal(100, 5, SHAPE).astype(np.float32)


def _plane(name: str, value: float, cards: dict[str, Any], dtype: Any = None) -> fits.ImageHDU:
    dtype = dtype or (np.float32 if name == "AMSD_SIGMA" else np.uint8)
    return fits.ImageHDU(np.full(SHAPE, value, dtype), fits.Header(cards), name)


def _image(name: str = "SCI", version: int = 1) -> fits.ImageHDU:
    return fits.ImageHDU(PIXELS, fits.Header({"AMSDVERS": "0", "EXTVER": version}), name)


def _write(path: Path, *hdus: Any) -> Path:
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def _again(path: Path, **options: Any) -> Frame:
    """Denoise an image once more, as far as writing is concerned, and read the result."""
    frame = read_frame(path, **options)
    made = frame.with_arrays(
        frame.data * 2, StdDevUncertainty(np.full(SHAPE, 7, np.float32)), np.full(SHAPE, 2, np.uint8), None
    )
    target = path.with_name("again.fits")
    write_frame(made, target)
    return read_frame(target, ext=("SCI", frame.source.version))


@pytest.mark.parametrize(
    "card",
    [b"AMSDHDU                      1", b"AMSDHDU = 'one'", b"AMSDHDU =", b"AMSDHDU = 9" + b"9" * 60, b"AMSDHDU = 0"],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_does_not_say_of_which_image_it_is(card: bytes, first: bool, tmp_path: Path) -> None:
    planes = [_plane("AMSD_SIGMA", 3, {"AMSDHDU": 1}), _plane("AMSD_FLAGS", 1, {"AMSDHDU": 1})]
    path = _write(tmp_path / "a.fits", *([*planes, _image()] if first else [_image(), *planes]))
    valid = b"AMSDHDU = %20d" % 1
    path.write_bytes(path.read_bytes().replace(valid, card.ljust(len(valid))[: len(valid)], 1))
    again = _again(path)
    assert np.array_equal(again.data, PIXELS * 2)
    assert np.all(again.uncertainty.array == 7) and np.all(again.flags == 2)


def test_what_is_dropped_in_front_leaves_others_with_their_image(tmp_path: Path) -> None:
    planes = [_plane(name, k, {"AMSDHDU": 4 + k}) for k in (1, 2) for name in ("AMSD_SIGMA", "AMSD_FLAGS")]
    path = _write(tmp_path / "a.fits", *planes, _image(version=1), _image(version=2))
    with fits.open(path, mode="update", checksum=True) as hdus:
        hdus[3].add_checksum()
    assert np.all(_again(path, ext=5).uncertainty.array == 7)
    other = read_frame(tmp_path / "again.fits", ext=("SCI", 2))
    assert np.all(other.uncertainty.array == 2) and np.all(other.flags == 2)
    with fits.open(tmp_path / "again.fits", checksum=True) as hdus:
        hdus.verify("exception")
        assert [(hdu.name, hdu.header.get("AMSDHDU")) for hdu in hdus[1:]] == [
            ("AMSD_SIGMA", 4),
            ("AMSD_FLAGS", 4),
            ("SCI", None),
            ("SCI", None),
            ("AMSD_SIGMA", 3),
            ("AMSD_FLAGS", 3),
        ]
        assert hdus[1].verify_checksum() in (1, 2)


def test_one_that_says_so_counts_before_one_of_the_same_version(tmp_path: Path) -> None:
    stated, other = _plane("AMSD_SIGMA", 3, {"AMSDHDU": 1}), _plane("AMSD_SIGMA", 9, {})
    assert np.all(read_frame(_write(tmp_path / "a.fits", _image(), stated, other)).uncertainty.array == 3)


@pytest.mark.parametrize(("value", "dtype"), [(300, np.int16), (-1, np.int16), (0.5, np.float32), (np.nan, np.float32)])
def test_flags_that_are_none(value: float, dtype: Any, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.fits", _image(), _plane("AMSD_FLAGS", value, {"AMSDHDU": 1}, dtype))
    with pytest.warns(AmsdWarning, match="AMSD_FLAGS holds no flags"):
        assert read_frame(path).flags is None
    path = _write(tmp_path / "b.fits", _image(), _plane("AMSD_FLAGS", 5, {"AMSDHDU": 1}, np.int16))
    assert np.all(read_frame(path).flags == 5)


def _hostile(path: Path, *cards: bytes) -> Path:
    data = np.random.default_rng(1).poisson(1000, (64, 60)).astype(">i2").tobytes()
    path.write_bytes(raw_file([([*image_cards(16, (64, 60)), *cards], data)]))
    return path


@pytest.mark.parametrize(
    "card", [b"AMSDVERS= no quotes", b"AMSDVERS= '\x1b[31m'", b"AMSDVERS=", b"AMSDVERS  '0.1'", b"amsdvers= T"]
)
def test_a_card_of_a_denoising_counts_whatever_its_value(card: bytes, tmp_path: Path) -> None:
    frame = read_frame(_hostile(tmp_path / "a.fits", card))
    with pytest.raises(AlreadyDenoisedError, match="denoised already") as caught:
        refuse_denoised(frame)
    assert str(caught.value).isprintable()


def test_a_result_records_its_own_denoising_alone(tmp_path: Path) -> None:
    cards = [b"AMSDRISK= 0.5", b"AMSDRISK= what", b"AMSDSTEP= no quotes", b"AMSDSLOP= 5.0", b"AMSDSLOP= 6.0"]
    cards += [b"AMSDLOW = 1", b"AMSDOPTS= no quotes", b"AMSDSIGM= 25.0", b"AMSDFLUX= 'x'"]
    frame = read_frame(_hostile(tmp_path / "a.fits", *cards))
    noise = measure_noise(frame)
    arrays = Denoised.like(frame)
    sigma = np.ones(frame.data.shape, np.float32)
    arrays.fill(frame, (slice(0, 64), slice(0, 60)), frame.data, sigma, sigma < 0)
    assemble(frame, noise, arrays, {"AMSDSTEP": (3, "steps")}).write(tmp_path / "b.fits")
    header = read_frame(tmp_path / "b.fits").header
    record = read_record(header)
    assert record is not None and record.steps == 3 and record.risk is None and record.flux is None
    assert header.count("AMSDSLOP") == 1 and header["AMSDSLOP"] == pytest.approx(noise.slope)
    assert "AMSDLOW" not in header and "AMSDOPTS" not in header and header["AMSDSIGM"] == 25.0
    json.dumps({key: header[key] for key in header if key.startswith("AMSD")})
