"""Bad pixels get values that look like the frame around them."""

from __future__ import annotations

import numpy as np

from amsd_astro.frames.filling import fill_masked, near_masked


def test_good_pixels_stay_and_bad_ones_follow_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 50, 80, dtype=np.float32) * np.ones((60, 1), np.float32)
    mask = rng.random((60, 80)) < 0.05
    mask[:, 40:43] = True
    spoiled = np.where(mask, np.float32(1e9), ramp)
    filled = fill_masked(spoiled, mask, np.zeros_like(ramp))
    np.testing.assert_array_equal(filled[~mask], ramp[~mask])
    assert np.abs(filled - ramp)[mask].max() < 3


def test_large_holes_are_filled_and_carry_noise() -> None:
    rng = np.random.default_rng(1)
    mask = np.zeros((200, 200), bool)
    mask[40:160, 40:160] = True
    noise = rng.normal(size=(200, 200)).astype(np.float32)
    filled = fill_masked(np.where(mask, np.nan, np.float32(3)), mask, noise)
    assert np.all(np.isfinite(filled))
    assert abs(filled[mask].mean() - 3) < 0.1
    assert abs(filled[mask].std() - 1) < 0.05


def test_neighbours_of_bad_pixels_are_told() -> None:
    mask = np.zeros((40, 40), bool)
    mask[20, 20] = True
    near = near_masked(mask)
    assert near[20, 21] and near[14, 20] and not near[20, 20] and not near[20, 30]
    assert not near_masked(np.zeros((5, 5), bool)).any()
