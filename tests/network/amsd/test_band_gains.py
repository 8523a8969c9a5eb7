"""What gains of bands add to a denoised image, and where."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.band_gains import BandGains, saturated
from amsd_astro.network.amsd.details import DETAIL_REACH, N_DETAILS, details

EVEN = BandGains((-6.0, 0.0), ((0.2,) * N_DETAILS, (0.2,) * N_DETAILS), 0.1)


def star(peak: float) -> np.ndarray:
    image = np.zeros((1, 81, 81), np.float32)
    image[0, 40, 40] = 1
    image = ndimage.gaussian_filter(image, (0, 1.5, 1.5))
    return image * np.float32(peak / image.max())


def test_without_gains_nothing_changes() -> None:
    assert BandGains().change == 0
    assert not np.any(BandGains((0.0,), ((0.0,) * N_DETAILS,)).added(star(5), np.ones((1, 81, 81), np.float32)))


def test_a_value_depends_on_no_pixel_beyond_the_reach() -> None:
    values = np.random.default_rng(0).normal(size=(1, 61, 61)).astype(np.float32)
    variance = np.full_like(values, 0.1)
    changed = values.copy()
    far = np.ones(values.shape[1:], bool)
    far[30 - DETAIL_REACH : 31 + DETAIL_REACH, 30 - DETAIL_REACH : 31 + DETAIL_REACH] = False
    changed[0][far] += 5
    one, other = EVEN.added(values, variance), EVEN.added(changed, variance)
    assert one[0, 30, 30] == pytest.approx(other[0, 30, 30], abs=1e-6)
    assert np.abs(one - other).max() > 0.1


def test_a_constant_has_no_bands() -> None:
    values = star(8)
    variance = np.full_like(values, 0.1)
    np.testing.assert_allclose(EVEN.added(values + 100, variance), EVEN.added(values, variance), atol=1e-4)


@pytest.mark.parametrize(("peak", "lowest", "highest"), [(3.0, 0.05, 0.4), (1e3, -0.005, 0.005), (1e5, -1e-4, 1e-4)])
def test_faint_stars_are_changed_and_bright_ones_are_left_alone(peak: float, lowest: float, highest: float) -> None:
    values = star(peak)
    added = EVEN.added(values, np.full_like(values, 0.1))
    assert lowest < added[0, 40, 40] / peak < highest
    assert np.abs(added).max() < 0.2 * 1.5 * N_DETAILS  # a band gives at most half of three


def test_gains_hold_where_the_variance_is_theirs() -> None:
    values = star(3)
    gains = BandGains((np.log(0.01), np.log(1.0)), ((0.0,) * N_DETAILS, (0.1,) * N_DETAILS), 0.1)
    low, middle, high, higher = (gains.added(values, np.full_like(values, v)) for v in (0.001, 0.1, 1.0, 30.0))
    assert not low.any()
    np.testing.assert_allclose(middle, high / 2, atol=1e-6)
    np.testing.assert_array_equal(high, higher)


def test_bands_of_what_is_faint_are_differences_of_scales() -> None:
    values = star(0.01)
    total = sum(saturated(detail) for detail in details(values))
    np.testing.assert_allclose(total, values - ndimage.gaussian_filter(values, (0, 3, 3), truncate=3), atol=1e-6)
