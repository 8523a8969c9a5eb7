"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from amsd_astro.graphics.numbers import limits, measured, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (-2.50, "-2.5"), (123456.7, "123457"), (0.000123456, "0.0001235"), (1e-9, "1e-09"),
        (2.5e9, "2.5e+09"), (math.nan, "no value"), (math.inf, "infinite"), (-math.inf, "-infinite"),
    ],
)  # fmt: skip
def test_digits_enough_and_no_more(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.23456, 0.0123, "1.235 \u00b1 0.012"),
        (-0.001, 0.05, "-0.001 \u00b1 0.050"),
        (1234.5, 67.0, "1234 \u00b1 67"),
        (3.0, None, "3"),
        (3.0, math.nan, "3"),
        (math.nan, 1.0, "no value"),
    ],
)
def test_the_error_tells_where_both_are_rounded(value: float, error: float | None, text: str) -> None:
    assert measured(value, error) == text


def test_limits_in_words() -> None:
    assert limits(None, None) == "no limit"
    assert limits(1.0, None, "px") == "at least 1 px"
    assert limits(None, 2.0) == "at most 2"
    assert limits(-1.0, 1.0, "%") == "-1 to 1 %"
