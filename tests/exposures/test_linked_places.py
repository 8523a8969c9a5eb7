"""Places that shine once: those of something that moves are told from cosmic rays."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.exposures.coaddition.linked_places import linked
from amsd_astro.exposures.coaddition.variables import Transient

SHAPE = (500, 600)


def cosmic_rays(seed: int, n: int, n_exposures: int = 8) -> list[Transient]:
    rng = np.random.default_rng(seed)
    return [
        Transient(float(rng.uniform(0, SHAPE[1])), float(rng.uniform(0, SHAPE[0])), float(rng.uniform(5, 12)), i)
        for i in range(n_exposures)
        for _ in range(n)
    ]


def moving(dx: float, dy: float, times: np.ndarray, seen: tuple[int, ...]) -> list[Transient]:
    rng = np.random.default_rng(1)
    shake = rng.normal(0, 0.3, (len(times), 2))
    return [Transient(100 + dx * times[i] + shake[i, 0], 200 + dy * times[i] + shake[i, 1], 9.0, i) for i in seen]


@pytest.mark.parametrize("seed", range(8))
def test_cosmic_rays_are_not_linked(seed: int) -> None:
    assert len(linked(cosmic_rays(seed, 15), np.arange(8.0), SHAPE, 2.1)) <= 3


@pytest.mark.parametrize(("dx", "dy"), [(2.0, 0.5), (-11.0, 7.0), (20.0, 0.0), (0.0, 0.0)])
@pytest.mark.parametrize("seed", range(3))
def test_what_moves_is_found_among_them(dx: float, dy: float, seed: int) -> None:
    mover = moving(dx, dy, np.arange(8.0), (0, 2, 3, 5, 6))
    found = linked([*cosmic_rays(seed, 5), *mover], np.arange(8.0), SHAPE, 3.0)
    assert sum(one in found for one in mover) >= 4
    assert len(found) <= 7


def test_uneven_times_count() -> None:
    times = np.array([0.0, 1.0, 4.0, 5.0, 9.0])
    mover = moving(6.0, 3.0, times, (0, 1, 2, 3, 4))
    assert len(linked(mover, times, SHAPE, 2.5)) == 5
    assert len(linked(mover, np.arange(5.0), SHAPE, 2.5)) < 5


def test_one_place_alone_is_nothing() -> None:
    assert linked([Transient(5.0, 5.0, 30.0, 1)], np.arange(4.0), SHAPE, 3.0) == []
    assert linked([], np.arange(4.0), SHAPE, 3.0) == []
