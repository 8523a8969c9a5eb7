"""Whatever a caller has in hand becomes a frame, and stays as it was."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, NDData, StdDevUncertainty, VarianceUncertainty
from astropy.utils.masked import Masked

from amsd_astro.errors import AmsdWarning, FrameError, FrameNotFoundError
from amsd_astro.frames import Frame, as_frame, read_frame


def test_paths(odd_file: Path) -> None:
    for path in (odd_file, str(odd_file)):
        assert as_frame(path).source is not None
    with pytest.raises(FrameNotFoundError):
        as_frame("none.fits")


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f8", "i2"])
def test_arrays(dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    before = array.copy()
    frame = as_frame(array, mask=array == 5)
    np.testing.assert_array_equal(frame.data, before)
    np.testing.assert_array_equal(frame.mask, before == 5)
    if np.shares_memory(frame.data, array):
        with pytest.raises(ValueError, match="read-only"):
            frame.data[0, 0] = 9
    np.testing.assert_array_equal(array, before)
    assert array.flags.writeable


def test_quantities_and_masked_arrays(pixels: np.ndarray) -> None:
    frame = as_frame(pixels * u.electron)
    assert frame.unit == u.electron and frame.mask.sum() == 2
    masked = as_frame(np.ma.masked_less(np.arange(6.0).reshape(2, 3), 2))
    assert masked.mask.tolist() == [[True, True, False], [False] * 3]
    assert as_frame(np.ones((1, 1, 3, 4))).data.shape == (3, 4)


def test_masked_arrays_of_astropy_keep_their_mask(pixels: np.ndarray) -> None:
    mask = np.zeros(pixels.shape, bool)
    mask[2, 3:] = True
    for masked in (Masked(pixels, mask=mask), Masked(pixels * u.electron, mask=mask)):
        frame = as_frame(masked)
        assert np.array_equal(frame.mask, mask | ~np.isfinite(pixels))
    assert frame.unit == u.electron


@pytest.mark.parametrize("kind", [StdDevUncertainty, VarianceUncertainty, InverseVariance])
@pytest.mark.parametrize("made", [NDData, CCDData, Frame])
def test_pixels_without_a_positive_error_are_masked(made: Any, kind: Any, pixels: np.ndarray) -> None:
    pixels = np.where(np.isfinite(pixels), pixels, 1.0)
    values = np.full(pixels.shape, 4.0)
    values[0, 0], values[1, 1], values[2, 2] = 0.0, np.nan, 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = as_frame(made(pixels, unit="adu", uncertainty=kind(values)))
    expected = {StdDevUncertainty: 4.0, VarianceUncertainty: 2.0, InverseVariance: 0.5}[kind]
    assert np.flatnonzero(frame.mask.diagonal()).tolist() == [0, 1, 2] and frame.mask.sum() == 3
    assert isinstance(frame.uncertainty, StdDevUncertainty)
    assert np.nanmin(frame.uncertainty.array) == np.nanmax(frame.uncertainty.array) == expected


def test_an_uncertainty_has_a_unit_of_its_own(pixels: np.ndarray) -> None:
    error = StdDevUncertainty(np.full(pixels.shape, 2000.0), unit="mJy")
    assert np.all(as_frame(NDData(pixels, unit="Jy", uncertainty=error)).uncertainty.array == 2.0)
    error = InverseVariance(np.full(pixels.shape, 1e-6), unit=1 / u.mJy**2)
    assert as_frame(NDData(pixels, unit="Jy", uncertainty=error)).uncertainty.array == pytest.approx(1.0)


def test_an_uncertainty_without_a_positive_value_is_not_used(pixels: np.ndarray) -> None:
    with pytest.warns(AmsdWarning, match="holds no positive value and is not used"):
        frame = as_frame(NDData(pixels, uncertainty=StdDevUncertainty(np.zeros(pixels.shape))))
    assert frame.uncertainty is None and frame.mask.sum() == 2


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (np.ones(5), FrameError),
        (np.ones((2, 3, 4)), FrameError),
        (np.ones((0, 3)), FrameError),
        (np.full((2, 2), np.nan), FrameError),
        (np.ones((2, 2), complex), FrameError),
        (np.array([["a", "b"]]), FrameError),
        (5, TypeError),
        ([[1, 2]], TypeError),
        (None, TypeError),
    ],
)
def test_what_is_no_image(bad: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        as_frame(bad)


def test_masks_that_do_not_fit() -> None:
    with pytest.raises(FrameError, match="mask must have the shape"):
        as_frame(np.ones((2, 2)), mask=np.zeros((2, 3), bool))
    with pytest.raises(FrameError, match="no valid pixel"):
        as_frame(np.ones((2, 2)), mask=np.ones((2, 2), bool))
    with pytest.raises(TypeError, match="ext is for files"):
        as_frame(np.ones((2, 2)), ext=1)


def test_nddata(pixels: np.ndarray) -> None:
    header = fits.Header({"OBJECT": "M 31"})
    ccd = CCDData(pixels, unit="adu", meta=header, uncertainty=VarianceUncertainty(np.full(pixels.shape, 9.0)))
    frame = as_frame(ccd)
    assert frame.unit == u.adu and frame.mask.sum() == 2
    assert isinstance(frame.uncertainty, StdDevUncertainty) and np.all(frame.uncertainty.array == 3)
    frame.header["OBJECT"] = "changed"
    assert header["OBJECT"] == "M 31" and ccd.mask is None
    assert isinstance(ccd.uncertainty, VarianceUncertainty) and ccd.uncertainty.parent_nddata is ccd
    plain = as_frame(NDData(pixels, mask=np.isnan(pixels), meta={"exposure": 5, "odd": object()}))
    assert plain.unit == u.dimensionless_unscaled and plain.header["exposure"] == 5


def test_frames_are_not_shared(odd_file: Path) -> None:
    first = read_frame(odd_file)
    second = as_frame(first, mask=np.eye(12, 17) > 0)
    assert second is not first and second.source == first.source
    second.header["NEW"] = 1
    assert "NEW" not in first.header and first.mask.sum() == 0 and second.mask.sum() == 12
    assert isinstance(second, Frame)


def test_hdus_are_left_as_they_are(odd_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "u16.fits"
    stored = np.arange(20, dtype=np.uint16).reshape(4, 5) + 40000
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(stored, name="SCI"), fits.ImageHDU(stored, name="ERR")])
    hdus[1].header["BUNIT"] = "ADU"
    hdus.writeto(path)
    for ext, take in [(None, lambda file: file), ("SCI", lambda file: file), (None, lambda file: file["SCI"])]:
        with fits.open(path) as file:
            before = [hdu.header.tostring() for hdu in file]
            frame = as_frame(take(file), ext=ext)
            assert [hdu.header.tostring() for hdu in file] == before
            np.testing.assert_array_equal(frame.data, stored)
            assert frame.unit == u.adu and frame.source is None
    loaded = as_frame(hdus[1])
    np.testing.assert_array_equal(loaded.data, stored)
    with fits.open(path) as file, pytest.raises(FrameError, match="names no HDU"):
        as_frame(file, ext="NONE")
    with fits.open(path) as file, pytest.raises(FrameError, match="no pixels"):
        as_frame(file[0])


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_2"])
def test_compressed_hdus(kind: str, tmp_path: Path) -> None:
    stored = np.arange(400, dtype=np.int16).reshape(20, 20)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(stored, compression_type=kind)]).writeto(tmp_path / "c.fits")
    with fits.open(tmp_path / "c.fits") as file:
        np.testing.assert_array_equal(as_frame(file).data, stored)


def test_blank_of_an_hdu(tmp_path: Path) -> None:
    hdu = fits.PrimaryHDU(np.array([[0, 1], [2, 3]], np.int16))
    hdu.header["BLANK"] = 0
    hdu.writeto(tmp_path / "b.fits")
    with fits.open(tmp_path / "b.fits") as file:
        assert as_frame(file).mask.tolist() == [[True, False], [False, False]]
