"""The pieces that the sky is measured with, against plain and slow ways to the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.noise import sky
from amsd_astro.noise.covariance import _LAGS, _masked_covariance
from amsd_astro.noise.sky import measure_sky


def _smooth(image: np.ndarray, scale: int) -> np.ndarray:
    kernel = np.zeros(4 * 2**scale + 1)
    kernel[:: 2**scale] = np.array([1, 4, 6, 4, 1]) / 16
    return ndimage.correlate1d(ndimage.correlate1d(image, kernel, axis=0), kernel, axis=1)


@pytest.mark.parametrize("shape", [(200, 130), (3, 40), (40, 3), (1, 1)])
def test_bands_are_differences_of_blurs_that_are_mirrored_at_the_edges(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sky, "_STRIP", 1)  # strips as short as they come
    image = np.random.default_rng(0).normal(0, 5, shape)
    image[shape[0] // 2 :, : shape[1] // 2] = 7
    bands, background, flat = sky._taken_apart(image)
    fine = image
    for scale, band in enumerate(bands):
        coarse = _smooth(fine, scale)
        np.testing.assert_allclose(band, fine - coarse, atol=1e-12)
        fine = coarse
    np.testing.assert_allclose(background, fine, atol=1e-12)
    np.testing.assert_array_equal(flat, ndimage.maximum_filter(image, 5) == ndimage.minimum_filter(image, 5))


@pytest.mark.parametrize("n_steps", [1, 2, 4])
def test_masks_grow_step_by_step(n_steps: int) -> None:
    mask = np.random.default_rng(1).random((50, 60)) < 0.01
    np.testing.assert_array_equal(sky._dilated(mask, n_steps), ndimage.binary_dilation(mask, iterations=n_steps))


@pytest.mark.parametrize("shape", [(90, 101), (3, 700), (60, 2)])
def test_covariance_is_the_mean_product_of_pairs_that_are_kept(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    band = ndimage.gaussian_filter(rng.normal(size=shape), 0.7).astype(np.float32)
    keep = rng.random(shape) < 0.7
    band[~keep] = np.nan
    measured = _masked_covariance(band, keep)
    ny, nx = shape
    for dy, dx in [(0, 0), (0, 3), (1, -2), (2, 0), (4, 4), (4, -4)]:
        if ny <= dy or nx <= abs(dx):
            assert measured[_LAGS + dy, _LAGS + dx] == 0
            continue
        here = slice(0, ny - dy), slice(max(0, -dx), nx - max(0, dx))
        there = slice(dy, ny), slice(max(0, dx), nx - max(0, -dx))
        expected = np.mean((band[here].astype(float) * band[there])[keep[here] & keep[there]])
        assert measured[_LAGS + dy, _LAGS + dx] == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert measured[_LAGS - dy, _LAGS - dx] == measured[_LAGS + dy, _LAGS + dx]


def test_float32_measures_what_float64_does_on_a_pedestal() -> None:
    rng = np.random.default_rng(3)
    data = (rng.poisson(100, (300, 300)) + 1e6).astype(np.float32)
    data[50:60, 50:60] += 1e7
    mask = np.zeros(data.shape, bool)
    short, long = measure_sky(data, mask), measure_sky(data.astype(np.float64), mask)
    assert short.level == pytest.approx(long.level, abs=1e-4)
    assert short.variance == pytest.approx(long.variance, rel=1e-6)
    assert long.variance == pytest.approx(100, rel=0.05)


def test_pixels_too_large_for_sums_have_no_sky() -> None:
    """Bits that are no pixels, as damaged files have them: their smoothed image is no number anywhere."""
    bits = np.random.default_rng(0).integers(0, 2**32, (40, 48), dtype=np.uint32)
    data = bits.view(np.float32)
    mask = ~np.isfinite(data)
    data[mask] = 0
    found = measure_sky(data, mask)
    assert not np.isfinite(found.level) and not np.isfinite(found.variance)
