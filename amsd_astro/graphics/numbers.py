"""Numbers as people read them: digits enough and no more, values with their errors, limits in words."""

from __future__ import annotations

import math

__all__ = ["limits", "measured", "number"]


def number(value: float, digits: int = 4) -> str:
    """Return a number by so many significant digits, without trailing zeros.

    Parameters
    ----------
    value : float
        NaN is told as "no value".
    digits : int, optional
        At least these; digits before the point are never dropped below ten million.
    """
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        return f"{value:.{digits}g}"
    return _trimmed(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def measured(value: float, error: float | None = None) -> str:
    """Return a value with its error; the error's first two digits tell where both are rounded."""
    known = error is not None and math.isfinite(error) and error > 0 and math.isfinite(value)
    if not known or error is None:
        return number(value)
    decimals = 1 - math.floor(math.log10(error))
    extreme = max(abs(value), error) >= 1e7 or error < 1e-7
    rounded = (number(value), number(error, 2)) if extreme else (_fixed(value, decimals), _fixed(error, decimals))
    return " \N{PLUS-MINUS SIGN} ".join(rounded)


def limits(low: float | None, high: float | None, unit: str = "") -> str:
    """Return the limits of a check in words."""
    tail = f" {unit}" if unit else ""
    if low is None and high is None:
        return "no limit"
    if low is None or high is None:
        return f"at most {number(high)}{tail}" if high is not None else f"at least {number(low or 0.0)}{tail}"
    return f"{number(low)} to {number(high)}{tail}"


def _fixed(value: float, decimals: int) -> str:
    text = f"{round(value, decimals):.{max(0, decimals)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _trimmed(value: float, decimals: int) -> str:
    text = _fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
