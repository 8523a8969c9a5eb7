"""Colours that mean the same wherever they are seen."""

from __future__ import annotations

__all__ = ["MASKED"]

MASKED: tuple[int, int, int] = (213, 94, 0)
"""Red, green and blue of masked pixels: no gray is taken for it, whatever colours a reader can tell apart."""
