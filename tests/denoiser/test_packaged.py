"""The weights that come with the package, as they are and adapted."""

from __future__ import annotations

import warnings
from importlib import resources

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro import Denoiser, Frame, NoiseModel, denoise
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.frames.descriptions import risk_in_words
from amsd_astro.network.files.packaged_weights import packaged_model
from amsd_astro.network.recipes import AMSD
from amsd_astro.simulation import Detector, Field, MoffatPsf, expose, random_field, star_cluster


@pytest.fixture(scope="module")
def field() -> Field:
    detector = Detector(gain=1.5, read_noise=5.0, pedestal=500.0)
    return random_field(np.random.default_rng(6), (192, 176), psf=MoffatPsf(3.0), sky=200.0, detector=detector)


@pytest.fixture(scope="module")
def exposure(field: Field) -> Frame:
    exposed = expose(field, np.random.default_rng(7))
    return Frame(exposed.data.astype(np.float32), mask=exposed.mask > 0)


@pytest.fixture(scope="module")
def as_they_are(exposure: Frame) -> Frame:
    return denoise(exposure, steps=0)


def rms(result: Frame, field: Field) -> float:
    error = ((result.data - field.truth) / np.sqrt(field.variance))[~result.mask]
    return float(np.sqrt(np.mean(error**2)))


def test_they_are_small_and_fit_the_recipe() -> None:
    assert AMSD.weights is not None
    path = resources.files("amsd_astro.network").joinpath("weights", AMSD.weights)
    assert len(path.read_bytes()) < 4e6
    model = packaged_model(AMSD.weights)
    assert model.architecture == AMSD.architecture
    assert model.is_trained


def test_they_denoise_without_training(field: Field, exposure: Frame, as_they_are: Frame) -> None:
    assert rms(exposure, field) == pytest.approx(1, abs=0.05)
    assert rms(as_they_are, field) < 0.3
    sky = ~as_they_are.mask & (field.truth < np.percentile(field.truth, 30))
    error = (as_they_are.data - field.truth) / np.sqrt(field.variance)
    assert abs(error[sky].mean()) < 0.05
    width = ((as_they_are.data - field.truth) / as_they_are.uncertainty.array)[~as_they_are.mask].std()
    assert 0.7 < width < 1.4


def test_a_denoiser_that_was_not_fitted_uses_them(exposure: Frame, as_they_are: Frame) -> None:
    np.testing.assert_array_equal(Denoiser(n_orientations=1).denoise(exposure).data, as_they_are.data)


def test_the_flux_figure_is_told(as_they_are: Frame) -> None:
    assert abs(as_they_are.header["AMSDFLUX"]) < 5
    assert as_they_are.header["AMSDFERR"] > 0
    assert 0 <= as_they_are.header["AMSDGIVE"] <= 2


def test_averaging_over_orientations_lowers_the_error(field: Field, exposure: Frame, as_they_are: Frame) -> None:
    averaged = Denoiser(steps=0, n_orientations=8).denoise(exposure)
    assert rms(averaged, field) < 0.995 * rms(as_they_are, field)


@pytest.mark.slow
def test_a_frame_teaches_gains() -> None:
    crowded = star_cluster(np.random.default_rng(11), (768, 768))  # half of that teaches next to nothing
    exposed = expose(crowded, np.random.default_rng(12))
    frame = Frame(exposed.data.astype(np.float32), mask=exposed.mask > 0)
    as_it_is = Denoiser(steps=0, n_orientations=4).denoise(frame)
    taught = Denoiser().denoise(frame)
    assert as_it_is.header["AMSDGAIN"] == 0 < taught.header["AMSDGAIN"] < 0.1
    assert rms(taught, crowded) < 0.995 * rms(as_it_is, crowded)
    np.testing.assert_array_equal(Denoiser().denoise(frame).data, taught.data)


def test_the_flux_that_may_be_lost_is_asked_for(exposure: Frame) -> None:
    strict = Denoiser(steps=0, flux_tolerance=0).denoise(exposure)
    lax = Denoiser(steps=0, flux_tolerance=1).denoise(exposure)
    assert lax.header["AMSDGIVE"] == 0
    assert strict.header["AMSDFLUX"] >= lax.header["AMSDFLUX"]
    with pytest.raises(ValueError, match=r"flux_tolerance must be 0 to 1\. Received: 2"):
        Denoiser(flux_tolerance=2)


@pytest.mark.slow
def test_adapting_lowers_the_error(field: Field, exposure: Frame, as_they_are: Frame) -> None:
    adapted = denoise(exposure, steps=40)
    assert rms(adapted, field) < 1.01 * rms(as_they_are, field)
    # the frame is small: its held-out blocks know the risk to about a hundredth of the variance of the noise
    assert adapted.header["AMSDRERR"] < 0.02
    assert adapted.header["AMSDRISK"] == pytest.approx(rms(adapted, field) ** 2, abs=2.5 * adapted.header["AMSDRERR"])


