"""Tile-compressed images: read behind checks, written without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.fits.cards import int_value, string_value
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import read_frame, write_frame


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


def _packed_rows(path: Path, dtype: str, spread: float) -> bytearray:
    """Write 16 tiles of one row of 48 pixels and return the file's bytes."""
    pixels = np.random.default_rng(3).normal(1000, spread, (16, 48)).astype(dtype)
    fits.CompImageHDU(pixels, compression_type="RICE_1", tile_shape=(1, 48)).writeto(path)
    np.testing.assert_array_equal(read_frame(path).data, pixels)
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("spread", [0, 30])
@pytest.mark.parametrize("dtype", ["u1", "i2", "i4"])
def test_rice_tile_longer_than_its_stream_is_an_error(tmp_path: Path, dtype: str, spread: float) -> None:
    """The decoder of a stream that has ended looks for the next bit that is set, wherever in memory that is."""
    path = tmp_path / "short.fits"
    content = _packed_rows(path, dtype, min(spread, 3) if dtype == "u1" else spread)
    for keyword in (b"ZNAXIS1", b"ZTILE1 "):
        old = keyword + b" = " + b"48".rjust(20)
        assert content.count(old) == 1
        content = content.replace(old, keyword + b" = " + b"4800".rjust(20))
    path.write_bytes(content)
    with pytest.raises(FrameError, match=r"short\.fits.*cannot be unpacked \(.*hit end of compressed byte stream"):
        read_frame(path)


@pytest.mark.parametrize("dtype", ["i2", "i4"])
def test_rice_stream_cut_by_a_few_bytes_is_an_error(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "cut.fits"
    content = _packed_rows(path, dtype, 30)
    with fits.open(path, disable_image_compression=True) as hdus:
        descriptor, length = hdus[1].fileinfo()["datLoc"] + 5 * 8, len(hdus[1].data["COMPRESSED_DATA"][5])
    assert int.from_bytes(content[descriptor : descriptor + 4], "big") == length
    for n_kept in (length - 3, 8, 3):
        content[descriptor : descriptor + 4] = n_kept.to_bytes(4, "big")
        path.write_bytes(content)
        with pytest.raises(FrameError, match=r"cannot be unpacked \(decompression error"):
            read_frame(path)


def test_rice_pixels_of_eight_bytes_are_an_error(tmp_path: Path) -> None:
    """The decoder takes any number beyond 2 for 4, and its caller then copies more than there is."""
    path = tmp_path / "wide.fits"
    content = _packed_rows(path, "i4", 30)
    old = b"ZVAL2   = " + b"4".rjust(20)
    assert content.count(old) == 1
    for name in (b"'BYTEPIX '", b"'bytepix '"):
        new = content.replace(old, b"ZVAL2   = " + b"8".rjust(20)).replace(b"'BYTEPIX '", name)
        path.write_bytes(new)
        with pytest.raises(FrameError, match="RICE_1 needs BYTEPIX in"):
            read_frame(path)
