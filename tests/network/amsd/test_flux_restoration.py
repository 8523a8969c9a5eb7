"""What is given back of what denoising took."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.network.amsd.flux_restoration import (
    RESTORATION_REACH,
    FluxRestoration,
    smoothed_noise,
    smoothed_residual,
)
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))


def residual() -> np.ndarray:
    return np.random.default_rng(4).normal(size=(2, 80, 96)).astype(np.float32)


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_the_variance_of_smoothed_noise(width: float) -> None:
    k = np.exp(-0.5 * np.arange(-3, 4) ** 2 / width**2) if width else np.ones(1)
    correlation = np.outer(k, k)
    noise = UnitNoise(correlation).draw(np.random.default_rng(1), (8, 256, 256))
    assert smoothed_residual(noise).var() == pytest.approx(smoothed_noise(correlation), rel=0.05)


def test_all_of_the_smoothed_residual_comes_back_where_nothing_is_known() -> None:
    added, variance = FluxRestoration(1.0, 0.02).added(residual(), np.full_like(residual(), 1e6))
    np.testing.assert_allclose(added, smoothed_residual(residual()), rtol=1e-4)
    np.testing.assert_allclose(variance, 0.02, rtol=1e-4)


def test_little_comes_back_where_the_network_is_sure() -> None:
    noise, variance = smoothed_noise(WHITE), np.full_like(residual(), 0.002)
    variance[:, :, 48:] = 0.2
    added, _ = FluxRestoration(1.0, noise).added(residual(), variance)
    whole = smoothed_residual(residual())
    np.testing.assert_allclose(added[:, :, :48], whole[:, :, :48] * (0.002 / (0.002 + noise)) ** 2, rtol=1e-5)
    assert np.abs(added[:, :, :48]).max() < 0.02 * np.abs(whole[:, :, :48]).max()
    assert np.abs(added[:, :, 48:]).max() > 0.8 * np.abs(whole[:, :, 48:]).max()


@pytest.mark.parametrize("share", [0.0, 0.5, 2.0])
def test_the_variance_that_is_added_is_that_of_the_noise_that_is(share: float) -> None:
    noise = UnitNoise(WHITE).draw(np.random.default_rng(2), (8, 256, 256))
    added, variance = FluxRestoration(share, smoothed_noise(WHITE)).added(noise, np.full_like(noise, 0.05))
    assert added.var() == pytest.approx(variance.mean(), rel=0.05)


def test_nothing_is_spread_farther_than_the_reach() -> None:
    point = np.zeros((1, 41, 41), np.float32)
    point[0, 20, 20] = 1
    added, _ = FluxRestoration(1.0, 0.02).added(point, np.ones_like(point))
    ys, xs = np.nonzero(added[0])
    assert np.abs(np.r_[ys, xs] - 20).max() == RESTORATION_REACH
