"""The bands are differences of neighbouring scales, blind to a constant, of known noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.bands import N_BANDS, band_noise, band_radius, bands, normalized_bands
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
RESAMPLED = np.array([[0.05, 0.2, 0.05], [0.3, 1.0, 0.3], [0.05, 0.2, 0.05]])


def test_bands_agree_with_direct_smoothing() -> None:
    image = np.random.default_rng(0).normal(size=(140, 150))
    radius = band_radius()
    fine, expected = image, []
    for scale in range(N_BANDS):
        kernel = np.zeros(4 * 2**scale + 1)
        kernel[:: 2**scale] = np.array([1, 4, 6, 4, 1]) / 16
        coarse = ndimage.correlate1d(ndimage.correlate1d(fine, kernel, axis=0), kernel, axis=1)
        expected.append((fine - coarse)[radius:-radius, radius:-radius])
        fine = coarse
    np.testing.assert_allclose(bands(image), np.stack(expected, axis=-1), atol=1e-12)


def test_a_constant_does_not_show() -> None:
    image = np.random.default_rng(1).normal(size=(2, 100, 90)).astype(np.float32)
    np.testing.assert_allclose(bands(image + 100), bands(image), atol=1e-4)


def test_a_pixel_does_not_depend_on_what_lies_beyond_its_reach() -> None:
    image = np.random.default_rng(2).normal(size=(160, 160)).astype(np.float32)
    part = image[20:150, 31:160]
    np.testing.assert_array_equal(bands(image)[20 : 20 + 70, 31 : 31 + 69], bands(part))


@pytest.mark.parametrize("correlation", [WHITE, RESAMPLED])
def test_noise_of_the_bands_is_known(correlation: np.ndarray) -> None:
    noise = UnitNoise(correlation).draw(np.random.default_rng(3), (1, 900, 900))
    measured = bands(noise)[0].reshape(-1, N_BANDS).std(axis=0)
    np.testing.assert_allclose(band_noise(correlation), measured, rtol=0.05)


def test_unit_noise_has_the_correlation_asked_for() -> None:
    noise = UnitNoise(RESAMPLED).draw(np.random.default_rng(4), (4, 400, 400))
    assert noise.std() == pytest.approx(1, abs=0.01)
    for dy, dx in [(0, 1), (1, 0), (1, 1), (2, 0)]:
        product = float(np.mean(noise * np.roll(noise, (dy, dx), axis=(1, 2))))
        expected = RESAMPLED[1 + dy, 1 + dx] if max(dy, dx) < 2 else 0.0
        assert product == pytest.approx(expected, abs=0.01)


def test_no_value_of_a_hundred_thousand_sigma_leaves_the_range_of_the_network() -> None:
    image = np.zeros((1, 80, 80), np.float32)
    image[0, 40, 40] = 1e5
    assert np.abs(normalized_bands(image, band_noise(WHITE))).max() < 15


def test_the_network_sees_the_asinh_of_the_bands() -> None:
    image = np.random.default_rng(5).normal(size=(2, 150, 140)).astype(np.float32)
    image[0, 70, 60] = 3e4
    expected = np.arcsinh(bands(image).astype(np.float64) / band_noise(RESAMPLED))
    np.testing.assert_allclose(normalized_bands(image, band_noise(RESAMPLED)), expected, atol=2e-6)


@pytest.mark.parametrize("value", [1e30, -3e38])
def test_what_is_no_star_any_more_is_still_a_number(value: float) -> None:
    image = np.zeros((1, 80, 80), np.float32)
    image[0, 40, 40] = value
    seen = normalized_bands(image, band_noise(WHITE))
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() < 50


def test_images_without_a_margin_are_refused() -> None:
    with pytest.raises(ValueError, match="must be larger"):
        bands(np.zeros((60, 80)))
