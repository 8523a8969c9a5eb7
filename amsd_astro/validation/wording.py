"""Checks and verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from amsd_astro.graphics.numbers import measured, number
from amsd_astro.validation.parts import Check

__all__ = ["VERDICTS", "allowed", "statement", "told", "value_of", "verdict_in_words", "with_error"]

VERDICTS = {"passed": "passed", "failed": "not passed", "inconclusive": "inconclusive", "not judged": "not judged"}
"""How a verdict is said."""

_ONE_DIGIT = 2.0  # first digit of an error from which it is told by that alone
_UNTOLD = "What is wrong with it, the figures alone do not tell."
_OPEN = (
    "Nothing is known to be wrong with the result. Mend what the check names; where that cannot be, as in crowds or "
    "where one object fills the frame, go by the checks that were judged, and by a second exposure (--repeat)."
)
_MORE = "More sources put in, a larger frame or wider limits would tell; until then it has not passed."


def value_of(check: Check) -> str:
    """Return the value with its error and no digits beyond that; of one without an error, three digits."""
    return with_error(check.value, check.error)


def with_error(value: float, error: float | None) -> str:
    """Return a value with its error, as `value_of` does."""
    if error is None or not math.isfinite(error) or not error > 0:
        return number(value, 3)
    leading = error / 10 ** math.floor(math.log10(error))
    if leading < _ONE_DIGIT:
        return measured(value, error)
    places = -math.floor(math.log10(error))
    if not math.isfinite(value):
        return f"{number(value)} \N{PLUS-MINUS SIGN} {number(error, 1)}"
    rounded = [f"{round(part, places) + 0.0:.{max(0, places)}f}" for part in (value, error)]
    return " \N{PLUS-MINUS SIGN} ".join(rounded)


def told(check: Check) -> tuple[str, str]:
    """Return what stands before the value and the value with its error: one below zero is turned where that has a word.

    Parameters
    ----------
    check : Check
        With or without limits.
    """
    if check.opposite and check.value < 0:
        return check.opposite, with_error(-check.value, check.error)
    return check.verb, value_of(check)


def allowed(check: Check) -> str:
    """Return the limits of a check in words; empty where it has none."""
    low, high, unit = check.low, check.high, f" {check.unit}" if check.unit else ""
    if low is None and high is None:
        return ""
    if high == 0 and low is None:
        return "none allowed"
    if check.opposite and low is not None and low <= 0 and high is None:
        return f"allowed {check.opposite} at most {number(-low)}{unit}"
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
    verb, value = told(check)
    found = f"{check.title}: {verb} {value}{unit}".replace(":  ", ": ")
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
        beyond = [check for check in unsure if check.is_doubt]
        if beyond:
            others = _and_more(len(unsure) - 1)
            return [f"Nothing failed, but this frame cannot tell enough: {statement(beyond[0])}{others}.", _OPEN]
        return [f"Nothing failed, but too little is known to judge {_listed(unsure)}.", _MORE]
    if verdict == "passed":
        matter = [check for check in checks if check.matters] or [check for check in checks if check.passed]
        closest = min((check for check in matter if check.passed), key=_room)
        those = f"the {len(matter)} checks that matter most" if len(matter) > 1 else "the check that matters most"
        return [
            f"Nothing failed, and {those} could be judged.",
            f"Nearest to its limits is this: {statement(closest)}.",
        ]
    return ["Nothing was judged.", "No check has both a value and a limit."]


def _and_more(n: int) -> str:
    return f", and {n} more of the checks that matter {'is' if n == 1 else 'are'} open" if n else ""


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
