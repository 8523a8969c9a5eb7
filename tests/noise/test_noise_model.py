"""The noise model is found on simulated frames, whatever says where it is."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro.errors import AmsdWarning
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.sky import measure_sky


def _scene(shape: tuple[int, int] = (384, 384), *, sky: float = 100.0) -> np.ndarray:
    """Sky, broad galaxies and stars, in electrons."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[: shape[0], : shape[1]]
    scene = np.full(shape, float(sky))
    for _ in range(6):
        cy, cx, size = rng.uniform(60, 320), rng.uniform(60, 320), rng.uniform(10, 25)
        scene += rng.uniform(200, 2000) * np.exp(-((np.hypot(y - cy, x - cx) / size) ** 1.5))
    stars = np.zeros(shape)
    stars[rng.integers(5, 379, 150), rng.integers(5, 379, 150)] = 10 ** rng.uniform(2, 5, 150)
    return scene + ndimage.gaussian_filter(stars, 1.4)


def _expose(scene: np.ndarray, gain: float, read_noise: float, *, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.poisson(scene) + rng.normal(0, read_noise, scene.shape)) / gain


def test_level_variance_and_slope_come_from_the_data() -> None:
    sky = measure_sky(_expose(_scene(sky=300), 2.0, 5.0), np.zeros((384, 384), bool))
    assert sky.level == pytest.approx(150, abs=6)
    assert sky.variance == pytest.approx(sky.level / 2 + 6.25, rel=0.05)
    assert sky.slope == pytest.approx(0.5, rel=0.25)
    assert sky.correlation.shape == (1, 1)


@pytest.mark.parametrize(("width", "angle"), [(0.5, 0), (0.7, 0), (0.6, 1)])
def test_correlation_of_resampled_noise_is_found_under_faint_sources(width: float, angle: int) -> None:
    rng = np.random.default_rng(3)
    sigma = (width, 0.7 * width) if angle else (width, width)
    noise = ndimage.gaussian_filter(rng.normal(size=(512, 512)), sigma, mode="wrap")
    noise *= 10 / noise.std()
    expected = [float(np.mean(noise * np.roll(noise, 1, axis))) / 100 for axis in (1, 0)]
    faint = np.zeros((512, 512))
    faint[rng.integers(0, 512, 900), rng.integers(0, 512, 900)] = rng.uniform(50, 300, 900)
    frame = Frame(noise + ndimage.gaussian_filter(faint, 1.8) + 50)
    model = measure_noise(frame)
    assert np.sqrt(model.sky_variance) == pytest.approx(10, rel=0.04)
    np.testing.assert_allclose(model.neighbours, expected, atol=0.04)


def test_faint_sources_do_not_look_like_correlation() -> None:
    rng = np.random.default_rng(4)
    faint = np.zeros((512, 512))
    faint[rng.integers(0, 512, 6000), rng.integers(0, 512, 6000)] = rng.uniform(0, 80, 6000)
    frame = ndimage.gaussian_filter(faint, 1.5) + rng.normal(0, 5, (512, 512))
    raw = float(np.corrcoef(frame[:, 1:].ravel(), frame[:, :-1].ravel())[0, 1])
    assert raw > 0.02
    assert max(map(abs, measure_noise(Frame(frame)).neighbours)) < 0.02


def test_caller_comes_before_header_and_header_before_data() -> None:
    data = _expose(_scene(), 1.6, 4.0)
    frame = Frame(data, unit="adu", meta={"GAIN": 1.6, "RDNOISE": 4.0})
    from_header = measure_noise(frame)
    assert (from_header.source, from_header.slope) == ("header", 1 / 1.6)
    assert from_header.agreement == pytest.approx(1, abs=0.06)
    from_caller = measure_noise(frame, stated={"gain": 1.5, "read_noise": 4.0})
    assert (from_caller.source, from_caller.slope) == ("caller", 1 / 1.5)
    as_given = NoiseModel.from_gain(2.0, 3.0, sky=60.0)
    assert measure_noise(frame, stated=as_given) is as_given


@pytest.mark.parametrize("gain", [180.0, 0.05])
def test_a_gain_that_the_data_contradict_is_a_camera_setting(gain: float) -> None:
    frame = Frame(_expose(_scene(sky=300), 1.6, 4.0), unit="adu", meta={"GAIN": gain})
    assert measure_noise(frame).source != "header"


@pytest.mark.parametrize("gain", [0, -1.0, "high", True, float("nan")])
def test_senseless_gains_are_passed_over(gain: object) -> None:
    frame = Frame(_expose(_scene(sky=300), 1.6, 4.0), unit="adu")
    frame.header["GAIN"] = "n/a" if gain != gain else gain
    with pytest.warns(AmsdWarning, match="GAIN must be a number above"):
        assert measure_noise(frame).source in ("data", "assumed")


def test_a_gain_that_cannot_be_parsed_is_passed_over() -> None:
    header = fits.Header.fromstring("GAIN    = 1.5.2.3".ljust(80))
    frame = Frame(_expose(_scene(sky=300), 1.6, 4.0), unit="adu", header=header)
    with pytest.warns(AmsdWarning, match="cannot be parsed"):
        assert measure_noise(frame).source in ("data", "assumed")