@pytest.mark.parametrize("times", [0.3, 1, 2.5])
def test_noise_that_the_frame_refutes_is_told(times: float, exposure: Frame, as_they_are: Frame) -> None:
    right = as_they_are.noise
    assert right is not None
    told = NoiseModel(right.slope * times, np.asarray(right.floor) * times, sky=right.sky)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = denoise(exposure, steps=0, noise=told)
    refuted = [warning for warning in caught if "the noise is not what it was taken for" in str(warning.message)]
    record = read_record(result.header)
    assert record is not None and record.is_trusted == (times == 1)
    assert len(refuted) == (times != 1)
    assert all(issubclass(warning.category, AmsdWarning) for warning in refuted)
    words = risk_in_words(record)
    assert words is not None and ("cannot be told" in words) == (times != 1)


def test_counts_of_few_photons_are_denoised_and_trusted() -> None:
    y, x = np.mgrid[:192, :192]
    truth = 0.09 + 20 * np.exp(-((y - 96) ** 2 + (x - 80) ** 2) / (2 * 2.0**2))
    counts = np.random.default_rng(4).poisson(truth)
    with warnings.catch_warnings():
        warnings.simplefilter("error", AmsdWarning)
        result = denoise(Frame(counts.astype(np.float32)), steps=0)
    error = result.data - truth
    assert np.sqrt(np.mean(error**2 / truth)) < 0.2
    assert np.mean(result.data) == pytest.approx(np.mean(truth), rel=0.1)
    assert 0.5 < np.sqrt(np.mean(np.clip(error / result.uncertainty.array, -8, 8) ** 2)) < 1.4
    record = read_record(result.header)
    assert record is not None and record.is_trusted


def test_a_pattern_is_put_back_as_it_was_or_left_out(field: Field, exposure: Frame, as_they_are: Frame) -> None:
    rng, noise = np.random.default_rng(8), float(np.sqrt(np.median(field.variance)))
    rows = rng.normal(0, 0.6 * noise, exposure.data.shape[0])[:, None]
    columns = 0.4 * noise * np.where(np.arange(exposure.data.shape[1]) % 2, 1.0, -1.0)
    striped = Frame((exposure.data + rows + columns).astype(np.float32), mask=exposure.mask)
    kept, removed = denoise(striped, steps=0), denoise(striped, steps=0, destripe=True)
    assert (kept.header["AMSDPOUT"], removed.header["AMSDPOUT"]) == (False, True)
    assert kept.header["AMSDPROW"] == pytest.approx(0.6, rel=0.2)
    assert kept.header["AMSDPCOL"] == pytest.approx(0.4, rel=0.2)
    pattern = rows - rows.mean() + columns
    good = ~kept.mask
    assert np.corrcoef((kept.data - removed.data)[good], np.broadcast_to(pattern, good.shape)[good])[0, 1] > 0.97
    for result, truth in ((kept, field.truth + pattern), (removed, field.truth)):
        error = ((result.data - truth) / np.sqrt(field.variance))[good]
        assert np.sqrt(np.mean(error**2)) < rms(as_they_are, field) + 0.08
    assert np.sqrt(kept.noise.sky_variance) == pytest.approx(np.sqrt(as_they_are.noise.sky_variance), rel=0.03)
    assert "AMSDPROW" not in as_they_are.header


@pytest.mark.slow
@pytest.mark.parametrize("fwhm", [2.5, 4.5])
def test_smoothed_exposures_lose_their_noise(fwhm: float) -> None:
    detector = Detector(gain=1.5, read_noise=5.0, pedestal=500.0)
    sharp = random_field(np.random.default_rng(27), (384, 384), psf=MoffatPsf(2.2), sky=300.0, detector=detector)
    exposed = expose(sharp, np.random.default_rng(28), n_cosmic_rays=0)
    width = fwhm / 2.3548
    noisy, truth = (ndimage.gaussian_filter(image.astype(float), width) for image in (exposed.data, sharp.truth))
    sigma = np.sqrt(ndimage.gaussian_filter(sharp.variance, width / np.sqrt(2)) / (4 * np.pi * width**2))
    with pytest.warns(AmsdWarning, match="smooth from one to the next"):
        result = denoise(Frame(noisy.astype(np.float32)), seed=0)
    assert result.header["AMSDSAMP"] >= 2
    error = (np.asarray(result.data) - truth) / sigma
    assert np.sqrt(np.mean(error**2)) < 0.6
    sky = truth < np.percentile(truth, 40)
    assert np.sqrt(np.mean(error[sky] ** 2)) < 0.4
    assert 0.7 < (error * sigma / result.uncertainty.array).std() < 1.4
