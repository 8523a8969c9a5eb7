"""Checks and verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from amsd_astro.graphics.numbers import measured, number
from amsd_astro.validation.parts import Check

__all__ = ["VERDICTS", "allowed", "statement", "value_of", "verdict_in_words"]

VERDICTS = {"passed": "passed", "failed": "not passed", "inconclusive": "inconclusive", "not judged": "not judged"}
"""How a verdict is said."""

_ONE_DIGIT = 2.0  # first digit of an error from which it is told by that alone
_UNTOLD = "What is wrong with it, the figures alone do not tell."
_MORE = "More sources put in, a larger frame or wider limits would tell; until then it has not passed."


def value_of(check: Check) -> str:
    """Return the value with its error and no digits beyond that; of one without an error, three digits."""
    error = check.error
    if error is None or not math.isfinite(error) or not error > 0:
        return number(check.value, 3)
    leading = error / 10 ** math.floor(math.log10(error))
    if leading < _ONE_DIGIT:
        return measured(check.value, error)
    places = -math.floor(math.log10(error))
    if not math.isfinite(check.value):
        return f"{number(check.value)} \N{PLUS-MINUS SIGN} {number(error, 1)}"
    rounded = [f"{round(part, places) + 0.0:.{max(0, places)}f}" for part in (check.value, error)]
    return " \N{PLUS-MINUS SIGN} ".join(rounded)


def allowed(check: Check) -> str:
    """Return the limits of a check in words; empty where it has none."""
    low, high, unit = check.low, check.high, f" {check.unit}" if check.unit else ""
    if low is None and high is None:
        return ""
    if low is None or high is None:
        side = f"at most {number(high)}" if high is not None else f"at least {number(low or 0.0)}"
        return f"allowed {side}{unit}"
    span = number(high) if low == -high else f"{number(low)} to {number(high)}"
    return f"allowed {span}{unit}"


def statement(check: Check) -> str:
    """Return a check as one line: what should be, what was found, and what is allowed."""
    if math.isnan(check.value):
        return f"{check.title}: could not be measured"
    unit = f" {check.unit}" if check.unit else ""
    found = f"{check.title}: {check.verb} {value_of(check)}{unit}".replace(":  ", ": ")
    limits = allowed(check)
    return f"{found}, {limits}" if limits else found


def verdict_in_words(verdict: str, checks: Sequence[Check], diagnosis: Sequence[str]) -> list[str]:
    """Return a verdict in two sentences.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS`.
    checks : sequence of Check
        Held to limits.
    diagnosis : sequence of str
        What is likely wrong.
    """
    if verdict == "failed":
        failed = [check for check in checks if check.passed is False]
        others = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        first = f"It does not do what it should on this frame: {statement(failed[0])}{others}."
        return [first, diagnosis[0] if diagnosis else _UNTOLD]
    if verdict == "inconclusive":
        unsure = [check for check in checks if check.matters and check.passed is None]
        return [f"Nothing failed, but too little is known to judge {_listed(unsure)}.", _MORE]
    if verdict == "passed":
        matter = [check for check in checks if check.matters] or [check for check in checks if check.passed]
        closest = min((check for check in matter if check.passed), key=_room)
        return [
            f"Nothing failed, and all that matters could be judged, {len(matter)} check{'s' * (len(matter) > 1)}.",
            f"Nearest to its limits is this: {statement(closest)}.",
        ]
    return ["Nothing was judged.", "No check has both a value and a limit."]


def _listed(checks: Sequence[Check]) -> str:
    """Return the titles of checks, of more than three the first two."""
    shown = [f"\N{LEFT DOUBLE QUOTATION MARK}{check.title}\N{RIGHT DOUBLE QUOTATION MARK}" for check in checks]
    if len(shown) > 3:
        shown = [*shown[:2], f"{len(shown) - 2} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _room(check: Check) -> float:
    """How far a value is from its nearer limit, over the width that is allowed."""
    sides = [abs(limit - check.value) for limit in (check.low, check.high) if limit is not None]
    both = check.low is not None and check.high is not None
    width = check.high - check.low if both and check.high is not None and check.low is not None else max(sides)
    return min(sides) / width if width > 0 else math.inf
