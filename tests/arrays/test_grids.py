"""Grids of every n-th pixel: none is lost, and margins reach as far as those of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.arrays.grids import every, joined, split
from amsd_astro.arrays.mirroring import mirrored

MARGIN, MULTIPLE = 3, 4


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(24, 40), (25, 17), (8, 8)])
def test_grids_together_are_the_images(n: int, shape: tuple[int, int]) -> None:
    wide = 2, shape[0] + 2 * MARGIN, shape[1] + 2 * MARGIN
    images = np.arange(np.prod(wide)).reshape(wide)
    grids = split(images, n, margin=MARGIN, multiple=MULTIPLE)
    assert len(grids) == 2 * n * n
    assert all((side - 2 * MARGIN) % MULTIPLE == 0 for side in grids.shape[1:])
    inner = slice(MARGIN, -MARGIN)
    np.testing.assert_array_equal(joined(grids[:, inner, inner], n, shape), images[:, inner, inner])


def test_margins_are_pixels_of_the_grid_and_mirrored_beyond_the_images() -> None:
    row = np.arange(30)
    images = np.broadcast_to(row, (1, 30, 30))
    grids = split(images, 3, margin=MARGIN, multiple=MULTIPLE)
    start = MARGIN - 3 * MARGIN
    for x in range(3):  # grids of one row of grids
        np.testing.assert_array_equal(grids[x][0], row[mirrored(start + x, 3 * grids.shape[2], 30)[::3]])


@pytest.mark.parametrize(("k", "n", "left"), [(0, 3, 0), (3, 2, 1), (4, 2, 2), (8, 3, 2), (2, 5, 0)])
def test_the_centre_stays_the_centre(k: int, n: int, left: int) -> None:
    lag = np.abs(np.arange(-k, k + 1))
    taken = every(np.add.outer(lag, lag), n)
    near = n * np.abs(np.arange(-left, left + 1))
    np.testing.assert_array_equal(taken, np.add.outer(near, near))
