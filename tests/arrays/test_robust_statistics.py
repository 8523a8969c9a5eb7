"""Order statistics agree with those of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.arrays.robust_statistics import mad_sigma, median, quantile, unrounded_median


@pytest.mark.parametrize("n", [1, 2, 3, 10, 999, 1000])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.6, 1.0])
def test_quantiles_are_those_of_numpy(n: int, share: float) -> None:
    values = np.random.default_rng(n).normal(700, 12, n).round(1)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), rel=1e-15)


def test_the_median_of_float32_is_not_rounded() -> None:
    values = np.array([1, 2**24 - 1, 2**24, 2**24 + 2], np.float32)
    assert median(values) == 2**24 - 0.5


def test_a_few_outliers_do_not_move_the_standard_deviation() -> None:
    values = np.random.default_rng(0).normal(1e4, 3, 100_000)
    values[:500] = 1e9
    assert mad_sigma(values) == pytest.approx(3, rel=0.02)
    assert mad_sigma(np.empty(0)) == 0


@pytest.mark.parametrize("step", [1.0, 16.0])
@pytest.mark.parametrize("level", [886.1, 886.5, 886.9])
def test_the_median_of_rounded_values_is_that_of_what_was_rounded(level: float, step: float) -> None:
    values = np.random.default_rng(0).normal(level * step, 10 * step, 1_000_000)
    rounded = (np.round(values / step) * step).astype(np.float32)
    assert unrounded_median(rounded) == pytest.approx(level * step, abs=0.03 * step)


def test_the_median_of_one_value_is_that_value() -> None:
    assert unrounded_median(np.full(10, 3.0)) == 3
    assert unrounded_median(np.array([0.0, 0.0, 0.0, 7.0])) == 0
