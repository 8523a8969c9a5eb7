"""The values of a FITS frame, its units, and what files say of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, read_frame
from amsd_astro.images.files import read_image
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.scale import Scale
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.stabilization import Stabilizer

CARDS = ("AMSDSLOP", "AMSDFLOR", "AMSDSKY", "AMSDSOFT", "AMSDLOW", "AMSDHIGH")


@pytest.mark.parametrize("slope", [0.0, 1e-6, 0.5, 3.0])
@pytest.mark.parametrize("floor", [2.0, 400.0])
def test_what_was_stabilized_comes_back_with_its_noise(slope: float, floor: float) -> None:
    stabilizer = Stabilizer(slope, floor, 10.0)
    pixels = np.concatenate([np.linspace(-300, 300, 601), np.geomspace(300, 1e6, 50)])[None]
    back = stabilizer.undo(stabilizer.forward(pixels))
    np.testing.assert_allclose(back, pixels, rtol=5e-7, atol=1e-5 * np.sqrt(floor + 10 * slope))  # float32 in between


def test_a_map_of_floors_is_undone_too() -> None:
    floor = np.random.default_rng(1).uniform(5, 50, (20, 30))
    stabilizer = Stabilizer(0.7, floor, 100.0)
    pixels = np.random.default_rng(2).uniform(60, 3000, (20, 30))
    np.testing.assert_allclose(stabilizer.undo(stabilizer.forward(pixels)), pixels, rtol=1e-5)


def test_the_good_pixels_of_a_frame_are_brought_to_0_to_1(tmp_path: Path, write_frame_file: Any) -> None:
    frame = read_frame(write_frame_file(tmp_path / "a.fits"))
    scale = Scale.measure(frame)
    values = scale.forward(frame)
    assert values.shape == frame.data.shape and values.dtype == np.float32
    assert values.min() == pytest.approx(0, abs=1e-6) and values.max() == pytest.approx(1, abs=1e-6)
    good = ~frame.mask
    back = scale.inverse(values)
    np.testing.assert_allclose(back[good], frame.data[good], rtol=1e-5)
    assert frame.mask[10, 20] and abs(back[10, 20] - 400) < 40, "filled like the sky around it"


def test_files_record_the_scale_they_have(tmp_path: Path, write_frame_file: Any) -> None:
    image = read_image(write_frame_file(tmp_path / "a.fits"))
    assert isinstance(image, Exposure)
    other = 1.2 * image.values - 0.1  # interpolation goes beyond 0 and 1, and floats hold that
    image.write(other, tmp_path / "b.fits", cards={"AMSDSIGM": (3.5, "x")}, history="amsd_astro: for a test")
    again = read_image(tmp_path / "b.fits")
    assert isinstance(again, Exposure)
    assert again.scale == image.scale
    good = ~image.frame.mask
    np.testing.assert_allclose(again.values[good], other[good], atol=1e-5)
    assert again.values.min() < -0.09 and again.values.max() > 1.09
    header = fits.getheader(tmp_path / "b.fits")
    assert header["AMSDSIGM"] == 3.5
    assert [header[key] for key in CARDS] == [value for value, _ in image.scale.cards().values()]


def test_all_else_of_a_file_is_kept(tmp_path: Path, write_frame_file: Any) -> None:
    image = read_image(write_frame_file(tmp_path / "a.fits", OBSERVER="somebody"))
    image.write(image.values, tmp_path / "b.fits")
    with fits.open(tmp_path / "a.fits") as before, fits.open(tmp_path / "b.fits") as after:
        assert len(after) == 2
        np.testing.assert_array_equal(before[1].data, after[1].data)
        new = set(after[0].header) - set(before[0].header)
        assert {key for key in before[0].header if before[0].header[key] != after[0].header[key]} == set()
        assert new - {"CHECKSUM", "DATASUM"} == set(CARDS)
        assert np.isnan(after[0].data[10, 20]), "a masked pixel keeps its value"
        good = np.isfinite(before[0].data)
        np.testing.assert_allclose(after[0].data[good], before[0].data[good], rtol=1e-5)


def test_a_map_of_floors_is_replaced_by_its_median() -> None:
    data = np.random.default_rng(3).normal(100, 5, (40, 40))
    floor = np.linspace(20, 30, 1600).reshape(40, 40)
    frame = Frame(data)
    scale = Scale.measure(frame, NoiseModel(0.0, floor, sky=100.0))
    assert scale.stabilizer == Stabilizer(0.0, 25.0, 100.0)
    assert scale.forward(frame).max() == pytest.approx(1, abs=1e-6)


def test_a_frame_without_noise_has_no_scale(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.full((40, 40), 7, np.float32)).writeto(tmp_path / "a.fits")
    with pytest.raises(FrameError, match="shows no noise") as error:
        read_image(tmp_path / "a.fits")
    assert str(tmp_path / "a.fits") in str(error.value)


@pytest.mark.parametrize(
    "changed", [{"AMSDSLOP": -1.0}, {"AMSDSOFT": 0.0}, {"AMSDHIGH": -9.0}, {"AMSDSKY": "high"}, {"AMSDLOW": None}]
)
def test_cards_that_are_no_scale_are_refused(changed: dict[str, Any], tmp_path: Path, write_frame_file: Any) -> None:
    cards = dict(zip(CARDS, (0.5, 9.0, 400.0, 1.0, -2.0, 7.0), strict=True))
    assert Scale.from_header(fits.Header(cards)) == Scale.from_header(fits.Header(cards))
    path = write_frame_file(tmp_path / "a.fits", **{**cards, **changed})
    with pytest.raises(FrameError, match="must record a scale of values") as error:
        read_image(path)
    assert str(error.value).startswith(str(path))


def test_a_scale_of_which_cards_are_missing_is_measured(tmp_path: Path, write_frame_file: Any) -> None:
    path = write_frame_file(tmp_path / "a.fits", AMSDSLOP=123.0, AMSDSKY=5.0)
    image = read_image(path)
    assert isinstance(image, Exposure)
    assert image.scale.stabilizer.slope == pytest.approx(0.5)


def test_an_exposure_that_is_packed_or_compressed_is_read(tmp_path: Path, write_frame_file: Any) -> None:
    plain = write_frame_file(tmp_path / "a.fits")
    values = read_image(plain).values
    with fits.open(plain) as hdus:
        hdus.writeto(tmp_path / "b.fits.gz")
        packed = fits.CompImageHDU(hdus[0].data, hdus[0].header, compression_type="GZIP_2", quantize_level=0)
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / "c.fits.fz")
    for name in ("b.fits.gz", "c.fits.fz"):
        np.testing.assert_allclose(read_image(tmp_path / name).values, values, atol=1e-6)
    read_image(tmp_path / "c.fits.fz").write(values, tmp_path / "d.fits.fz")
    with fits.open(tmp_path / "d.fits.fz") as hdus:
        assert isinstance(hdus[1], fits.CompImageHDU)
