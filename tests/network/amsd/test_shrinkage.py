"""A table of what is added to details: where, how much, and by which numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.details import DETAIL_REACH, details
from amsd_astro.network.amsd.shrinkage import N_SHARES, Shrinkage, shrinkage_terms

RNG = np.random.default_rng(0)
SHARES = tuple(RNG.normal(0, 0.1, N_SHARES))
VALUES = ndimage.gaussian_filter(RNG.normal(size=(2, 61, 53)), (0, 1, 1)).astype(np.float32)
VARIANCE = np.exp(RNG.uniform(-7, 0.5, VALUES.shape)).astype(np.float32)


def one_share(k: int, share: float = 0.1) -> Shrinkage:
    return Shrinkage(tuple(share if j == k else 0.0 for j in range(N_SHARES)))


def test_details_and_the_coarsest_scale_are_the_image() -> None:
    coarsest = ndimage.gaussian_filter(VALUES, (0, 3, 3), truncate=DETAIL_REACH / 3)
    np.testing.assert_allclose(sum(details(VALUES)) + coarsest, VALUES, atol=1e-5)


def test_what_is_added_is_the_sum_of_the_terms_times_the_numbers() -> None:
    added = np.tensordot(SHARES, shrinkage_terms(VALUES, VARIANCE), 1)
    error = np.sqrt(VARIANCE)
    np.testing.assert_allclose(Shrinkage(SHARES).added(VALUES, VARIANCE), np.clip(added, -error, error), atol=1e-5)
    assert np.abs(added).max() > 0.1


def test_shrunk_details_are_smaller_by_their_share() -> None:
    taken = Shrinkage((-1.0,) * (N_SHARES - 6) + (0.0,) * 6)
    coarsest = ndimage.gaussian_filter(VALUES, (0, 3, 3), truncate=DETAIL_REACH / 3)
    even = np.full_like(VALUES, 4.0)  # no detail is as high as this error
    np.testing.assert_allclose(VALUES + taken.added(VALUES, even), coarsest, atol=1e-5)


def test_nothing_moves_by_more_than_the_predicted_error() -> None:
    much = Shrinkage((50.0,) * N_SHARES).added(VALUES, VARIANCE)
    np.testing.assert_array_less(np.abs(much), np.sqrt(VARIANCE) * (1 + 1e-6))


def test_the_last_numbers_hold_everywhere_by_the_variance() -> None:
    image = np.zeros((1, 30, 30), np.float32)
    for k, log_variance in enumerate(range(-6, 0)):
        variance = np.full_like(image, np.exp(log_variance))
        added = one_share(N_SHARES - 6 + k).added(image, variance)
        np.testing.assert_allclose(added, 0.1 * np.sqrt(variance), rtol=1e-5)
        far = variance * np.exp(2 if k < 4 else -2)
        np.testing.assert_allclose(one_share(N_SHARES - 6 + k).added(image, far), 0, atol=1e-6)


def test_a_value_depends_on_no_pixel_beyond_the_reach() -> None:
    changed = VALUES.copy()
    far = np.ones(VALUES.shape[1:], bool)
    far[30 - DETAIL_REACH : 31 + DETAIL_REACH, 25 - DETAIL_REACH : 26 + DETAIL_REACH] = False
    changed[:, far] += 3
    table = Shrinkage(SHARES)
    one, other = table.added(VALUES, VARIANCE), table.added(changed, VARIANCE)
    np.testing.assert_allclose(one[:, 30, 25], other[:, 30, 25], atol=1e-6)
    assert np.abs(one - other).max() > 0.1


def test_a_level_changes_nothing() -> None:
    table = Shrinkage(SHARES)
    np.testing.assert_allclose(table.added(VALUES + 30, VARIANCE), table.added(VALUES, VARIANCE), atol=1e-3)


def test_images_without_any_detail_or_error_are_no_trouble() -> None:
    image = np.full((1, 30, 30), 7.0, np.float32)
    added = Shrinkage(SHARES).added(image, np.full_like(image, 1e-12))
    assert np.all(np.abs(added) <= 1e-6)


def test_a_table_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=rf"{N_SHARES} numbers\. Received: 3"):
        Shrinkage((0.0,) * 3)
