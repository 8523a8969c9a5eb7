"""What several exposures gave besides their image: written beside it, and told from what describes the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from astropy.table import Table

from amsd_astro import Frame, as_frame, read_frame, write_frame
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD, Combination
from amsd_astro.frames.masks import FLAG_MASKED, FLAG_REJECTED
from amsd_astro.frames.noise import measure_noise

SHAPE = (40, 50)


def combined(reference: Frame) -> Frame:
    """An image of eight exposures on the grid of a reference, its sky 100, its gain 16, not denoised."""
    rng = np.random.default_rng(1)
    data = rng.normal(100.0, 2.5, SHAPE).astype(np.float32)
    frame = reference.with_arrays(data, StdDevUncertainty(np.full(SHAPE, 2.5, np.float32)), None, None)
    frame.mask = np.zeros(SHAPE, bool)
    frame.mask[3, 4] = True
    frame.flags = np.where(frame.mask, FLAG_MASKED, 0).astype(np.uint8)
    frame.flags[7, 8] |= FLAG_REJECTED
    frame.header[COMBINED_KEYWORD] = 8
    frame.header["AMSDEGAI"], frame.header["AMSDERDN"] = 16.0, 3.0
    frame.combination = Combination(
        data,
        np.full(SHAPE, 2.5, np.float32),
        np.full(SHAPE, 8, np.uint16),
        Table({"NAME": ["one.fits", "two.fits"], "WEIGHT": [0.5, 0.5], "N_STARS": [7, 9]}),
        Table({"X": np.array([3.0]), "FLUX": np.array([[1.0, 2.0]], np.float32)}),
    )
    return frame


@pytest.fixture
def reference(tmp_path: Path) -> Frame:
    """One exposure, two of its pixels bad, its error plane that of one exposure."""
    rng = np.random.default_rng(2)
    mask = np.zeros(SHAPE, np.uint8)
    mask[20, 20:22] = 1
    image = fits.PrimaryHDU(rng.normal(100.0, 7.0, SHAPE).astype(np.float32))
    image.header["GAIN"], image.header["RDNOISE"], image.header["BUNIT"] = 2.0, 8.0, "adu"
    planes = [fits.ImageHDU(mask, name="MASK"), fits.ImageHDU(np.full(SHAPE, 7.0, np.float32), name="ERR")]
    fits.HDUList([image, *planes]).writeto(tmp_path / "reference.fits")
    return read_frame(tmp_path / "reference.fits")


@pytest.mark.parametrize("spliced", [True, False])
def test_everything_is_written_beside_the_image(reference: Frame, tmp_path: Path, spliced: bool) -> None:
    frame = combined(reference)
    if not spliced:
        frame.source = None
    write_frame(frame, tmp_path / "out.fits")
    with fits.open(tmp_path / "out.fits", checksum=True) as hdus:
        hdus.verify("exception")
        assert np.array_equal(hdus["AMSD_MEAN"].data, frame.combination.mean)
        assert np.all(hdus["AMSD_MEAN_SIGMA"].data == 2.5)
        assert np.all(hdus["AMSD_NEXP"].data == 8)
        assert hdus["AMSD_MEAN"].header["BUNIT"] == "adu"
        assert list(hdus["AMSD_EXPOSURES"].data["NAME"]) == ["one.fits", "two.fits"]
        assert list(hdus["AMSD_EXPOSURES"].data["N_STARS"]) == [7, 9]
        assert np.array_equal(hdus["AMSD_VARIABLES"].data["FLUX"], [[1.0, 2.0]])
        assert ("MASK" in hdus) == spliced
        assert all(hdus[name].header["AMSDHDU"] == 0 for name in ("AMSD_SIGMA", "AMSD_MEAN", "AMSD_VARIABLES"))
    again = Table.read(tmp_path / "out.fits", hdu="AMSD_EXPOSURES")
    assert list(again["WEIGHT"]) == [0.5, 0.5]


@pytest.mark.parametrize("as_list", [False, True])
def test_planes_of_the_reference_do_not_describe_it(reference: Frame, tmp_path: Path, as_list: bool) -> None:
    frame = combined(reference)
    write_frame(frame, tmp_path / "out.fits")
    if as_list:
        with fits.open(tmp_path / "out.fits") as hdus:
            back = as_frame(hdus)
    else:
        back = read_frame(tmp_path / "out.fits")
    assert np.array_equal(back.mask, frame.mask)
    assert np.array_equal(back.flags, frame.flags)
    assert np.nanmedian(back.uncertainty.array) == 2.5


def test_its_own_gain_is_preferred(reference: Frame) -> None:
    frame = combined(reference)
    frame.uncertainty = None
    frame = frame.with_arrays(100 + 10 * (frame.data - 100) / np.std(frame.data) / 4, None, None, None)
    assert measure_noise(frame).slopes["header"] == pytest.approx(1 / 16)


def test_written_anew_the_old_ones_are_gone(reference: Frame, tmp_path: Path) -> None:
    write_frame(combined(reference), tmp_path / "out.fits")
    back = read_frame(tmp_path / "out.fits")
    write_frame(back.with_arrays(back.data, back.uncertainty, back.flags, None), tmp_path / "again.fits")
    with fits.open(tmp_path / "again.fits") as hdus:
        names = [hdu.name for hdu in hdus]
    assert names.count("AMSD_SIGMA") == 1
    assert "AMSD_MEAN" not in names


def test_other_pixels_have_none_of_it(reference: Frame) -> None:
    frame = combined(reference)
    frame.data = frame.data * 2
    assert frame.combination is None
    assert combined(reference)[5:20, 5:20].combination is None
