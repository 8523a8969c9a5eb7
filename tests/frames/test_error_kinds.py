"""What the numbers of a plane of errors are: by its name, by a card, by the caller, else by the noise of the sky."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import AmsdWarning, FrameError, read_frame
from amsd_astro.cli import main

SIGMA = 6.0


@pytest.fixture
def make(tmp_path: Path):
    """Write an image with noise of 6 and a plane of some name and number."""

    def write(value: float, name: str = "") -> Path:
        rng = np.random.default_rng(11)
        image = fits.ImageHDU(rng.normal(500, SIGMA, (128, 128)).astype(np.float32), name="SCI")
        plane = fits.ImageHDU(np.full((128, 128), value, np.float32), name=name)
        path = tmp_path / "frame.fits"
        fits.HDUList([fits.PrimaryHDU(), image, plane]).writeto(path, overwrite=True)
        return path

    return write


@pytest.mark.parametrize(("value", "kind"), [(SIGMA, "sigma"), (SIGMA**2, "variance"), (SIGMA**-2, "inverse")])
def test_the_one_that_fits_is_taken_and_told(make, value: float, kind: str) -> None:
    with pytest.warns(AmsdWarning, match=f"taken for {kind}, which fits the noise of the sky"):
        frame = read_frame(make(value), error_ext=2)
    assert frame.uncertainty is not None
    assert np.allclose(frame.uncertainty.array, SIGMA)


def test_where_none_fits_the_three_numbers_are_told(make, capsys: pytest.CaptureFixture[str]) -> None:
    path = make(100.0)
    with pytest.raises(FrameError, match=r"state error_kind .*as sigma 1\d\.\d+, as variance 1\.[67]"):
        read_frame(path, error_ext=2)
    assert main(["inspect", str(path), "--error-ext", "2", "--json"]) == 65
    assert "as variance 1." in json.loads(capsys.readouterr().out)["message"]
    assert main(["inspect", str(path), "--error-ext", "2", "--error-kind", "variance", "--json"]) == 0


def test_where_two_fit_it_is_not_guessed(make) -> None:
    path = make(1.0)  # sigma and variance are the same
    with pytest.raises(FrameError, match="nothing says whether the errors are"):
        read_frame(path, error_ext=2)


@pytest.mark.filterwarnings("error::amsd_astro.AmsdWarning")
@pytest.mark.parametrize(("name", "kind"), [("ERR", "sigma"), ("E_VAR", "variance"), ("INVVAR", "inverse")])
def test_a_name_that_tells_is_believed(make, name: str, kind: str) -> None:
    value = {"sigma": 2.0, "variance": 4.0, "inverse": 0.25}[kind]
    frame = read_frame(make(value, name), error_ext=2)
    assert frame.uncertainty is not None
    assert np.allclose(frame.uncertainty.array, 2.0)


def test_of_a_denoised_image_our_own_map_tells(make, tmp_path: Path) -> None:
    with fits.open(make(100.0)) as hdus:
        hdus["SCI"].header["AMSDVERS"] = "0"
        hdus[2].data[5, 7] = 0
        ours = fits.ImageHDU(np.full((128, 128), 0.5, np.float32), name="AMSD_SIGMA")
        ours.header["AMSDHDU"] = 1
        hdus.append(ours)
        hdus.writeto(tmp_path / "done.fits")
    frame = read_frame(tmp_path / "done.fits", error_ext=2)
    assert frame.uncertainty is not None and np.all(frame.uncertainty.array == 0.5)
    assert np.argwhere(frame.mask).tolist() == [[5, 7]]


def test_the_caller_comes_before_the_name(make) -> None:
    frame = read_frame(make(4.0, "ERR"), error_kind="variance")
    assert frame.uncertainty is not None
    assert np.allclose(frame.uncertainty.array, 2.0)


def test_what_makes_no_sense_is_refused(make) -> None:
    with pytest.raises(FrameError, match=r"error_kind must be one of sigma, variance, inverse\. Received: 'rms'"):
        read_frame(make(3.0, "ERR"), error_kind="rms")  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="error_kind needs a plane of errors"):
        read_frame(make(3.0), error_kind="sigma")
    with pytest.raises(FrameError, match="hold no positive value"):
        read_frame(make(0.0), error_ext=2)
