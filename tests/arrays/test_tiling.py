"""Tiles cover a frame exactly once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.arrays.tiling import cut_tile, halved_tiles, plan_tiles, tile_core


@given(
    ny=st.integers(1, 70),
    nx=st.integers(1, 70),
    core=st.integers(1, 80),
    halo=st.integers(0, 20),
    stride=st.sampled_from([1, 2, 4, 8]),
)
def test_cut_and_stitch_give_the_frame_back(ny: int, nx: int, core: int, halo: int, stride: int) -> None:
    frame = np.arange(ny * nx, dtype=np.float32).reshape(ny, nx)
    plan = plan_tiles((ny, nx), core=core, halo=halo, stride=stride)
    out = np.full((ny, nx), np.nan, np.float32)
    count = np.zeros((ny, nx), int)
    for tile in plan:
        pixels = cut_tile(frame, tile)
        assert pixels.shape == tile.shape
        out[tile.core] = tile_core(pixels, tile)
        count[tile.core] += 1
        assert all(n % stride == 0 for n in (tile.y, tile.x, *tile.shape))
    np.testing.assert_array_equal(out, frame)
    assert np.all(count == 1)


def test_halo_is_the_frame_around_the_core_and_its_mirror_beyond_the_edge() -> None:
    frame = np.arange(100.0).reshape(10, 10)
    plan = plan_tiles((10, 10), core=4, halo=2, stride=2)
    wide = np.pad(frame, 6, mode="reflect")
    for tile in plan:
        expected = wide[tile.y + 6 : tile.y + 6 + tile.shape[0], tile.x + 6 : tile.x + 6 + tile.shape[1]]
        np.testing.assert_array_equal(cut_tile(frame, tile), expected)


def test_margin_adds_pixels_on_every_side() -> None:
    frame = np.random.default_rng(0).normal(size=(30, 20))
    plan = plan_tiles((30, 20), core=8, halo=4, stride=4)
    for tile in plan:
        wide = cut_tile(frame, tile, margin=3)
        np.testing.assert_array_equal(wide[3:-3, 3:-3], cut_tile(frame, tile))


@pytest.mark.parametrize("wrong", [{"core": 0}, {"halo": -1}, {"stride": 0}])
def test_senseless_plans_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="Received"):
        plan_tiles((10, 10), **{"core": 4, "halo": 2, "stride": 2, **wrong})


@given(
    ny=st.integers(1, 150),
    nx=st.integers(1, 150),
    core=st.integers(8, 100),
    stride=st.sampled_from([1, 2, 4, 8]),
    n_done=st.integers(0, 400),
)
def test_smaller_tiles_cover_what_is_left(ny: int, nx: int, core: int, stride: int, n_done: int) -> None:
    plan = plan_tiles((ny, nx), core=core, halo=6, stride=stride)
    unfinished = plan.tiles[n_done % len(plan) :]
    smaller = halved_tiles(plan, unfinished, stride=stride)
    if smaller is None:
        assert plan.side < 2 * stride
        return
    assert smaller.side < plan.side
    covered = np.zeros((ny, nx), int)
    for tile in smaller:
        covered[tile.core] += 1
    for tile in unfinished:
        assert np.all(covered[tile.core] == 1)
    assert covered.max() == 1
