"""Noise drawn from a model, and its scatter in sums of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from amsd_astro import NoiseModel
from amsd_astro.simulation import Resampling
from amsd_astro.validation.measures.model_noise import draw_noise, scatter_of_sum

CORRELATION = Resampling("bilinear", (64, 64), shift=(3.5, 3.4)).correlation(2)


@pytest.mark.parametrize("floor", [25.0, -20.0])
@pytest.mark.parametrize("mean", [40.0, 4000.0])
def test_noise_has_the_variance_of_the_model(mean: float, floor: float) -> None:
    noise = NoiseModel(2.0, floor, sky=40.0)
    drawn = draw_noise(np.random.default_rng(0), np.full((400, 400), mean), noise)
    assert drawn.var() == pytest.approx(2 * mean + floor, rel=0.02)
    assert drawn.mean() == pytest.approx(0, abs=5 * drawn.std() / 400)


def test_photon_noise_of_few_photons_is_whole_photons() -> None:
    mean = np.full((50, 50), 3.0)
    photons = (draw_noise(np.random.default_rng(0), mean, NoiseModel(2.0, 0.0)) + mean) / 2
    np.testing.assert_allclose(photons, np.rint(photons), atol=1e-9)
    assert photons.min() == 0


def test_noise_of_the_floor_is_gaussian_and_that_of_a_pedestal_is_photons() -> None:
    mean = np.zeros((400, 400))
    assert abs(skew(draw_noise(np.random.default_rng(0), mean, NoiseModel(2.0, 25.0)), axis=None)) < 0.03
    pedestal = NoiseModel(2.0, -20.0, sky=20.0)  # 40 - 20 = 20: five photons of 2
    drawn = draw_noise(np.random.default_rng(0), mean + 20, pedestal)
    assert skew(drawn, axis=None) == pytest.approx(1 / np.sqrt(5), abs=0.03)


def test_many_photons_are_drawn_too() -> None:
    drawn = draw_noise(np.random.default_rng(0), np.full((200, 200), 1e20), NoiseModel(1.0, 0.0))
    assert drawn.std() == pytest.approx(1e10, rel=0.02)


def test_correlated_noise_has_the_correlation_and_the_local_variance() -> None:
    noise = NoiseModel(1.0, 10.0, correlation=CORRELATION)
    mean = np.repeat([[100.0], [900.0]], 300, axis=0) * np.ones(600)
    drawn = draw_noise(np.random.default_rng(1), mean, noise)
    for rows, variance in ((slice(0, 290), 110), (slice(310, 600), 910)):
        part = drawn[rows]
        assert part.var() == pytest.approx(variance, rel=0.03)
        assert np.mean(part[:, 1:] * part[:, :-1]) / part.var() == pytest.approx(CORRELATION[2, 3], abs=0.02)


@pytest.mark.parametrize("correlation", [np.ones((1, 1)), CORRELATION])
def test_scatter_of_sums_is_that_of_drawn_noise(correlation: np.ndarray) -> None:
    weights = np.exp(-(np.hypot(*np.mgrid[-3:4, -3:4]) ** 2) / 4)
    noise = draw_noise(
        np.random.default_rng(2), np.zeros((20_00, 7 * 30)), NoiseModel(0.0, 1.0, correlation=correlation)
    )
    sums = np.sum(noise.reshape(20_00, 30, 7)[:1995].reshape(285, 7, 30, 7) * weights[:, None, :], axis=(1, 3))
    assert scatter_of_sum(weights, correlation) == pytest.approx(sums.std(), rel=0.03)
