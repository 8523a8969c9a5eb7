"""Reading: the right HDU, the right values, one clear line for what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import image_cards, raw_file

from amsd_astro.errors import (
    AlreadyDenoisedError,
    AmsdWarning,
    FrameChangedError,
    FrameError,
    FrameNotFoundError,
)
from amsd_astro.frames import read_frame, refuse_denoised
from amsd_astro.frames import reader as reader_module

GOOD = image_cards(16, (4, 6))
DATA = np.arange(24, dtype=">i2").tobytes()


def _put(tmp_path: Path, body: bytes, name: str = "x.fits") -> Path:
    path = tmp_path / name
    path.write_bytes(body)
    return path


def _card(cards: list[bytes], keyword: bytes, card: bytes | None) -> list[bytes]:
    return [new for old in cards for new in ([card] if old.startswith(keyword) else [old]) if new is not None]


BAD = {
    "empty": (b"", "it is empty"),
    "one byte": (b"S", "not a FITS file"),
    "text": (b"hello world\n" * 300, "plain text"),
    "html": (b"<!DOCTYPE html><html></html>", "HTML page"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 5000, "PNG"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 5000, "HDF5"),
    "header cut": (raw_file([(GOOD, DATA)])[:400], "header is cut"),
    "no END": (b"".join(c.ljust(80) for c in GOOD).ljust(2880 * 3), "before an END"),
    "data cut": (raw_file([(image_cards(16, (400, 600)), b"")]), "data are cut"),
    "crlf": (raw_file([(GOOD, DATA)]).replace(b" " * 2 + b"NAXIS", b"\r\n" + b"NAXIS"), "CRLF"),
    "negative axis": (
        raw_file([(_card(GOOD, b"NAXIS1", b"NAXIS1  =                   -6"), DATA)]),
        "NAXIS1 must not be neg",
    ),
    "float axis": (
        raw_file([(_card(GOOD, b"NAXIS1", b"NAXIS1  =                  6.0"), DATA)]),
        r"integer. Received: 6\.0",
    ),
    "string axis": (raw_file([(_card(GOOD, b"NAXIS1", b"NAXIS1  = '6       '"), DATA)]), "NAXIS1 must be an integer"),
    "missing axis": (raw_file([(_card(GOOD, b"NAXIS1", None), DATA)]), "NAXIS1 must be given once"),
    "two axes differ": (raw_file([([*GOOD, b"NAXIS1  =                    7"], DATA)]), "NAXIS1 must be given once"),
    "NAXIS 1000": (raw_file([(_card(GOOD, b"NAXIS ", b"NAXIS   =                 1000"), DATA)]), "0..999"),
    "huge": (raw_file([(image_cards(-32, (10**6, 10**6)), DATA)]), "data are cut"),
    "2**40": (raw_file([(image_cards(8, (1, 2**40)), DATA)]), "data are cut"),
    "bad BITPIX": (raw_file([(image_cards(17, (4, 6)), DATA)]), "BITPIX must be one of"),
    "no BITPIX": (raw_file([(_card(GOOD, b"BITPIX", None), DATA)]), "BITPIX must be given once"),
    "SIMPLE F": (raw_file([(_card(GOOD, b"SIMPLE", b"SIMPLE  =                    F"), DATA)]), "SIMPLE must be T"),
    "BSCALE 0": (raw_file([([*GOOD, b"BSCALE  =                  0.0"], DATA)]), "BSCALE must not be zero"),
    "BSCALE text": (raw_file([([*GOOD, b"BSCALE  = 'one     '"], DATA)]), "BSCALE must be a number"),
    "one axis": (raw_file([(image_cards(16, (24,)), DATA)]), "two axes"),
    "zero axis": (raw_file([(image_cards(16, (0, 6)), b"")]), "no length"),
    "cube": (raw_file([(image_cards(16, (2, 3, 4)), DATA)]), "cube"),
    "no image": (raw_file([(image_cards(8, ()), b"")]), "no HDU holds an image"),
    "all NaN": (raw_file([(image_cards(-32, (2, 2)), np.full(4, np.nan, ">f4").tobytes())]), "no valid pixel"),
    "cut gzip": (gzip.compress(raw_file([(image_cards(16, (40, 60)), os.urandom(4800))]))[:3000], "gzip stream is cut"),
    "cut bzip2": (
        bz2.compress(raw_file([(image_cards(16, (40, 60)), os.urandom(4800))]))[:3000],
        "bzip2 stream is cut",
    ),
    "text in gzip": (gzip.compress(b"hello\n" * 1000), "plain text"),
    "lzw": (b"\x1f\x9d\x90" + b"\0" * 3000, "compress"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_give_one_clear_line(case: str, tmp_path: Path) -> None:
    body, message = BAD[case]
    path = _put(tmp_path, body)
    start = time.perf_counter()
    with pytest.raises(FrameError, match=message) as caught:
        read_frame(path)
    assert time.perf_counter() - start < 2
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.path == path


def test_missing_and_strange_paths(tmp_path: Path) -> None:
    with pytest.raises(FrameNotFoundError, match="no such file"):
        read_frame(tmp_path / "none.fits")
    with pytest.raises(FileNotFoundError):
        read_frame(tmp_path / "none.fits")
    with pytest.raises(FrameError, match="directory"):
        read_frame(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FrameError, match="regular file"):
        read_frame(tmp_path / "pipe")


def test_no_end_in_a_large_file_is_found_fast(tmp_path: Path) -> None:
    path = tmp_path / "large.fits"
    with open(path, "wb") as file:
        file.write(b"".join(c.ljust(80) for c in GOOD))
        file.truncate(2**33)
    start = time.perf_counter()
    with pytest.raises(FrameError, match="no END card"):
        read_frame(path)
    assert time.perf_counter() - start < 2


def test_a_gzip_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.fits.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(raw_file([(image_cards(-32, (30000, 30000)), b"")]))
        file.write(bytes(2**20))
    with pytest.raises(FrameError, match="bomb"):
        read_frame(path)


@pytest.mark.parametrize(
    ("pack", "name"), [(gzip.compress, "a.fits"), (bz2.compress, "b.bin"), (lzma.compress, "c.fits.xz")]
)
def test_packed_files_are_known_by_their_bytes(pack: Callable[[bytes], bytes], name: str, tmp_path: Path) -> None:
    frame = read_frame(_put(tmp_path, pack(raw_file([(GOOD, DATA)])), name))
    np.testing.assert_array_equal(frame.data, np.arange(24).reshape(4, 6))


def test_accepted_with_a_warning(tmp_path: Path) -> None:
    body = raw_file([(GOOD, DATA)])
    for name, text, message in [
        ("cut.fits", body[: 2880 + len(DATA)], "padding"),
        ("junk.fits", body + b"\0" * 100, "no HDU"),
        ("plain.fits.gz", body, "not packed"),
        ("unit.fits", raw_file([([*GOOD, b"BUNIT   = 'florps  '"], DATA)]), "BUNIT"),
        ("blank.fits", raw_file([([*GOOD, b"BLANK   =                  1.5"], DATA)]), "BLANK"),
    ]:
        with pytest.warns(AmsdWarning, match=message):
            frame = read_frame(_put(tmp_path, text, name))
        np.testing.assert_array_equal(frame.data, np.arange(24).reshape(4, 6))
        assert frame.unit == u.dimensionless_unscaled


@pytest.mark.parametrize("blank", [0, 7])
@pytest.mark.parametrize("zero", [0, 32768])
def test_blank_is_masked_also_where_astropy_ignores_it(blank: int, zero: int, tmp_path: Path) -> None:
    cards = [*GOOD, b"BLANK   = %20d" % blank, b"BZERO   = %20d" % zero]
    frame = read_frame(_put(tmp_path, raw_file([(cards, DATA)])))
    expected = np.arange(24).reshape(4, 6) == blank
    np.testing.assert_array_equal(frame.mask, expected)
    np.testing.assert_array_equal(np.isnan(frame.data), expected)
    np.testing.assert_array_equal(frame.data[~expected], (np.arange(24).reshape(4, 6) + zero)[~expected])


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["u1", ">i2", ">i4", ">i8"]),
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=12),
    st.sampled_from([(1, 0), (1, 32768), (0.5, 100), (2, 0)]),
)
def test_integers_keep_apart(
    tmp_path_factory: pytest.TempPathFactory, kind: str, values: list[int], scale: tuple[float, float]
) -> None:
    info = np.iinfo(np.dtype(kind))
    stored = np.array([min(max(value, info.min), info.max) for value in values], dtype=kind)
    bitpix = 8 * stored.itemsize
    cards = [*image_cards(bitpix, (1, len(stored))), b"BSCALE  = %20r" % scale[0], b"BZERO   = %20r" % scale[1]]
    path = tmp_path_factory.mktemp("ints") / "i.fits"
    path.write_bytes(raw_file([(cards, stored.tobytes())]))
    frame = read_frame(path)
    assert frame.data.dtype.isnative and frame.data.dtype in (np.float32, np.float64)
    np.testing.assert_array_equal(frame.data[0].astype(float), stored.astype(float) * scale[0] + scale[1])
    wide = np.abs(frame.data).max() > 2**24 * scale[0]
    assert frame.data.dtype == (np.float64 if wide else np.float32)


def test_choice_of_hdu(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    frame = read_frame(make_mef("a.fits", A=pixels + 1, sci=pixels))
    assert frame.source is not None and frame.source.hdu == 2 and frame.source.name == "SCI"
    path = make_mef("b.fits", A=pixels + 1, B=pixels + 2, B_2=pixels + 3)
    with pytest.raises(FrameError, match=r"3 HDUs hold an image.*1 A.*2 B.*3 B,2"):
        read_frame(path)
    for ext, offset in [(1, 1), ("1", 1), ("a ", 1), ("B", 2), ("b,2", 3), (("B", 2), 3), (np.int64(3), 3)]:
        np.testing.assert_array_equal(read_frame(path, ext=ext).data, pixels + offset)
    for ext in (0, 9, -1, "C", "B,3", ("B", 9)):
        with pytest.raises(FrameError):
            read_frame(path, ext=ext)
    with pytest.raises(FrameError, match="2 HDUs are named SCI"):
        read_frame(make_mef("c.fits", SCI=pixels, SCI_2=pixels))


def test_other_chips_keep_apart(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    path = make_mef(SCI=pixels, ERR=np.full(pixels.shape, 2.0), SCI_2=pixels, ERR_2=np.full(pixels.shape, 3.0))
    frame = read_frame(path, ext="SCI,2")
    assert frame.uncertainty is not None and np.all(frame.uncertainty.array == 3)


def test_errors_variances_and_weights(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    plane = np.full(pixels.shape, 4.0)
    plane[0, 0], plane[1, 1] = 0, -1
    for name, expected in [("ERR", 4.0), ("STAT", 2.0), ("IVAR", 0.5), ("uncert", 4.0)]:
        frame = read_frame(make_mef(f"{name}.fits", SCI=pixels, **{name: plane}))
        assert frame.uncertainty is not None
        assert frame.uncertainty.array[5, 5] == expected
        assert frame.mask[0, 0] and frame.mask[1, 1] and frame.mask[2, 3] and frame.mask[4, 5]
        assert frame.mask.sum() == 4
    weight = read_frame(make_mef("w.fits", SCI=pixels, WHT=plane))
    assert weight.uncertainty is None and weight.mask[0, 0] and weight.mask.sum() == 3
    named = read_frame(make_mef("n.fits", SCI=pixels, FOO=plane, SMALL=plane[1:]), error_ext="FOO")
    assert named.uncertainty is not None
    with pytest.raises(FrameError, match="error_ext must be an image of the shape"):
        read_frame(named.source.path, error_ext="SMALL")
    with pytest.warns(AmsdWarning, match="no positive value"):
        assert read_frame(make_mef("z.fits", SCI=pixels, ERR=plane * 0)).uncertainty is None


def test_masks(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    bits = np.zeros(pixels.shape, np.int16)
    bits[0, 0], bits[0, 1] = 1, 4
    path = make_mef("m.fits", SCI=pixels, MASK=bits)
    assert read_frame(path).mask.sum() == 4
    assert read_frame(path, mask_bits=4).mask.sum() == 3
    path = make_mef("d.fits", SCI=pixels, DQ=bits.view(np.uint16), SMALL=bits[1:])
    assert read_frame(path).mask.sum() == 2
    assert read_frame(path, mask_ext="DQ").mask.sum() == 4
    assert read_frame(path, mask_bits=1).mask[0].tolist() == [True] + [False] * 16
    for options in (
        {"mask_ext": "SMALL"},
        {"mask_ext": "NONE"},
        {"mask_ext": "SCI", "mask_bits": 1},
        {"mask_bits": -1},
    ):
        with pytest.raises(FrameError):
            read_frame(path, **options)
    with pytest.warns(AmsdWarning, match="marks every pixel"):
        assert read_frame(make_mef("one.fits", SCI=pixels, MASK=bits * 0 + 1)).mask.sum() == 2


def test_named_mask_bits_spare_detections(tmp_path: Path, pixels: np.ndarray) -> None:
    bits = np.zeros(pixels.shape, np.int32)
    bits[0, 0], bits[0, 1], bits[0, 2] = 1, 32, 256
    mask = fits.ImageHDU(bits, name="MASK")
    mask.header.update({"MP_BAD": 0, "HIERARCH MP_DETECTED": 5, "HIERARCH MP_NO_DATA": 8})
    path = tmp_path / "lsst.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="IMAGE"), mask]).writeto(path)
    assert read_frame(path).mask[0, :4].tolist() == [True, False, True, False]


def test_keywords_fall_back_to_the_primary(tmp_path: Path, pixels: np.ndarray) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI")])
    hdus[0].header["GAIN"], hdus[0].header["HIERARCH ESO DET OUT1 CONAD"] = 1.5, 0.7
    hdus[1].header["RDNOISE"] = 4.0
    hdus.writeto(tmp_path / "k.fits")
    frame = read_frame(tmp_path / "k.fits")
    source = frame.source
    assert source is not None
    assert (source.keyword("GAIN"), source.keyword("RDNOISE"), source.keyword("NONE", 3)) == (1.5, 4.0, 3)
    assert source.keyword("ESO DET OUT1 CONAD") == 0.7
    assert "GAIN" not in frame.header
    assert len(source.fingerprint) == 64


def test_degenerate_axes_and_denoised_files(tmp_path: Path) -> None:
    frame = read_frame(_put(tmp_path, raw_file([(image_cards(16, (1, 1, 4, 6)), DATA)])))
    assert frame.data.shape == (4, 6) and frame.source.shape == (1, 1, 4, 6)
    refuse_denoised(frame)
    frame.header["AMSDVERS"] = "1"
    with pytest.raises(AlreadyDenoisedError, match="AMSDVERS = 1"):
        refuse_denoised(frame)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _put(tmp_path, raw_file([(GOOD, DATA)]))
    genuine = reader_module.read_planes

    def slow(*args: object, **options: object) -> object:
        with open(path, "ab") as file:
            file.write(b"more")
        return genuine(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reader_module, "read_planes", slow)
    with pytest.raises(FrameChangedError):
        read_frame(path)
