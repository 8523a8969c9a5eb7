"""What is no exposure of the sky is refused, or told."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy import ndimage

from amsd_astro.errors import FrameError
from amsd_astro.fits.hdu_selection import choose_hdu, images_of
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import Frame, as_frame, read_frame, refuse_unsuitable
from amsd_astro.frames.hdus.planes import outline
from amsd_astro.frames.noise import measure_noise
from amsd_astro.frames.suitability import doubts_about

SHAPE = (320, 300)


def _exposure(*, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    stars = np.zeros(SHAPE)
    stars[rng.integers(5, 295, 100), rng.integers(5, 295, 100)] = 10 ** rng.uniform(2.4, 4.5, 100)
    return rng.poisson(200 + ndimage.gaussian_filter(stars, 1.3)) + rng.normal(0, 4, SHAPE)


def _codes() -> np.ndarray:
    """Bad columns, a satellite's trail and saturated stars, as a pipeline marks them."""
    codes = np.zeros(SHAPE)
    codes[:, 40] = 1
    codes[np.arange(300), np.arange(300)] = 4
    codes[ndimage.gaussian_filter((np.random.default_rng(1).random(SHAPE) < 2e-4).astype(float), 2) > 0.01] = 8
    return codes


def _doubts(frame: Frame) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return doubts_about(frame, measure_noise(frame))


@pytest.mark.parametrize("unit", ["mag", "mag/arcsec2", "dex(cm/s2)"])
def test_logarithms_are_refused(unit: str) -> None:
    with pytest.raises(FrameError, match="must be linear in the light: magnitudes"):
        refuse_unsuitable(Frame(np.ones((9, 9)), unit=unit))
    refuse_unsuitable(Frame(np.ones((9, 9)), unit="mJy"))


def test_asinh_scaled_pixels_are_refused() -> None:
    frame = Frame(np.ones((9, 9)), header=fits.Header({"BOFFSET": 12.0, "BSOFTEN": 60.0}))
    with pytest.raises(FrameError, match=r"asinh-scaled .* sinh\(pixel / 1\.0857362\)"):
        refuse_unsuitable(frame)
    del frame.header["BSOFTEN"]
    refuse_unsuitable(frame)


@pytest.mark.parametrize(
    ("name", "what"),
    [("ERR", "errors"), ("IVAR", "inverse variances"), ("WHT", "weights"), ("DQ", "codes"), ("ZODI", "no exposure")],
)
def test_planes_are_refused_by_their_names(name: str, what: str, tmp_path: Path) -> None:
    planes = [fits.ImageHDU(_exposure().astype(np.float32), name=one) for one in ("SCI", name)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "a.fits")
    with pytest.raises(
        FrameError, match=rf"no plane that belongs to one.*Received: {what}.*\(EXTNAME {name}\)"
    ) as told:
        refuse_unsuitable(read_frame(tmp_path / "a.fits", ext=2))
    assert told.value.cure == "ext=1"
    with fits.open(tmp_path / "a.fits") as hdus, pytest.raises(FrameError, match=rf"\(EXTNAME {name}\)"):
        refuse_unsuitable(as_frame(hdus, ext=2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of codes that nobody knows
        refuse_unsuitable(read_frame(tmp_path / "a.fits", ext=1))


@pytest.mark.parametrize(
    ("card", "what"),
    [
        (("IMAGETYP", "invvar"), "inverse variances"),
        (("EXTTYPE", "MASK"), "codes of bad pixels"),
        (("HDUCLAS3", "RMSE"), "errors"),
        (("PRODCATG", "ANCILLARY.WEIGHTMAP"), "weights"),
        (("IMTYPE", "chi2"), "no exposure"),
    ],
)
def test_planes_without_names_are_refused_by_their_cards(card: tuple[str, str], what: str, tmp_path: Path) -> None:
    pixels = _exposure().astype(np.float32)
    hdus = fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(pixels) for _ in range(4))])
    hdus[0].header["IMAGETYP"] = "image"
    for number in (2, 4):
        hdus[number].header[card[0]] = card[1]
    hdus.writeto(tmp_path / "a.fits")
    with pytest.raises(FrameError, match=rf"Received: {what} \({card[0]} = {card[1]}\); use ext=1 \(.* HDU 1, 3\)"):
        refuse_unsuitable(read_frame(tmp_path / "a.fits", ext=2))
    assert [hdu.index for hdu in images_of(outline(hdus, name="list"))] == [1, 3]
    assert [hdu.index for hdu in images_of(scan(tmp_path / "a.fits"))] == [1, 3]
    del hdus[3:]
    assert choose_hdu(outline(hdus, name="list")).index == 1


@pytest.mark.parametrize(
    "card", [("OBSTYPE", "STD"), ("IMAGETYP", "EXT"), ("FILETYPE", "SCI"), ("HDUCLAS2", "DATA"), ("IMTYPE", "image")]
)
def test_cards_of_exposures_refuse_nothing(card: tuple[str, str]) -> None:
    refuse_unsuitable(Frame(_exposure(), header=fits.Header([card])))


