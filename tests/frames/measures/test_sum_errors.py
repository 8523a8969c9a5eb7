"""The errors of sums over apertures, masks and weights are those that are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from astropy.wcs import WCS
from photutils.aperture import CircularAperture, EllipticalAperture, SkyCircularAperture
from scipy import ndimage

from amsd_astro import Denoiser, Frame, FrameError, NoiseModel, read_frame, write_frame
from amsd_astro.frames.denoised import Denoised, assemble
from amsd_astro.noise.unit_noise import UnitNoise

SAMPLES = Path(__file__).parents[3] / "data_samples"
SHAPE = (240, 240)
PLACES = np.stack(np.meshgrid(np.arange(20, 221, 20), np.arange(20, 221, 20)), axis=-1).reshape(-1, 2) + 0.3
SMOOTHED = np.outer([0.2, 0.6, 1, 0.6, 0.2], [0.1, 0.4, 1, 0.4, 0.1])
APERTURES = {
    "2 px": CircularAperture(PLACES, 2),
    "10 px": CircularAperture(PLACES, 10),
    "ellipse": EllipticalAperture(PLACES, 8, 3, theta=0.4),
}


def unit_noise(correlation: np.ndarray, seed: int) -> np.ndarray:
    """Return noise of unit variance."""
    return UnitNoise(correlation).draw(np.random.default_rng(seed), SHAPE).astype(float)


def denoised(error: np.ndarray, sigma: np.ndarray, noise: NoiseModel, level: Any = 100.0) -> Frame:
    """Return a frame with these errors about a level, as denoising returns it."""
    data = np.array(level + error, np.float64)
    made = Denoised(data, sigma.astype(np.float32), np.zeros(SHAPE, np.uint8))
    return assemble(Frame(data), noise, made, {})


def width(frame: Frame, error: np.ndarray, aperture: Any) -> float:
    """Return the rms of the sums' errors over what they are said to be."""
    sums = aperture.do_photometry(error)[0]
    return float(np.sqrt(np.mean((sums / frame.sum_error(aperture)) ** 2)))


@pytest.mark.parametrize("correlation", [np.ones((1, 1)), SMOOTHED], ids=["white", "correlated"])
@pytest.mark.parametrize("aperture", APERTURES.values(), ids=APERTURES)
def test_errors_of_an_exposure(correlation: np.ndarray, aperture: Any) -> None:
    error = 3 * unit_noise(correlation, 1)
    frame = Frame(100 + error, noise=NoiseModel(0.0, 9.0, correlation=correlation))
    assert width(frame, error, aperture) == pytest.approx(1, abs=0.15)


def test_noise_that_an_exposure_shows_is_measured() -> None:
    frame = Frame(100 + 3 * unit_noise(np.ones((1, 1)), 2))
    assert frame.sum_error(np.ones(SHAPE, bool)) == pytest.approx(3 * 240, rel=0.1)


def test_photon_noise_counts_where_it_is() -> None:
    pixels = np.full(SHAPE, 100.0)
    pixels[:120] = 900.0
    frame = Frame(pixels, noise=NoiseModel(1.0, 0.0, sky=100.0))
    upper, lower = frame.sum_error(CircularAperture([(50, 60), (50, 180)], 5))
    assert upper == pytest.approx(3 * lower)


@pytest.mark.parametrize("correlation", [np.ones((1, 1)), SMOOTHED], ids=["white", "correlated"])
@pytest.mark.parametrize("aperture", APERTURES.values(), ids=APERTURES)
def test_errors_of_a_denoised_frame_go_together(correlation: np.ndarray, aperture: Any) -> None:
    """A frame whose noise was averaged over its surroundings: on the one half far, on the other hardly."""
    noise = 3 * unit_noise(correlation, 3)
    far, near = (ndimage.gaussian_filter(noise, side, mode="wrap") for side in (4.0, 0.7))
    left = np.arange(SHAPE[1]) < 120
    error = np.where(left, far, near)
    frame = denoised(
        error, np.where(left, far.std(), near.std()) * np.ones(SHAPE), NoiseModel(0.0, 9.0, 100.0, 9.0, correlation)
    )
    assert width(frame, error, aperture) == pytest.approx(1, abs=0.15)
    alone = aperture.do_photometry(frame.data, error=frame.uncertainty.array)[1]
    assert np.median(frame.sum_error(aperture) / alone) > 1.8, "photutils takes errors for independent"


