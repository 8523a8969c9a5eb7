"""Frames that came from no file, or not from the file they go to."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import VarianceUncertainty
from astropy.wcs import WCS
from written_files import as_denoised, checksums_hold

from amsd_astro.frames import Frame, as_frame, read_frame, write_frame


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
        assert len(hdus) == 1
        header = hdus[0].header
        assert (header["OBJECT"], header["BUNIT"], header["NAXIS1"]) == ("M 13", "adu", 17)
        assert "BZERO" not in header and "EXTEND" not in header
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