def test_pedestal_does_not_hide_the_headers_gain() -> None:
    data = _expose(np.full((256, 256), 200.0), 1.6, 4.0) + 1200
    model = measure_noise(Frame(data, unit="adu", meta={"GAIN": 1.6, "RDNOISE": 4.0}))
    assert model.source == "header"
    assert model.variance(model.sky) == pytest.approx(200 / 1.6**2 + 6.25, rel=0.04)


def test_the_sky_of_whole_numbers_is_that_of_the_light() -> None:
    light, mask = np.random.default_rng(3).normal(886.5, 12, (384, 384)), np.zeros((384, 384), bool)
    assert measure_sky(np.round(light), mask).level == pytest.approx(measure_sky(light, mask).level, abs=0.05)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_level_of_an_empty_sky_is_its_mean(seed: int) -> None:
    data = np.random.default_rng(seed).normal(886.5, 12, (512, 512))
    assert measure_sky(data, np.zeros(data.shape, bool)).level == pytest.approx(886.5, abs=0.03 * 12)


def test_model_passes_through_the_sky() -> None:
    data = _expose(_scene(), 1.6, 4.0) - 62.5
    model = measure_noise(Frame(data, unit="adu", meta={"GAIN": 1.6, "RDNOISE": 4.0}))
    assert model.variance(model.sky) == pytest.approx(model.sky_variance)
    assert model.sky_variance == pytest.approx(100 / 1.6**2 + 6.25, rel=0.06)


def test_variance_plane_gives_slope_and_floor_map() -> None:
    scene = _scene()
    deep = np.where(np.arange(384) < 192, 1.0, 4.0) * np.ones((384, 1))
    rng = np.random.default_rng(8)
    variance = (scene + 400) * deep
    data = scene + rng.normal(size=scene.shape) * np.sqrt(variance)
    frame = Frame(data, uncertainty=StdDevUncertainty(np.sqrt(variance)))
    model = measure_noise(frame)
    assert model.source == "variance plane"
    assert np.shape(model.floor) == (384, 384)
    ratio = model.variance(scene) / variance
    faint = scene < 150
    assert np.median(ratio[faint & (deep == 1)]) == pytest.approx(1, abs=0.12)
    assert np.median(ratio[faint & (deep == 4)]) == pytest.approx(1, abs=0.12)


def test_a_variance_plane_survives_bad_pixels_and_pedestals() -> None:
    scene = _scene()
    variance = scene + 400
    data = scene + np.random.default_rng(8).normal(size=scene.shape) * np.sqrt(variance) + 1e9
    data[::40, ::40] = np.nan
    data[50:60, 50:60] = np.nan
    frame = Frame(data, uncertainty=StdDevUncertainty(np.sqrt(variance)), mask=np.isnan(data))
    model = measure_noise(frame)
    assert model.source == "variance plane"
    faint = (scene < 150) & ~np.isnan(data)
    assert np.median((model.variance(scene + 1e9) / variance)[faint]) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6])
@pytest.mark.parametrize("sky", [0.0, 50.0])
def test_borders_of_one_value_are_not_sky(share: float, sky: float) -> None:
    data = np.random.default_rng(9).normal(sky, 5, (256, 256))
    data[:, : int(share * 256)] = 0
    model = measure_noise(Frame(data))
    assert model.sky == pytest.approx(sky, abs=0.5)  # a tenth of the noise
    assert model.sky_variance == pytest.approx(25, rel=0.05)


def test_a_header_that_was_corrected_counts() -> None:
    frame = Frame(_expose(_scene(sky=300), 1.6, 4.0), unit="adu", meta={"GAIN": 180.0})
    frame.header["GAIN"] = 1.6
    assert measure_noise(frame).slope == 1 / 1.6


def test_masked_pixels_do_not_count() -> None:
    data = _expose(_scene(), 1.6, 4.0)
    mask = np.zeros(data.shape, bool)
    mask[100:110] = True
    spoiled = np.where(mask, 1e6, data)
    clean, dirty = measure_noise(Frame(data)), measure_noise(Frame(spoiled, mask=mask))
    assert dirty.sky_variance == pytest.approx(clean.sky_variance, rel=0.03)


def test_a_constant_frame_has_no_noise() -> None:
    assert measure_noise(Frame(np.full((64, 64), 7.0))).sky_variance == 0


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e9])
def test_noise_scales_with_the_unit(scale: float) -> None:
    data = _expose(_scene(sky=300), 2.0, 5.0)
    plain, scaled = measure_noise(Frame(data)), measure_noise(Frame(data * scale))
    assert scaled.sky_variance == pytest.approx(plain.sky_variance * scale**2, rel=1e-3)
    assert scaled.slope == pytest.approx(plain.slope * scale, rel=1e-2)


@pytest.mark.parametrize("wrong", [{"slope": -1.0}, {"slope": float("nan")}, {"correlation": np.ones((2, 2))}])
def test_senseless_models_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Received"):
        NoiseModel(**{"slope": 1.0, "floor": 1.0, **wrong})  # type: ignore[arg-type]


def test_a_model_without_a_sky_takes_the_frames() -> None:
    frame = Frame(_expose(_scene(sky=100.0), 1.5, 4.0))
    without = measure_noise(frame, stated=NoiseModel.from_gain(1.5, 4.0))
    level = measure_noise(frame).sky
    assert without.sky == level
    assert without.sky_variance == pytest.approx(level / 1.5 + (4.0 / 1.5) ** 2)
    near = NoiseModel.from_gain(1.5, 4.0, sky=level + 5)
    assert measure_noise(frame, stated=near) is near
