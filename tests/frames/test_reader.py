"""Reading: the right HDU and the right values. What cannot be read is in tests/test_bad_inputs.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import image_cards, raw_file

from amsd_astro.errors import (
    AmsdWarning,
    FrameError,
    FrameNotFoundError,
)
from amsd_astro.frames import read_frame

GOOD = image_cards(16, (4, 6))
DATA = np.arange(24, dtype=">i2").tobytes()


def _put(tmp_path: Path, body: bytes, name: str = "x.fits") -> Path:
    path = tmp_path / name
    path.write_bytes(body)
    return path


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


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("star_cluster1.fits", "star_cluster_1.fits"),
        ("Star_Cluster_1.fits", "star_cluster_1.fits"),
        ("star_cluster_2.fits", ""),  # another exposure
        ("else.fits", ""),
    ],
)
def test_a_name_that_is_misspelled(asked: str, meant: str, tmp_path: Path) -> None:
    (tmp_path / "star_cluster_1.fits").touch()
    with pytest.raises(FrameNotFoundError) as caught:
        read_frame(tmp_path / asked)
    assert str(caught.value).endswith(f"no such file. Did you mean {meant}?" if meant else "no such file.")


def test_choice_of_hdu(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    frame = read_frame(make_mef("a.fits", A=pixels + 1, sci=pixels))
    assert frame.source is not None and frame.source.hdu == 2 and frame.source.name == "SCI"
    path = make_mef("b.fits", A=pixels + 1, B=pixels + 2, B_2=pixels + 3)
    choices: list[tuple[Any, int]] = [(1, 1), ("1", 1), ("a ", 1), ("B", 2), ("b,2", 3), (("B", 2), 3)]
    for ext, offset in [*choices, (np.int64(3), 3)]:
        np.testing.assert_array_equal(read_frame(path, ext=ext).data, pixels + offset)
    for wrong in (("B", 9), ("C", 1), True, 1.0, ("B",)):
        with pytest.raises(FrameError, match="ext "):
            read_frame(path, ext=wrong)  # type: ignore[arg-type]


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
    named = read_frame(make_mef("n.fits", SCI=pixels, FOO=plane), error_ext="FOO")
    assert named.uncertainty is not None
    with pytest.warns(AmsdWarning, match="no positive value"):
        assert read_frame(make_mef("z.fits", SCI=pixels, ERR=plane * 0)).uncertainty is None


def test_masks(make_mef: Callable[..., Path], pixels: np.ndarray) -> None:
    bits = np.zeros(pixels.shape, np.int16)
    bits[0, 0], bits[0, 1] = 1, 4
    path = make_mef("m.fits", SCI=pixels, MASK=bits)
    assert read_frame(path).mask.sum() == 4
    assert read_frame(path, mask_bits=4).mask.sum() == 3
    path = make_mef("d.fits", SCI=pixels, DQ=bits.view(np.uint16))
    assert read_frame(path).mask.sum() == 2
    assert read_frame(path, mask_ext="DQ").mask.sum() == 4
    assert read_frame(path, mask_bits=1).mask[0].tolist() == [True] + [False] * 16
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
    hdus[0].header["FILTER"], hdus[1].header["FILTER"], hdus[1].header["OBSERVER"] = "R", None, None
    hdus.writeto(tmp_path / "k.fits")
    frame = read_frame(tmp_path / "k.fits")
    source = frame.source
    assert source is not None
    assert (source.keyword("GAIN"), source.keyword("RDNOISE"), source.keyword("NONE", 3)) == (1.5, 4.0, 3)
    assert source.keyword("ESO DET OUT1 CONAD") == 0.7
    assert (source.keyword("FILTER"), source.keyword("OBSERVER", "nobody")) == ("R", "nobody"), "no value is none"
    assert "GAIN" not in frame.header
    assert len(source.fingerprint) == 64


def test_degenerate_axes(tmp_path: Path) -> None:
    frame = read_frame(_put(tmp_path, raw_file([(image_cards(16, (1, 1, 4, 6)), DATA)])))
    assert frame.source is not None
    assert frame.data.shape == (4, 6) and frame.source.shape == (1, 1, 4, 6)


@pytest.mark.parametrize(
    ("kind", "value"), [(StdDevUncertainty, 4.0), (VarianceUncertainty, 16.0), (InverseVariance, 1 / 16)]
)
def test_uncertainties_as_astropy_writes_them(kind: type, value: float, tmp_path: Path) -> None:
    data = np.random.default_rng(1).normal(100, 4, (20, 30)).astype(np.float32)
    ccd = CCDData(data, unit="adu", uncertainty=kind(np.full(data.shape, value)))
    ccd.write(tmp_path / "ccd.fits")
    np.testing.assert_allclose(read_frame(tmp_path / "ccd.fits").uncertainty.array, 4.0, rtol=1e-6)


def test_the_unit_may_stand_in_the_primary_alone(tmp_path: Path) -> None:
    primary = fits.PrimaryHDU()
    primary.header["BUNIT"] = "counts/s"
    fits.HDUList([primary, fits.ImageHDU(np.ones((9, 9), np.float32) + np.eye(9), name="SCI")]).writeto(
        tmp_path / "a.fits"
    )
    assert read_frame(tmp_path / "a.fits").unit == u.ct / u.s


def test_a_cube_beside_cubes_of_errors_is_told_as_one(tmp_path: Path) -> None:
    cubes = [fits.ImageHDU(np.ones((4, 9, 9), np.float32), name=name) for name in ("DATA", "STAT", "DQ")]
    fits.HDUList([fits.PrimaryHDU(), *cubes]).writeto(tmp_path / "a.fits")
    with pytest.raises(FrameError, match=r"a\.fits\[1\].*cube"):
        read_frame(tmp_path / "a.fits")
