"""Parts of a frame, none of which has pixels of another: what is measured on them is independent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

__all__ = ["Cutout", "spread_cutouts"]

Cutout = tuple[slice, slice]


def spread_cutouts(shape: Sequence[int], counts: Sequence[int], lengths: Sequence[int]) -> list[Cutout]:
    """Return parts spread evenly over a frame, rows first.

    Parameters
    ----------
    shape : (ny, nx)
        Pixels of the frame.
    counts : (int, int)
        Parts along y and x; fewer where they would overlap.
    lengths : (int, int)
        Sides of a part, at most those of the frame.
    """
    rows, columns = (
        [slice(start, start + length) for start in _starts(side, min(n, side // length), length)]
        for side, n, length in zip(shape, counts, lengths, strict=True)
    )
    return list(product(rows, columns))


def _starts(side: int, n: int, length: int) -> list[int]:
    """Where n parts of a length start: each in the middle of one n-th of the side."""
    return [min(max(0, round((k + 0.5) / n * side - length / 2)), side - length) for k in range(n)]
