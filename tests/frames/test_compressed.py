"""Tile-compressed images: read behind checks, written without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.frames import read_frame, write_frame
from amsd_astro.frames.cards import int_value, string_value
from amsd_astro.frames.rawfits import scan


def _compressed(path: Path, kind: str, *, floats: bool = False, **options: object) -> np.ndarray:
    rng = np.random.default_rng(5)
    data = rng.poisson(100, (50, 70)).astype(np.int16)
    image = data.astype(np.float32) + rng.normal(size=data.shape).astype(np.float32) if floats else data
    header = fits.Header({"OBJECT": "field", "CRVAL1": 5.0})
    hdu = fits.CompImageHDU(image, header, name="SCI", compression_type=kind, **options)
    hdus = fits.HDUList([fits.PrimaryHDU(), hdu, fits.CompImageHDU(data, name="WHT2", compression_type="RICE_1")])
    hdus.writeto(path)
    return np.array(image)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS"])
def test_every_codec_comes_back_lossless(kind: str, tmp_path: Path) -> None:
    options = {"tile_shape": (10, 70)} if kind == "HCOMPRESS_1" else {}
    data = _compressed(tmp_path / "in.fits", kind, **options)
    frame = read_frame(tmp_path / "in.fits")
    np.testing.assert_array_equal(frame.data, data)
    assert frame.header["NAXIS"] == 2 and "ZIMAGE" not in frame.header
    frame.data = frame.data * np.float32(1.1)
    frame.data[3, 4] = np.nan
    frame.header["NEWCARD"] = 5
    write_frame(frame, tmp_path / "out.fits")
    before, after = scan(tmp_path / "in.fits"), scan(tmp_path / "out.fits")
    bodies = (tmp_path / "in.fits").read_bytes(), (tmp_path / "out.fits").read_bytes()
    assert bodies[0][before.hdus[2].header_offset :] == bodies[1][after.hdus[2].header_offset :]
    cards = after.hdus[1].cards
    assert string_value(cards, "ZCMPTYPE") == "GZIP_2" and int_value(cards, "ZBITPIX") == -32
    assert int_value(cards, "ZTILE2") == int_value(before.hdus[1].cards, "ZTILE2")
    assert int_value(cards, "NEWCARD") == 5
    for options in ({"checksum": True}, {"memmap": False}):
        with fits.open(tmp_path / "out.fits", **options) as hdus:
            np.testing.assert_array_equal(hdus["SCI"].data, frame.data)
            assert hdus["SCI"].header["OBJECT"] == "field"
    write_frame(frame, tmp_path / "again.fits")
    assert (tmp_path / "again.fits").read_bytes() == bodies[1]


def test_quantized_floats_are_read_as_they_are(tmp_path: Path) -> None:
    data = _compressed(tmp_path / "in.fits", "RICE_1", floats=True, quantize_level=16)
    frame = read_frame(tmp_path / "in.fits")
    assert 0 < np.abs(frame.data - data).max() < 1
    write_frame(frame, tmp_path / "out.fits")
    np.testing.assert_array_equal(read_frame(tmp_path / "out.fits").data, frame.data)