@pytest.mark.parametrize("name", ["AMSD_SIGMA", "AMSD_FLAGS", "AMSD_MEAN", "AMSD_MEAN_SIGMA", "AMSD_NEXP"])
def test_what_lies_beside_a_denoised_image_is_refused(name: str) -> None:
    with pytest.raises(FrameError, match=f"give the exposure itself. Received: EXTNAME {name}"):
        refuse_unsuitable(Frame(_exposure(), header=fits.Header({"EXTNAME": name})))


def test_planes_are_refused_by_product_and_file_name(tmp_path: Path) -> None:
    for name, product in (("c4d_ood_z.fits", "image"), ("c4d_oow_z.fits", "image"), ("b.fits", "wtmap")):
        image = fits.PrimaryHDU(_exposure().astype(np.float32))
        image.header["PRODTYPE"] = product
        image.writeto(tmp_path / name)
        with pytest.raises(FrameError, match=r"Received: (codes|weights)"):
            refuse_unsuitable(read_frame(tmp_path / name))
    fits.HDUList([fits.PrimaryHDU(header=image.header), fits.ImageHDU(image.data)]).writeto(tmp_path / "packed.fits")
    with pytest.raises(FrameError, match=r"Received: weights \(PRODTYPE = wtmap\)"):
        refuse_unsuitable(read_frame(tmp_path / "packed.fits"))
    image.header["PRODTYPE"] = "image"
    image.writeto(tmp_path / "food_oowed.fits")
    refuse_unsuitable(read_frame(tmp_path / "food_oowed.fits"))


def test_codes_are_refused_by_their_values() -> None:
    with pytest.raises(FrameError, match="4 different whole numbers, most of them 0, as codes"):
        refuse_unsuitable(Frame(_codes()))


@pytest.mark.parametrize(
    ("what", "pixels", "unit"),
    [
        ("photons", np.random.default_rng(2).poisson(0.05, SHAPE), ""),
        ("adu", np.round(_exposure()), ""),
        ("zeros", np.zeros(SHAPE), ""),
        ("codes that have a unit are counts", _codes(), "ct"),
        ("negative", _codes() - 1, ""),
        ("fractions", _codes() / 3, ""),
    ],
)
def test_images_are_not_taken_for_codes(what: str, pixels: np.ndarray, unit: str) -> None:
    refuse_unsuitable(Frame(pixels.astype(np.float32), unit=unit))


@pytest.mark.parametrize(
    ("keyword", "value", "what"),
    [("IMAGETYP", "Dark Frame", "dark"), ("OBSTYPE", "zero", "zero"), ("HIERARCH ESO DPR TYPE", "FLAT,SKY", "flat"),
     ("IMAGETYP", "Flat Field", "flat"), ("OBSTYPE", "DOMEFLAT", "domeflat"), ("FRAME", "Bias", "bias")],
)  # fmt: skip
def test_calibrations_are_told(keyword: str, value: str, what: str, tmp_path: Path) -> None:
    image = fits.PrimaryHDU(_exposure().astype(np.float32))
    image.header[keyword] = value
    image.writeto(tmp_path / "a.fits")
    (doubt,) = _doubts(read_frame(tmp_path / "a.fits"))
    assert doubt.startswith(f"the frame is a {what} (")


@pytest.mark.parametrize("value", ["OBJECT", "Light Frame", "science", "LIGHT", "flatland survey", "sky"])
def test_exposures_raise_no_doubt(value: str) -> None:
    assert _doubts(Frame(_exposure().astype(np.float32), header=fits.Header({"IMAGETYP": value}))) == []


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_steps_coarser_than_the_noise_are_told(offset: float) -> None:
    noise = np.sqrt(200 + 16)
    coarse = 3 * noise * np.round(_exposure() / (3 * noise) + offset)
    assert any("a step that is coarser than their noise" in doubt for doubt in _doubts(Frame(coarse)))
    for step in (noise, noise / 3, noise / 50):
        assert _doubts(Frame(step * np.round(_exposure() / step))) == []


@pytest.mark.parametrize("depth", [2.5, 6.0])
def test_uneven_depth_is_told(depth: float) -> None:
    rng = np.random.default_rng(3)
    coadd = rng.normal(50, 4, (400, 400))
    coadd[:, 200:] += rng.normal(0, 4 * np.sqrt(depth - 1), (400, 200))
    (doubt,) = _doubts(Frame(coadd))
    assert doubt.startswith("the noise is uneven") and "--error-ext" in doubt


def test_models_without_noise_are_told() -> None:
    y, x = np.indices((400, 400))
    model = 50 + 900 * np.exp(-np.hypot((y - 200) / 30, (x - 190) / 40)) + np.sin(x / 9) + np.cos(y / 7)
    assert any("smooth from one to the next" in doubt for doubt in _doubts(Frame(model)))
    resampled = ndimage.gaussian_filter(np.random.default_rng(4).normal(50, 9, (400, 400)), 0.6)
    assert _doubts(Frame(resampled)) == []
