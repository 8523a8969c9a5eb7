"""The noise of exposures that were smoothed: measured as far as it reaches, and never structure taken for noise."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro import Frame
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.sky import Sky, measure_sky
from amsd_astro.noise.sky_by_kind import measured_sky

SHAPE, SKY, GAIN, READ_NOISE = (320, 352), 300.0, 1.6, 5.0


@pytest.fixture(autouse=True)
def _without_doubts() -> None:
    warnings.filterwarnings("ignore", category=AmsdWarning)


def truth(*, gradient: float = 30.0) -> np.ndarray:
    """Stars and galaxies on a sky with a gradient, electrons."""
    rng = np.random.default_rng(1)
    scene, galaxies = np.zeros(SHAPE), np.zeros(SHAPE)
    rows, columns = rng.integers(0, SHAPE[0], 150), rng.integers(0, SHAPE[1], 150)
    scene[rows, columns] = 200 * (1 - rng.random(150)) ** -1.2
    galaxies[rows[::5] // 2, columns[::5]] = 3000
    scene = ndimage.gaussian_filter(scene, 0.9) + ndimage.gaussian_filter(galaxies, 4.0)
    return scene + SKY + gradient * np.linspace(-0.5, 0.5, SHAPE[1])


def exposure(fwhm: float, scene: np.ndarray | None = None, *, seed: int = 2, noise: float = 1.0) -> np.ndarray:
    """An exposure in adu, smoothed by a Gaussian."""
    scene, rng = truth() if scene is None else scene, np.random.default_rng(seed)
    deviation = rng.poisson(scene) + rng.normal(0, READ_NOISE, scene.shape) - scene
    return ndimage.gaussian_filter((scene + noise * deviation) / GAIN, fwhm / 2.3548, mode="mirror")


def n_averaged(fwhm: float) -> float:
    return 4 * np.pi * (fwhm / 2.3548) ** 2


@pytest.mark.parametrize("fwhm", [2.6, 3.5, 4.5, 5.5])
def test_variance_and_correlation_are_those_of_the_smoothed_noise(fwhm: float) -> None:
    noise = measure_noise(Frame(exposure(fwhm).astype(np.float32)))
    expected = (SKY + READ_NOISE**2) / GAIN**2 / n_averaged(fwhm)
    assert noise.sky_variance == pytest.approx(expected, rel=0.2)
    assert noise.sky == pytest.approx(SKY / GAIN, abs=np.sqrt(expected))
    k = noise.correlation.shape[0] // 2
    gaussian = np.exp(-(np.arange(k + 1) ** 2) / (4 * (fwhm / 2.3548) ** 2))
    assert noise.correlation[k, k:] == pytest.approx(gaussian, abs=0.08)
    assert noise.correlation[k:, k] == pytest.approx(gaussian, abs=0.08)
    # a sky of a thousand electrons is assumed before the smoothing, not after
    assert 0.3 < noise.slope * GAIN * n_averaged(fwhm) < 1.5


def test_what_is_stated_is_of_single_pixels() -> None:
    data = exposure(4.5)
    for frame, stated in (
        (Frame(data, unit="adu", meta={"GAIN": GAIN, "RDNOISE": READ_NOISE}), None),
        (Frame(data, unit="adu"), {"gain": GAIN, "read_noise": READ_NOISE}),
    ):
        noise = measure_noise(frame, stated=stated)
        assert noise.source == ("caller" if stated else "header")
        assert noise.slope == pytest.approx(1 / GAIN / n_averaged(4.5), rel=0.1)
        assert noise.agreement == pytest.approx(1, abs=0.2)
    as_given = NoiseModel(0.01, 2.0, sky=SKY / GAIN)
    assert measure_noise(Frame(data), stated=as_given) is as_given
    sky = Sky(0.0, 1.0, np.ones((1, 1)), 0.0, 1.0)
    assert sky.after_smoothing(as_given) is as_given


@pytest.mark.parametrize("fwhm", [0.5, 4.5])
def test_scenes_without_noise_are_not_taken_for_noise(fwhm: float) -> None:
    y, x = np.indices(SHAPE)
    waves = 300 + 20 * np.sin(x / 9) + 20 * np.cos(y / 7)
    for scene in (truth(), waves, waves + truth(), truth() + 900 * np.exp(-np.hypot(y - 160, x - 180) / 30)):
        sky = measured_sky(exposure(fwhm, scene, noise=0.0), np.zeros(SHAPE, bool), "adu")
        assert sky.n_averaged == 1


def test_a_crowded_field_is_not_taken_for_noise() -> None:
    rng, stars = np.random.default_rng(5), np.zeros(SHAPE)
    np.add.at(stars, (rng.integers(0, 320, 9000), rng.integers(0, 352, 9000)), 300 * (1 - rng.random(9000)) ** -0.8)
    crowded = SKY + ndimage.gaussian_filter(np.minimum(stars, 1e5), 1.0)
    assert measured_sky(exposure(4.5, crowded), np.zeros(SHAPE, bool), "adu").n_averaged == 1


@pytest.mark.parametrize("fwhm", [0.0, 1.2, 1.8])
def test_what_the_finest_band_sees_is_left_to_it(fwhm: float) -> None:
    data = exposure(max(fwhm, 1e-3))
    mask = np.zeros(SHAPE, bool)
    expected, found = measure_sky(data, mask), measured_sky(data, mask, "adu")
    assert found.variance == expected.variance and found.n_averaged == 1
    np.testing.assert_array_equal(found.correlation, expected.correlation)


@pytest.mark.parametrize("unit", ["adu", "Jy/beam"])
def test_a_plane_of_errors_is_set_right_by_noise_that_reaches_far(unit: str) -> None:
    deeper = np.where(np.arange(SHAPE[1]) < 176, 1.0, 0.6) * np.ones(SHAPE)
    rng = np.random.default_rng(6)
    noise = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.9, mode="wrap")
    data = 3.0 * deeper * noise / noise.std()
    frame = Frame(data, unit=unit, uncertainty=StdDevUncertainty(2.0 * deeper))
    model = measure_noise(frame)
    assert model.source == "variance plane"
    assert np.sqrt(np.median(np.asarray(model.floor)[:, :100])) == pytest.approx(3.0, rel=0.1)
    k = model.correlation.shape[0] // 2
    assert model.correlation[k, k + 2] == pytest.approx(np.exp(-1 / 1.9**2), abs=0.06)