def test_the_error_of_one_pixel_is_that_of_the_map() -> None:
    sigma = np.full(SHAPE, 0.6)
    frame = denoised(np.zeros(SHAPE), sigma, NoiseModel(0.0, 9.0))
    one = np.zeros(SHAPE)
    one[100, 70] = 1
    assert frame.sum_error(one) == pytest.approx(0.6, rel=0.03)
    assert frame.sum_error(-2 * one) == pytest.approx(1.2, rel=0.03)
    for wider in (5.0, 1e-3):  # more than the noise, and hardly anything
        frame.uncertainty = StdDevUncertainty(np.full(SHAPE, wider))
        assert frame.sum_error(one) == pytest.approx(wider, rel=0.03)


def test_what_apertures_masks_and_weights_are_is_all_one() -> None:
    frame = denoised(np.zeros(SHAPE), np.full(SHAPE, 0.6), NoiseModel(0.0, 9.0))
    one = CircularAperture((80.2, 60.7), 4)
    known = frame.sum_error(one)
    assert isinstance(known, float)
    assert frame.sum_error(one.to_mask(method="exact")) == pytest.approx(known)
    assert frame.sum_error(one.to_mask(method="exact").to_image(SHAPE)) == pytest.approx(known)
    middle = frame.sum_error(one, method="center")
    assert middle == pytest.approx(frame.sum_error(one.to_mask(method="center").to_image(SHAPE) > 0)) != known
    many = frame.sum_error(CircularAperture([(80.2, 60.7), (100.2, 90.7)], 4))
    assert many.shape == (2,) and many == pytest.approx([known, known])
    assert frame.sum_error(CircularAperture([(80.2, 60.7)], 4)).shape == (1,)


def test_apertures_on_the_sky() -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt, wcs.wcs.crpix = ("RA---TAN", "DEC--TAN"), (-0.01, 0.01), (50, 50)
    frame = Frame(np.full(SHAPE, 100.0), noise=NoiseModel(0.0, 9.0), wcs=wcs)
    aperture = CircularAperture((60.0, 70.0), 4)
    assert frame.sum_error(aperture.to_sky(wcs)) == pytest.approx(frame.sum_error(aperture), rel=1e-3)
    assert isinstance(aperture.to_sky(wcs), SkyCircularAperture)
    with pytest.raises(ValueError, match="a frame with a WCS"):
        Frame(np.full(SHAPE, 100.0), noise=NoiseModel(0.0, 9.0)).sum_error(aperture.to_sky(wcs))


def test_pixels_that_do_not_count() -> None:
    """Masked ones and those outside of the frame, as in photutils; of a sum without pixels nothing is known."""
    frame = Frame(np.full(SHAPE, 100.0), noise=NoiseModel(0.0, 9.0))
    whole = frame.sum_error(np.ones(SHAPE))
    frame.mask[:180] = True
    frame.data[:100] = np.nan
    assert frame.sum_error(np.ones(SHAPE)) == pytest.approx(whole / 2)
    found = frame.sum_error(CircularAperture([(0, 200), (120, 200), (-50, 10), (50, 50)], 5))
    assert found[0] == pytest.approx(found[1] * np.sqrt(0.55), rel=0.05)
    assert np.isnan(found[2:]).all()
    assert np.isnan(frame.sum_error(np.zeros(SHAPE)))


@pytest.mark.parametrize(
    "over", [np.ones((3, 3)), np.full(SHAPE, np.nan), "aperture", None, np.full(SHAPE, 1j)], ids=repr
)
def test_what_is_no_aperture_is_refused(over: Any) -> None:
    with pytest.raises(ValueError, match="Received"):
        Frame(np.full(SHAPE, 100.0), noise=NoiseModel(0.0, 9.0)).sum_error(over)


