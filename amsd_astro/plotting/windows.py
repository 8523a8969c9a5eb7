"""Parts of a frame that stand for all of it, so that a figure of a large frame takes no longer than one of a small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from amsd_astro.plotting.pair import Window

__all__ = ["spread_windows", "tiles"]

_PIECE = 256
_MOST = 64  # pieces


def spread_windows(shape: tuple[int, int]) -> list[Window]:
    """Return windows without steps: the whole frame, or pieces spread evenly over a large one.

    Parameters
    ----------
    shape : (ny, nx)
        Of the frame.
    """
    ny, nx = shape
    if ny * nx <= _MOST * _PIECE**2:
        return [(slice(0, ny), slice(0, nx))]
    places = list(tiles(shape, (min(_PIECE, ny), min(_PIECE, nx))))
    n_kept = max(1, _MOST * _PIECE**2 // (min(_PIECE, ny) * min(_PIECE, nx)))
    chosen = np.linspace(0, len(places) - 1, min(n_kept, len(places))).round().astype(int)
    return [places[k] for k in chosen]


def tiles(shape: tuple[int, int], sides: tuple[int, int]) -> Iterator[Window]:
    """Yield the windows of a size that fit in a frame side by side.

    Parameters
    ----------
    shape, sides : (ny, nx)
        Of the frame and of a window.
    """
    for y in range(0, shape[0] - sides[0] + 1, sides[0]):
        for x in range(0, shape[1] - sides[1] + 1, sides[1]):
            yield slice(y, y + sides[0]), slice(x, x + sides[1])
