"""Where no sky is empty, structure is not taken for noise: what is stated is believed as far as it can be."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro.errors import NoiseWarning
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.structure import measure_scatter

GAIN, READ_NOISE = 1.3, 7.0
SIDE = 288


def crowded(rng: np.random.Generator, *, n_stars: int = 4500, fwhm: float = 2.6) -> np.ndarray:
    """A scene of stars that overlap everywhere, in electrons."""
    scene = np.zeros((SIDE, SIDE))
    fluxes = 260 * (1 - rng.uniform(size=n_stars)) ** (-1 / 0.95)
    np.add.at(scene, tuple(rng.integers(0, SIDE, (2, n_stars))), np.minimum(fluxes, 3e5))
    return 160 + ndimage.gaussian_filter(scene, fwhm / 2.355)


def nebula(rng: np.random.Generator) -> np.ndarray:
    """A scene of clouds within clouds, in electrons."""
    y, x = (np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    power = np.hypot(y, x)
    power[0, 0] = np.inf
    clouds = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(SIDE, SIDE))) * power**-1.5, (SIDE, SIDE))
    return 1500 * np.exp(0.85 * ndimage.gaussian_filter(clouds / clouds.std(), 1.1))


def exposed(scene: np.ndarray, rng: np.random.Generator, **cards: float) -> tuple[Frame, np.ndarray]:
    """An exposure in adu, and its true noise."""
    data = (rng.poisson(scene) + rng.normal(0, READ_NOISE, scene.shape)) / GAIN
    sigma = np.sqrt(scene + READ_NOISE**2) / GAIN
    return Frame(data.astype(np.float32), unit="adu", header=fits.Header(cards)), sigma


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("scene", [crowded, nebula])
def test_the_header_is_believed_amid_structure(scene: object, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = scene(rng)  # type: ignore[operator]
    frame, sigma = exposed(truth, rng, GAIN=GAIN, RDNOISE=READ_NOISE)
    with pytest.warns(NoiseWarning, match="times the variance that the header states; the excess is structure"):
        noise = measure_noise(frame)
    assert noise.source == "header" and noise.slope == pytest.approx(1 / GAIN)
    assert noise.neighbours == (0.0, 0.0) and noise.agreement < 1 / 1.3
    np.testing.assert_allclose(np.sqrt(noise.variance(truth / GAIN)), sigma, rtol=0.01)


def test_the_caller_is_believed_likewise() -> None:
    rng = np.random.default_rng(4)
    frame, sigma = exposed(truth := crowded(rng), rng)
    with pytest.warns(NoiseWarning, match="that the caller states"):
        noise = measure_noise(frame, stated={"gain": GAIN, "read_noise": READ_NOISE})
    np.testing.assert_allclose(np.sqrt(noise.variance(truth / GAIN)), sigma, rtol=0.01)


@pytest.mark.parametrize("fwhm", [1.6, 2.6])
def test_a_plane_of_errors_is_believed_amid_structure(fwhm: float) -> None:
    rng = np.random.default_rng(5)
    frame, sigma = exposed(truth := crowded(rng, fwhm=fwhm), rng)
    frame.uncertainty = StdDevUncertainty(sigma.astype(np.float32))
    with pytest.warns(NoiseWarning, match="that the plane of errors states"):
        noise = measure_noise(frame)
    assert noise.source == "variance plane"
    ratio = np.sqrt(noise.variance(truth / GAIN)) / sigma
    assert np.median(ratio) == pytest.approx(1, abs=0.05) and np.quantile(ratio, 0.05) > 0.8


@pytest.mark.parametrize("gain", [180.0, 10.0, 4.0])
def test_a_gain_that_is_a_setting_stays_refused(gain: float) -> None:
    """On an empty sky, and amid structure too."""
    rng = np.random.default_rng(6)
    for scene in (np.full((SIDE, SIDE), 400.0), crowded(rng)):
        frame, _ = exposed(scene, rng, GAIN=gain)
        with warnings.catch_warnings():
            warnings.filterwarnings("error")
            warnings.filterwarnings("ignore", "no sky is empty", NoiseWarning)
            assert measure_noise(frame).source != "header"


def test_a_plane_that_is_too_low_on_an_empty_sky_is_scaled() -> None:
    rng = np.random.default_rng(7)
    frame, sigma = exposed(np.full((SIDE, SIDE), 400.0), rng)
    frame.uncertainty = StdDevUncertainty((sigma / 2).astype(np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noise = measure_noise(frame)
    assert noise.sky_variance == pytest.approx(sigma[0, 0] ** 2, rel=0.05)
    assert noise.agreement == pytest.approx(0.25, rel=0.05)


def test_resampled_noise_is_no_structure() -> None:
    rng = np.random.default_rng(8)
    white = rng.normal(0, 20, (SIDE + 1, SIDE + 1))
    resampled = (white[1:, 1:] + white[:-1, 1:] + white[1:, :-1] + white[:-1, :-1]) / 2
    frame = Frame((400 + resampled).astype(np.float32), unit="adu", header=fits.Header({"GAIN": 1.3, "RDNOISE": 7.0}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noise = measure_noise(frame)
    assert noise.sky_variance == pytest.approx(400, rel=0.1) and min(noise.neighbours) > 0.4


def test_scatter_is_one_for_the_noise_that_is_stated() -> None:
    rng = np.random.default_rng(9)
    data = rng.normal(50, 3, (SIDE, SIDE))
    mask = rng.random(data.shape) < 0.001
    data[mask] = 1e6
    scatter = measure_scatter(data, mask, lambda pixels, _: np.full(1, 9.0))
    assert scatter is not None and scatter.is_as_stated and not scatter.is_uneven
    assert scatter.finest.mean() == pytest.approx(1, abs=0.03) and scatter.excess == pytest.approx(1, abs=0.05)
    assert measure_scatter(data[:30, :30], mask[:30, :30], lambda pixels, _: np.full(1, 9.0)) is None
    stripes = data + rng.normal(0, 30, SIDE) + rng.normal(0, 30, (SIDE, 1))
    striped = measure_scatter(stripes, mask, lambda pixels, _: np.full(1, 9.0))
    assert striped is not None and striped.is_as_stated and np.median(striped.finest) > 3


def test_blocks_of_which_nothing_is_stated_are_left_out() -> None:
    rng = np.random.default_rng(10)
    frame, sigma = exposed(crowded(rng), rng)
    sigma[40:130] = np.nan
    frame.uncertainty = StdDevUncertainty(sigma.astype(np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "the sky shows .* times the variance", NoiseWarning)
        noise = measure_noise(frame)
    assert noise.source == "variance plane"
    assert noise.sky_variance == pytest.approx(np.nanmedian(sigma) ** 2, rel=0.1)
