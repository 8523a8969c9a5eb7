"""Colours that mean the same wherever they are seen."""

from __future__ import annotations

__all__ = ["MASKED", "TAKEN", "TAKEN_LIMIT"]

MASKED: tuple[int, int, int] = (213, 94, 0)
"""Red, green and blue of masked pixels: no gray is taken for it, whatever colours a reader can tell apart."""

TAKEN: tuple[str, ...] = ("#08306b", "#3b7fc4", "#ffffff", "#d6485a", "#7a0028")
"""Of a residual, evenly spaced from what was added, by white, to what was taken away."""

TAKEN_LIMIT = 3.0
"""Noise sigma at which a residual has its deepest colours."""
