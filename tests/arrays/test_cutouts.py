"""Parts of a frame that something is measured on do not overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.arrays.cutouts import Cutout, spread_cutouts
from amsd_astro.network.amsd import flux_probe, gain_fitting


def _counted(shape: tuple[int, int], places: list[Cutout]) -> np.ndarray:
    count = np.zeros(shape, np.uint8)
    for place in places:
        assert all(0 <= part.start < part.stop <= side for part, side in zip(place, shape, strict=True))
        count[place] += 1
    return count


sides = st.integers(1, 2500)


@given(sides, sides)
def test_no_pixel_counts_twice(ny: int, nx: int) -> None:
    for places in (flux_probe._blocks((ny, nx)), gain_fitting.places((ny, nx))):
        assert 1 <= len(places) <= 8
        assert _counted((ny, nx), places).max() == 1


@pytest.mark.parametrize("shape", [(1, 1), (384, 384), (512, 300)])
def test_all_of_a_small_frame_counts(shape: tuple[int, int]) -> None:
    assert _counted(shape, flux_probe._blocks(shape)).min() == 1
    assert _counted(shape, gain_fitting.places(shape)).min() == 1


@pytest.mark.parametrize("shape", [(2048, 2048), (300, 3000), (3000, 300), (100, 5000)])
def test_parts_of_a_large_frame_lie_all_over_it(shape: tuple[int, int]) -> None:
    for places in (flux_probe._blocks(shape), gain_fitting.places(shape)):
        assert len(places) >= 4
        for axis, side in enumerate(shape):
            centres = np.array([(place[axis].start + place[axis].stop) / 2 for place in places])
            assert centres.mean() == pytest.approx(side / 2, abs=1)


def test_parts_are_in_the_middle_of_their_share() -> None:
    assert spread_cutouts((10, 100), (5, 2), (10, 20)) == [
        (slice(0, 10), slice(15, 35)),
        (slice(0, 10), slice(65, 85)),
    ]
