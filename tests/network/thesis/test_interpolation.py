"""Targets of the thesis recipe: what is shrunk and grown back, against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.network.thesis.interpolation import SCALES, blurred, cubic_kernel, grow, shrink, stacked_groups


def weight(s: float, a: float) -> float:
    """Return Keys's kernel as it is written in the paper."""
    s = abs(s)
    if s <= 1:
        return (a + 2) * s**3 - (a + 3) * s**2 + 1
    return a * s**3 - 5 * a * s**2 + 8 * a * s - 4 * a if s < 2 else 0.0


def grown_at(image: np.ndarray, factor: int, a: float, y: int, x: int) -> float:
    """Return one pixel of the enlarged image: a sum over all samples, edges going on with their last value."""
    at_y, at_x = (y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5
    total = 0.0
    for j in range(int(np.floor(at_y)) - 3, int(np.floor(at_y)) + 5):
        for i in range(int(np.floor(at_x)) - 3, int(np.floor(at_x)) + 5):
            sample = image[np.clip(j, 0, image.shape[0] - 1), np.clip(i, 0, image.shape[1] - 1)]
            total += sample * weight(at_y - j, a) * weight(at_x - i, a)
    return total


@pytest.mark.parametrize("a", [1.2, 1.5, 1.8, -0.5])
def test_the_kernel_is_that_of_the_paper(a: float) -> None:
    distances = np.linspace(-2.5, 2.5, 101)
    np.testing.assert_allclose(cubic_kernel(distances, a), [weight(s, a) for s in distances], atol=1e-12)


@given(a=st.floats(-3, 3), offset=st.floats(0, 1))
def test_its_weights_sum_to_one(a: float, offset: float) -> None:
    assert cubic_kernel(offset - np.arange(-2, 4), a).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("factor", "a"), [*SCALES, (4, -0.5), (1, 1.2)])
def test_growing_is_the_sum_over_the_kernel(factor: int, a: float) -> None:
    image = np.random.default_rng(factor).random((7, 5))
    grown = grow(image, factor, a)
    expected = [[grown_at(image, factor, a, y, x) for x in range(5 * factor)] for y in range(7 * factor)]
    np.testing.assert_allclose(grown, expected, atol=2e-6)


def test_shrinking_is_the_mean_of_cells_and_leaves_the_rest_out() -> None:
    image = np.random.default_rng(1).random((8, 11, 3))
    made = shrink(image, 3)
    assert made.shape == (2, 3, 3) and made.dtype == np.float32
    np.testing.assert_allclose(made[1, 2, 1], image[3:6, 6:9, 1].mean(), rtol=1e-6)


def test_shrinking_below_a_pixel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"factor must be .* \(4, 9\)\. Received: 5"):
        shrink(np.zeros((4, 9)), 5)


@pytest.mark.parametrize("registered", [False, True])
@given(ny=st.integers(6, 40), nx=st.integers(6, 40), factor=st.sampled_from([2, 3]))
def test_any_size_comes_back_and_constants_stay(registered: bool, ny: int, nx: int, factor: int) -> None:
    made = blurred(np.full((ny, nx), 0.7, np.float32), factor, 1.5, registered=registered)
    assert made.shape == (ny, nx)
    np.testing.assert_allclose(made, 0.7, atol=1e-6)


def test_a_ramp_moves_at_the_far_end_but_not_where_it_is_registered() -> None:
    # 500 pixels give 166 cells of 3 and grow to 498, which are stretched to 500
    ramp = np.tile(np.arange(500, dtype=np.float32), (6, 1))
    as_it_was, registered = blurred(ramp, 3, 1.5), blurred(ramp, 3, 1.5, registered=True)
    assert (registered - ramp)[3, 3:-5].mean() == pytest.approx(0, abs=0.02)
    assert (registered - ramp)[3, 471:489].mean() == pytest.approx(0, abs=0.02)
    assert (as_it_was - ramp)[3, 471:489].mean() == pytest.approx(-2 * 480 / 500, abs=0.05)


def test_groups_are_the_image_and_its_scales() -> None:
    image = np.random.default_rng(2).random((20, 30, 3)).astype(np.float32)
    groups = stacked_groups(image)
    assert groups.shape == (20, 30, 12)
    np.testing.assert_array_equal(groups[..., :3], image)
    for k, (factor, a) in enumerate(SCALES, 1):
        np.testing.assert_array_equal(groups[..., 3 * k : 3 * k + 3], blurred(image, factor, a))


def test_targets_have_less_noise() -> None:
    noise = np.random.default_rng(3).standard_normal((120, 120)).astype(np.float32)
    for factor, a in SCALES:
        assert blurred(noise, factor, a).std() < 0.75 / factor
