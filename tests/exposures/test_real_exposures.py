"""Exposures of real nights placed on each other: three of them agree, whichever way round. Skipped without the data."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from amsd_astro.exposures.exposure import Exposure, open_exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.placing.placement import place

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared exposures are not here"),
]


def opened(pattern: str, *which: int) -> list[Exposure]:
    paths = sorted(DATA.glob(pattern))
    return [open_exposure(paths[k], name=paths[k].name) for k in which]


def places(shape: tuple[int, int]) -> list[np.ndarray]:
    return np.meshgrid(np.linspace(0, shape[1] - 1, 9), np.linspace(0, shape[0] - 1, 9))


def rms(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...] | list[np.ndarray]) -> float:
    return float(np.sqrt(np.mean((np.array(a) - np.array(b)) ** 2)))


@pytest.mark.parametrize(
    ("pattern", "which"),
    [
        ("stacks/als_m27_G1_n4/in_*.fits", (0, 1, 3)),
        ("stacks/hatp32_n8/in_*.fits", (0, 1, 7)),
        ("exposures/hatp32_41frames/*.FITS", (0, 20, 40)),
    ],
)
def test_three_exposures_of_a_night_agree(pattern: str, which: tuple[int, ...]) -> None:
    exposures = opened(pattern, *which)
    maps: dict[tuple[int, int], GridMap] = {}
    scales = {}
    for i, j in permutations(range(3), 2):
        placement = place(exposures[i], exposures[j])
        assert placement.how == "stars" and placement.n_stars > 80
        assert placement.accuracy < 0.02
        maps[i, j], scales[i, j] = placement.grid, placement.scale
        assert placement.scale == pytest.approx(1.0, abs=0.1)
    grid = places(exposures[0].shape)
    round_trip = maps[2, 0].to_exposure(*maps[1, 2].to_exposure(*maps[0, 1].to_exposure(*grid)))
    assert rms(round_trip, grid) < 0.03
    assert scales[0, 1] * scales[1, 2] * scales[2, 0] == pytest.approx(1.0, abs=0.02)


def test_a_small_offset_is_no_identity() -> None:
    one, other = opened("exposures/eso085_pair/*.fit", 0, 1)
    placement = place(one, other)
    assert placement.how == "stars"
    assert np.hypot(*placement.grid.shift) == pytest.approx(0.1, abs=0.03)
    assert placement.accuracy < 0.02


def test_resampled_stacks_far_apart_are_placed() -> None:
    one, other = opened("exposures/viking_Z_pair/*.fits", 0, 1)
    placement = place(one, other)
    assert placement.grid.shift == pytest.approx((-23.1, -9.55), abs=0.1)
    assert placement.accuracy < 0.05
    back = place(other, one).grid.to_exposure(*placement.grid.to_exposure(*places(one.shape)))
    assert rms(back, places(one.shape)) < 0.05