def test_a_part_of_a_denoised_frame_is_refused() -> None:
    frame = denoised(np.zeros(SHAPE), np.full(SHAPE, 0.6), NoiseModel(0.0, 9.0))
    with pytest.raises(FrameError, match="ask the frame itself"):
        frame[10:200].sum_error(CircularAperture((50, 50), 3))
    frame.uncertainty = None
    with pytest.raises(FrameError, match="1-sigma map"):
        frame.sum_error(CircularAperture((50, 50), 3))


@pytest.mark.parametrize("keeping", [None, "first_found"])
def test_what_is_reckoned_with_a_denoised_frame_is_refused(keeping: str | None) -> None:
    """astropy drops the header: the rest would be taken for an exposure of as little noise as is left."""
    frame = denoised(np.zeros(SHAPE), np.full(SHAPE, 0.6), NoiseModel(0.0, 9.0))
    exposure = Frame(np.random.default_rng(1).normal(0, 3, SHAPE), unit=frame.unit, header={"OBJECT": "field"})
    for made in (
        frame.subtract(5.0 * frame.unit, handle_meta=keeping),
        frame.multiply(2.1, handle_meta=keeping),
        exposure.subtract(frame, handle_meta=keeping),
        exposure.subtract(frame, handle_meta=keeping).divide(2, handle_meta=keeping),
        frame.convert_unit_to(frame.unit),
    ):
        with pytest.raises(FrameError, match="ask the frame itself"):
            made.sum_error(CircularAperture((50, 50), 3))
    assert np.isfinite(exposure.add(exposure).sum_error(CircularAperture((50, 50), 3)))


def test_a_frame_without_noise_has_no_errors(tmp_path: Path) -> None:
    made = Denoised(np.full(SHAPE, 100.0), np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8))
    frame = assemble(Frame(made.data), NoiseModel(0.0, 0.0, source="none"), made, {"AMSDSAME": (True, "")})
    assert frame.sum_error(CircularAperture((50, 50), 3)) == 0
    frame.write(tmp_path / "same.fits")
    assert read_frame(tmp_path / "same.fits").sum_error(CircularAperture((50, 50), 3)) == 0


@pytest.mark.parametrize("side", [0.0, 0.6, 2.5], ids=["white", "smoothed", "beam"])
def test_the_file_tells_the_same_errors(side: float, tmp_path: Path) -> None:
    lags = np.arange(-9, 10) if side else np.zeros(1)
    correlation = np.exp(-np.add.outer(lags**2, lags**2) / max(4 * side**2, 1e-9))
    sigma = np.linspace(0.3, 2.5, SHAPE[0])[:, None] * np.ones(SHAPE)
    frame = denoised(np.zeros(SHAPE), sigma, NoiseModel(0.02, 7.0, 100.0, 9.0, correlation))
    write_frame(frame, tmp_path / "denoised.fits")
    again = read_frame(tmp_path / "denoised.fits")
    for radius in (2, 8):
        aperture = CircularAperture([(60, 50), (70, 120), (90, 200)], radius)
        assert again.sum_error(aperture) == pytest.approx(frame.sum_error(aperture), rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["galaxy_field", "star_cluster"])
def test_errors_of_a_sample_against_its_truth(name: str) -> None:
    frame = Denoiser().denoise(SAMPLES / f"{name}_1.fits")
    truth = np.asarray(read_frame(SAMPLES / f"{name}_truth.fits").data, float)
    ny, nx = truth.shape
    places = np.random.default_rng(5).uniform(12, np.array([nx, ny]) - 12, (400, 2))
    error = np.where(frame.mask, 0, frame.data - truth)
    for radius in (2, 3, 4, 6, 8, 10):
        aperture = CircularAperture(places, radius)
        sums = aperture.do_photometry(error, mask=frame.mask)[0]
        found = np.sqrt(np.nanmean((sums / frame.sum_error(aperture)) ** 2))
        assert 0.85 < found < 1.15, radius
