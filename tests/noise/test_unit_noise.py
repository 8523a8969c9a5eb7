"""A part of a frame with its surroundings, and noise that is mirrored with them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.arrays.mirroring import surroundings
from amsd_astro.noise.unit_noise import UnitNoise


@given(st.integers(1, 90), st.integers(0, 89), st.integers(1, 90), st.integers(0, 40), st.integers(0, 12))
def test_a_part_lies_behind_its_context(n: int, start: int, length: int, context: int, margin: int) -> None:
    start = min(start, n - 1)
    part = slice(start, min(start + length, n))
    index = surroundings(part, n, context=context, margin=margin, stride=8)
    inside = index[margin + context :][: part.stop - part.start]
    np.testing.assert_array_equal(inside, np.arange(part.start, part.stop))
    assert (len(index) - 2 * margin) % 8 == 0
    assert len(index) >= part.stop - part.start + 2 * (context + margin)


def test_noise_is_the_same_where_a_row_or_a_column_comes_again() -> None:
    rows, columns = (surroundings(slice(0, n), n, context=9, margin=3, stride=4) for n in (20, 25))
    drawn = UnitNoise(np.ones((1, 1))).draw_mirrored(np.random.default_rng(1), rows, columns)
    assert drawn.shape == (len(rows), len(columns))
    np.testing.assert_array_equal(drawn[11], drawn[13])  # one row on each side of the edge
    np.testing.assert_array_equal(drawn[:, 11], drawn[:, 13])
    assert 0.9 < drawn.std() < 1.1
