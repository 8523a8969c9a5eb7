"""numpy's own way with floating-point errors inside of the public functions, whatever the caller's program has set."""

from __future__ import annotations

import numpy as np

__all__ = ["usual_float_errors"]


def usual_float_errors() -> np.errstate:
    """Return a context under numpy's defaults: a caller's ``np.seterr(all="raise")`` is not for the code within."""
    return np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
