"""The noise of an exposure told by the others, against known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.exposures.noise_ratio import measure_noise_ratio

SHAPE = (300, 260)


def light_and_halves(n_others: int, *, seed: int, sigma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """An exposure of another sky than the others, and two halves of these; a tenth of the field is light."""
    rng = np.random.default_rng(seed)
    points = np.zeros(SHAPE)
    points[tuple(rng.integers(0, 260, (2, 100)))] = 1000
    scene = ndimage.gaussian_filter(points, 1.5)
    halves = scene + rng.normal(0, 2.0 / np.sqrt(n_others / 2), (2, *SHAPE))
    light = scene + rng.normal(0, sigma, SHAPE) + np.linspace(0, 1, SHAPE[1])
    return light, halves


@pytest.mark.parametrize("sigma", [1.4, 2.0, 3.0])
@pytest.mark.parametrize("n_others", [4, 14])
def test_the_variance_is_found_with_its_error(sigma: float, n_others: int) -> None:
    found = measure_noise_ratio(*light_and_halves(n_others, seed=1, sigma=sigma), 4.0)
    assert found is not None
    assert found.error < 0.05 * found.value
    assert found.value == pytest.approx(sigma**2 / 4, abs=3.5 * found.error)


def test_a_map_of_variance_counts_pixel_by_pixel() -> None:
    light, halves = light_and_halves(8, seed=2, sigma=0.0)
    variance = np.ones(SHAPE)
    variance[:, 130:] = 9.0
    light += np.random.default_rng(3).normal(0, 1, SHAPE) * np.sqrt(1.3 * variance)
    found = measure_noise_ratio(light, halves, variance)
    assert found is not None
    assert found.value == pytest.approx(1.3, abs=3.5 * found.error)


def test_blemishes_and_bad_pixels_do_not_count() -> None:
    light, halves = light_and_halves(8, seed=4)
    rng = np.random.default_rng(5)
    light[tuple(rng.integers(0, 260, (2, 200)))] += 500
    light[:10], halves[0, :, :10] = np.nan, np.nan
    found = measure_noise_ratio(light, halves, 4.0)
    assert found is not None
    assert found.value == pytest.approx(1.0, abs=3.5 * found.error)


def test_nothing_is_told_without_sky() -> None:
    light, halves = light_and_halves(8, seed=6)
    assert measure_noise_ratio(light[:15, :15], halves[:, :15, :15], 4.0) is None
    assert measure_noise_ratio(light + 50, halves + 50, 4.0) is None
