"""The slope that the skewness of the sky's noise tells."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.sky import measure_sky

SHAPE = (512, 512)


def _photons(n_electrons: float, *, slope: float = 1.0, read_noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    return slope * (rng.poisson(n_electrons, SHAPE) + read_noise * rng.standard_normal(SHAPE)) + 500.0


@pytest.mark.parametrize("n_electrons", [3, 10, 50])
@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_photons_are_counted_on_empty_sky(n_electrons: float, slope: float) -> None:
    data = _photons(n_electrons, slope=slope)
    sky = measure_sky(data, np.zeros(SHAPE, bool))
    assert 0.7 * slope < sky.least_slope < 1.2 * slope


def test_read_noise_lowers_what_is_told() -> None:
    sky = measure_sky(_photons(9.0, read_noise=3.0), np.zeros(SHAPE, bool))
    assert 0.35 < sky.least_slope < 0.6  # half of the variance is the photons'


@pytest.mark.parametrize("sign", [1, -1])
def test_noise_that_is_not_skewed_to_the_bright_side_tells_nothing(sign: int) -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(SHAPE) if sign > 0 else -rng.poisson(5.0, SHAPE).astype(float)
    assert measure_sky(noise, np.zeros(SHAPE, bool)).least_slope == 0.0


def test_hot_pixels_do_not_pass_for_photons() -> None:
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 5, SHAPE)
    noise[rng.random(SHAPE) < 0.003] += 60.0
    assert measure_sky(noise, np.zeros(SHAPE, bool)).least_slope < 0.05 * 5


def test_a_slope_that_nobody_knows_is_assumed_within_what_the_data_allow() -> None:
    model = measure_noise(Frame(_photons(100.0, slope=2.0)))
    assert model.source == "assumed"
    assert 0.3 * 2.0 < model.slope < 1.2 * 2.0
    assert model.slope * model.sky + model.floor == pytest.approx(model.sky_variance)


def test_smooth_bright_pixels_without_photon_noise_keep_the_assumed_slope_low() -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    galaxy = 3000 * np.exp(-np.hypot(y - 256, x - 256) / 80)
    data = galaxy + np.random.default_rng(7).normal(0, 10, SHAPE)
    model = measure_noise(Frame(data))
    assert model.slope < 0.03 * 10 / 3
