"""Floating-point errors that are none: numpy's own way inside of the public functions, and NaN that signal."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_double", "usual_float_errors"]


def usual_float_errors() -> np.errstate:
    """Return a context under numpy's defaults: a caller's ``np.seterr(all="raise")`` is not for the code within."""
    return np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")


def as_double(values: Any) -> NDArray[np.float64]:
    """Return values in float64, of which no NaN is a signalling one: in arithmetic it would be an invalid value.

    Parameters
    ----------
    values : array_like
        Such as the pixels of a frame, which are kept as a file has them. They are not copied where they can be used.
    """
    with np.errstate(invalid="ignore"):
        doubled = np.asarray(values, np.float64)
        if np.asarray(values).dtype == np.float64 and np.isnan(doubled).any():
            doubled = doubled * 1.0  # any operation quietens it
    return doubled
