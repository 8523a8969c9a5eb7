"""Frames that came from no file, or not from the file they go to."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty
from astropy.wcs import WCS
from written_files import as_denoised, checksums_hold

from amsd_astro.frames import Frame, as_frame, read_frame, write_frame
from amsd_astro.frames.denoised import Denoised, assemble
from amsd_astro.noise.model import NoiseModel


def test_a_frame_from_no_file(tmp_path: Path, pixels: np.ndarray) -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [10, 20], [3, 4], [-1e-4, 1e-4]
    frame = Frame(pixels, unit="adu", wcs=wcs, header={"OBJECT": "M 13", "BZERO": 5, "NAXIS1": 3, "EXTNAME": "SCI"})
    frame.uncertainty = VarianceUncertainty(np.full(pixels.shape, 4.0))
    write_frame(frame, tmp_path / "plain.fits")
    frame.header["AMSDVERS"] = "1"
    write_frame(frame, tmp_path / "ours.fits")
    with fits.open(tmp_path / "plain.fits", checksum=True) as hdus:
        assert len(hdus) == 2 and hdus["UNCERT"].header["UTYPE"] == "VarianceUncertainty"
        header = hdus[0].header
        assert (header["OBJECT"], header["BUNIT"], header["NAXIS1"]) == ("M 13", "adu", 17)
        assert "BZERO" not in header and header["EXTEND"] is True
        np.testing.assert_allclose(WCS(header).wcs_pix2world(5, 6, 0), wcs.wcs_pix2world(5, 6, 0))
        np.testing.assert_array_equal(hdus[0].data, pixels)
    with fits.open(tmp_path / "ours.fits") as hdus:
        assert np.all(hdus["AMSD_SIGMA"].data == 2) and hdus["AMSD_SIGMA"].header["BUNIT"] == "adu"
    assert checksums_hold(tmp_path / "ours.fits")


def test_a_cut_out_is_written_with_its_own_sky(tmp_path: Path, pixels: np.ndarray) -> None:
    header = fits.Header(
        {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 3.0, "CRPIX2": 4.0, "CDELT1": -0.01, "CDELT2": 0.01}
    )
    frame = Frame(pixels, header=header)
    frame[5:10, 2:9].write(tmp_path / "cut.fits")
    cut = read_frame(tmp_path / "cut.fits")
    assert cut.wcs is not None and frame.wcs is not None
    np.testing.assert_allclose(cut.wcs.wcs_pix2world(0, 0, 0), frame.wcs.wcs_pix2world(2, 5, 0))
    frame[::2, ::2].write(tmp_path / "thin.fits")
    thin = read_frame(tmp_path / "thin.fits")
    assert thin.wcs is not None
    np.testing.assert_allclose(thin.wcs.wcs_pix2world(2, 3, 0), frame[::2, ::2].wcs.wcs_pix2world(2, 3, 0), rtol=1e-9)


def test_frames_cross_processes(odd_file: Path, tmp_path: Path) -> None:
    frame = pickle.loads(pickle.dumps(as_denoised(read_frame(odd_file))))
    write_frame(frame, tmp_path / "a.fits")
    write_frame(as_denoised(read_frame(odd_file)), tmp_path / "b.fits")
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


def test_units_that_fits_does_not_know(tmp_path: Path, pixels: np.ndarray) -> None:
    frame = as_frame(pixels * u.def_unit("quux"))
    write_frame(frame, tmp_path / "q.fits")
    assert fits.getheader(tmp_path / "q.fits")["BUNIT"] == "quux"


@pytest.mark.parametrize("kind", [StdDevUncertainty, VarianceUncertainty, InverseVariance])
def test_mask_and_uncertainty_are_written_as_ccddata_does(kind: Any, tmp_path: Path, pixels: np.ndarray) -> None:
    mask = np.zeros(pixels.shape, bool)
    mask[2, 3:6] = True
    frame = Frame(pixels, unit="adu", mask=mask, uncertainty=kind(np.full(pixels.shape, 4.0)))
    write_frame(frame, tmp_path / "a.fits")
    assert checksums_hold(tmp_path / "a.fits")
    ccd = CCDData.read(tmp_path / "a.fits")
    assert np.array_equal(ccd.mask, mask) and type(ccd.uncertainty) is kind and np.all(ccd.uncertainty.array == 4)
    again = read_frame(tmp_path / "a.fits")
    assert again.mask[2, 3:6].all()
    expected = kind(np.full(1, 4.0)).represent_as(StdDevUncertainty).array[0]
    assert np.nanmax(again.uncertainty.array) == pytest.approx(expected)


def test_a_result_that_came_from_no_file_is_read_back_as_a_whole(tmp_path: Path, pixels: np.ndarray) -> None:
    mask = ~np.isfinite(pixels)
    mask[2, 3:6] = True
    frame = Frame(pixels, unit="adu", mask=mask)
    arrays = Denoised.like(frame)
    arrays.fill(frame, tuple(slice(0, n) for n in pixels.shape), pixels, np.full_like(pixels, 2), mask & False)
    noise = NoiseModel(0.5, 3.0, 100.0, 53.0, np.outer([0.2, 1, 0.2], [0.1, 1, 0.1]), "caller", 1.1)
    assemble(frame, noise, arrays, {}).write(tmp_path / "a.fits")
    for again in (read_frame(tmp_path / "a.fits"), Frame.read(tmp_path / "a.fits")):
        assert np.array_equal(again.mask, mask) and np.all(again.uncertainty.array[~mask] == 2)
        assert (again.noise.slope, again.noise.floor, again.noise.source) == (0.5, 3.0, "caller")
        assert (again.noise.sky, again.noise.agreement) == (100.0, 1.1)
        assert again.noise.sky_variance == pytest.approx(53)
        np.testing.assert_allclose(again.noise.neighbours, noise.neighbours, rtol=1e-6)
    ccd = CCDData.read(tmp_path / "a.fits", hdu_uncertainty="AMSD_SIGMA", hdu_mask="AMSD_FLAGS")
    assert np.all(ccd.mask[mask]) and np.all(ccd.uncertainty.array[~mask] == 2)
    assert as_frame(ccd).noise.slope == 0.5
    again.data = again.data * 2
    assert again.noise is None and read_frame(tmp_path / "a.fits")[:5, :5].noise is None


def test_what_was_calculated_of_frames_keeps_mask_and_uncertainty(tmp_path: Path) -> None:
    error, mask = StdDevUncertainty(np.full((9, 9), 3.0)), np.eye(9) > 0
    frame = Frame(np.full((9, 9), 8.0), unit="adu", uncertainty=error, mask=mask)
    frame.header.update({"AMSDVERS": "0", "AMSDRISK": 0.1})
    frame.subtract(Frame(np.ones((9, 9)), unit="adu")).write(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "MASK", "UNCERT"]
        assert not any(key.startswith("AMSD") for key in hdus[0].header)
        assert np.all(hdus[0].data == 7) and np.all(hdus["UNCERT"].data == 3)
        assert np.array_equal(hdus["MASK"].data, np.eye(9))


def test_a_frame_without_either_is_one_hdu(tmp_path: Path) -> None:
    write_frame(Frame(np.ones((5, 6))), tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        assert len(hdus) == 1 and "EXTEND" not in hdus[0].header
