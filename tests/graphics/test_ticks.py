"""Ticks are round, and lie within their axis."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.graphics.ticks import linear_ticks, log_ticks, stretched_ticks


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2, 7.9), (17.0, 25.4), (1e-9, 3e-9), (-5e7, 2e8)])
def test_ticks_are_round_and_within_the_axis(low: float, high: float) -> None:
    ticks = linear_ticks(low, high)
    values = np.array([value for value, _ in ticks])
    assert 3 <= len(ticks) <= 7
    near = 1e-9 * (high - low)
    assert low - near <= values[0] and values[-1] <= high + near
    step = np.diff(values)
    assert np.allclose(step, step[0])
    assert float(f"{step[0]:.1e}"[:3]) in (1, 2, 5)
    assert [float(label) for _, label in ticks] == pytest.approx(list(values))


def test_ticks_of_logarithms_are_powers_of_ten() -> None:
    assert [value for value, _ in log_ticks(0.5, 2000.0)] == pytest.approx([1, 10, 100, 1000])
    assert [label for _, label in log_ticks(0.9, 25.0)] == ["1", "2", "5", "10", "20"]
    assert len(log_ticks(1e-20, 1e20)) <= 8
    assert len(log_ticks(3.1, 3.9)) >= 3


@pytest.mark.parametrize(
    ("low", "high"), [(1293.4, 2891.7), (-0.31, 17.0), (0.0, 61.3), (-4e-12, 7e-10), (9e6, 9.001e6)]
)
def test_ticks_of_a_stretched_axis_are_round_and_spread_over_it(low: float, high: float) -> None:
    def value_at(share: float) -> float:
        return low + (high - low) * float(np.sinh(share * np.arcsinh(50)) / 50)

    ticks = stretched_ticks(value_at, 5)
    values = [value for value, _ in ticks]
    places = np.arcsinh(50 * (np.array(values) - low) / (high - low)) / np.arcsinh(50)
    assert np.all(np.abs(places - [0, 0.25, 0.5, 0.75, 1]) < 0.25 / 3)
    assert low <= values[0] and values[-1] <= high
    assert [float(text) for _, text in ticks] == pytest.approx(values, rel=1e-9, abs=1e-300)
    assert all(len(text.strip("-0.").split("e")[0].replace(".", "")) <= 7 for _, text in ticks), ticks
