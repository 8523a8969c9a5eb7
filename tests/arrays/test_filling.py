"""Bad pixels get values that look like the frame around them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.arrays.filling import FILL_REACH, NEAR_REACH, fill_masked, near_masked


def test_good_pixels_stay_and_bad_ones_follow_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 50, 80, dtype=np.float32) * np.ones((60, 1), np.float32)
    mask = rng.random((60, 80)) < 0.05
    mask[:, 40:43] = True
    spoiled = np.where(mask, np.float32(1e9), ramp)
    filled = fill_masked(spoiled, mask)
    np.testing.assert_array_equal(filled[~mask], ramp[~mask])
    assert np.abs(filled - ramp)[mask].max() < 3


def test_large_holes_are_filled_from_their_rim_and_with_sky() -> None:
    mask = np.zeros((200, 200), bool)
    mask[40:160, 40:160] = True
    filled = fill_masked(np.where(mask, np.nan, np.float32(3)), mask)
    assert np.all(np.isfinite(filled))
    assert abs(filled[50, 100] - 3) < 0.1
    assert filled[100, 100] == 0


def test_a_part_with_its_surroundings_is_filled_like_the_whole() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(300, 60)).astype(np.float32)
    mask = rng.random((300, 60)) < 0.3
    mask[120:190, 10:50] = True
    whole = fill_masked(values, mask)
    part = fill_masked(values[100 - FILL_REACH : 160 + FILL_REACH], mask[100 - FILL_REACH : 160 + FILL_REACH])
    np.testing.assert_array_equal(part[FILL_REACH:-FILL_REACH], whole[100:160])


def test_neighbours_of_bad_pixels_are_told() -> None:
    mask = np.zeros((40, 40), bool)
    mask[20, 20] = True
    near = near_masked(mask)
    assert near[20, 21] and near[14, 20] and not near[20, 20] and not near[20, 30]
    assert not near_masked(np.zeros((5, 5), bool)).any()


@pytest.mark.parametrize("shape", [(90, 70), (4, 30), (1, 1)])
def test_near_is_a_square_around_a_masked_pixel(shape: tuple[int, int]) -> None:
    mask = np.random.default_rng(6).random(shape) < 0.004
    mask[0, 0] = True
    expected = ndimage.maximum_filter(mask, 2 * NEAR_REACH + 1) & ~mask
    np.testing.assert_array_equal(near_masked(mask), expected)
