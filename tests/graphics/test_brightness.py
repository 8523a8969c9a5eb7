"""Limits and stretches: black and white are where they are said to be, and no outlier moves them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.visualization import AsinhStretch

from amsd_astro.graphics.brightness import (
    Brightness,
    brightness_of,
    linear_brightness,
    sky_of,
    uncertainty_brightness,
)


@pytest.fixture
def values() -> np.ndarray:
    """A sky of 100 +- 5 with 2 % of stars."""
    rng = np.random.default_rng(1)
    sky: np.ndarray = rng.normal(100, 5, 50_000)
    sky[:1000] += rng.exponential(500, 1000)
    return sky


def test_the_stretch_is_that_of_astropy() -> None:
    x = np.linspace(-20, 120, 57)
    made = Brightness(0.0, 100.0, 0.03).gray(x)
    np.testing.assert_allclose(made, AsinhStretch(0.03)(np.clip(x / 100, 0, 1)), atol=1e-12)
    np.testing.assert_allclose(Brightness(0.0, 100.0).gray(x), np.clip(x / 100, 0, 1))
    assert np.isnan(Brightness(0.0, 1.0).gray(np.nan))


def test_the_sky_is_found_below_the_stars(values: np.ndarray) -> None:
    level, sigma = sky_of(values)
    assert level == pytest.approx(100, abs=0.3) and sigma == pytest.approx(5, rel=0.05)
    assert sky_of(np.zeros(0)) == (0.0, 0.0)


@pytest.mark.parametrize("outlier", [1e9, -1e9])
def test_no_outlier_moves_a_limit(values: np.ndarray, outlier: float) -> None:
    spoilt = np.append(values, [outlier] * 5)
    for made in (
        lambda given: brightness_of(given, sky=100, sigma=5),
        linear_brightness,
        uncertainty_brightness,
    ):
        clean, dirty = made(values), made(spoilt)
        assert dirty.low == pytest.approx(clean.low, rel=0.05) and dirty.high == pytest.approx(clean.high, rel=0.05)


@pytest.mark.parametrize("made", [linear_brightness, uncertainty_brightness])
@pytest.mark.parametrize("given", [np.zeros(0), np.zeros(9), np.full(9, -4.5), np.full(9, 1e300)])
def test_one_value_is_a_picture_all_the_same(made: object, given: np.ndarray) -> None:
    found = made(given)  # type: ignore[operator]
    assert np.isfinite([found.low, found.high]).all() and found.low < found.high
