"""Round values along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["linear_ticks", "log_ticks", "round_step", "stretched_ticks"]

_FREE = 0.3  # of the distance between ticks, by which one may lie beside its place
_MOST_DIGITS = 12


def round_step(span: float, n_most: int) -> float:
    """Return the least step of 1, 2 or 5 times a power of ten that fits into a span at most so many times.

    Parameters
    ----------
    span : float
        Positive.
    n_most : int
        At least 1.
    """
    power = 10.0 ** math.floor(math.log10(span / n_most))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power * n_most >= span * (1 - 1e-9))


def linear_ticks(low: float, high: float, n_most: int = 6) -> list[tuple[float, str]]:
    """Return round values of a range and their labels.

    Parameters
    ----------
    low, high : float
        The range, ``low < high``.
    n_most : int, optional
        Steps at most.
    """
    step = round_step(high - low, n_most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    far = max(abs(low), abs(high)) >= 1e6 or decimals > 5
    values = [n * step for n in range(first, last + 1)]
    return [(value, f"{value:.6g}" if far else f"{value:.{decimals}f}") for value in values]


def log_ticks(low: float, high: float, n_most: int = 7) -> list[tuple[float, str]]:
    """Return powers of ten within a positive range, or 1, 2 and 5 times such where there are few; with labels."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    every = max(1, math.ceil((last - first) / n_most))
    factors = (1, 2, 5) if high <= 100 * low else (1,)
    values = [factor * 10.0**n for n in range(first, last + 1) if n % every == 0 for factor in factors]
    inside = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
    if len(inside) < 2:
        return linear_ticks(low, high)
    return [(value, f"{value:.6g}" if 1e-4 <= value < 1e6 else f"{value:.0e}") for value in inside]


def stretched_ticks(value_at: Callable[[float], float], n_most: int = 5) -> list[tuple[float, str]]:
    """Return round values along an axis of any stretch, about evenly spread over it, and their labels.

    Parameters
    ----------
    value_at : callable
        From a share of the axis, 0 to 1, to the value that stands there; it rises.
    n_most : int, optional
        At least 2.
    """
    gap = 1 / (n_most - 1)
    found: list[float] = []
    for n in range(n_most):
        low, high = (value_at(min(max((n + side) * gap, 0.0), 1.0)) for side in (-_FREE, _FREE))
        value = _roundest(low, high, value_at(n * gap))
        if math.isfinite(value) and (not found or value > found[-1]):
            found.append(value)
    return [(value, f"{value:.{_MOST_DIGITS}g}") for value in found]


def _roundest(low: float, high: float, wanted: float) -> float:
    """Return the number of a range with the fewest digits, of several that next to the one wanted."""
    if low <= 0 <= high:
        return 0.0
    if not (math.isfinite(high - low) and high - low > 10.0**-_MOST_DIGITS * max(abs(low), abs(high))):
        return wanted
    power = 10.0 ** math.ceil(math.log10(max(abs(low), abs(high))))
    while True:
        for step in (power, power / 2, power / 5):
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if first <= last:
                return min(max(round(wanted / step), first), last) * step
        power /= 10
