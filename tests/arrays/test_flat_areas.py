"""Areas of one value are told from noise."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.arrays import blocks
from amsd_astro.arrays.flat_areas import border_areas, flat_pixels, with_flat_areas


def _bordered(shape: tuple[int, int] = (90, 110), border: int = 40) -> np.ndarray:
    data = np.random.default_rng(0).normal(100, 10, shape).astype(np.float32)
    data[:, :border] = 0
    return data


@pytest.mark.parametrize("strip", [None, 600])
def test_a_border_is_masked_with_a_rim_and_nothing_else(strip: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if strip:
        monkeypatch.setattr(blocks, "_PIXELS", strip)
    data = _bordered()
    mask = np.zeros(data.shape, bool)
    mask[5, 100] = True
    found = with_flat_areas(mask, data)
    assert mask.sum() == 1
    assert found[:, :40].all() and found[:, 40:44].all() and found[5, 100]
    found[5, 100] = False
    assert not found[:, 45:].any()


def test_a_frame_of_noise_has_the_mask_it_had() -> None:
    rng = np.random.default_rng(1)
    for data in (rng.normal(0, 1, (100, 90)), rng.poisson(0.1, (300, 300)).astype(float)):
        mask = rng.random(data.shape) < 0.01
        assert with_flat_areas(mask, data) is mask


def test_a_small_plateau_is_no_area() -> None:
    data = np.random.default_rng(2).normal(0, 1, (60, 60))
    data[20:32, 20:32] = 1000  # a saturated core
    mask = np.zeros(data.shape, bool)
    assert with_flat_areas(mask, data) is mask
    assert flat_pixels(data).sum() == 8 * 8


def rotated(value: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Noise in a rotated square amid one value, and where that is."""
    y, x = np.mgrid[:200, :180] - 95
    outside = (np.abs(y + 0.3 * x) > 70) | (np.abs(x - 0.3 * y) > 60)
    data = np.random.default_rng(3).normal(5, 2, outside.shape)
    return np.where(outside, value, data), outside


@pytest.mark.parametrize("strip", [None, 180 * 30])
@pytest.mark.parametrize("value", [0.0, -999.0])
def test_what_lies_outside_of_an_exposure_is_found_to_the_pixel(
    value: float, strip: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if strip:
        monkeypatch.setattr(blocks, "_PIXELS", strip)
    data, outside = rotated(value)
    mask = np.zeros(data.shape, bool)
    mask[100, 90] = True
    found = border_areas(data, mask)
    assert found is not None
    np.testing.assert_array_equal(found, outside)


def test_what_is_no_border_is_left_alone() -> None:
    rng = np.random.default_rng(4)
    hole = rng.normal(5, 2, (120, 120))
    hole[40:70, 40:70] = 0
    thin = rng.normal(5, 2, (120, 120))
    thin[:5] = 0
    counts = [rng.poisson(mean, (300, 300)).astype(float) for mean in (0.001, 0.02, 0.3)]
    one = np.full((60, 60), 3.0)
    one[30, 30] = 9
    for data in (hole, thin, *counts, np.full((60, 60), 3.0), one, rng.normal(0, 1, (50, 9))):
        assert border_areas(data, np.zeros(data.shape, bool)) is None
