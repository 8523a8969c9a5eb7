"""A part of a frame worth looking at closely: the brightest one, after the background is taken off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.plotting.pair import Pair, Window

__all__ = ["checked_region", "choose_region"]

_LARGEST, _SMALLEST = 96, 16  # pixels on a side
_FAINT = 2.0  # signal over the noise of the sky, below which it does not count
_CELLS = 4  # of the background, on the shorter side of the frame
_SAMPLED = 1024  # pixels on a side that are looked at


def checked_region(region: Window, shape: tuple[int, int]) -> Window:
    """Return a region with plain bounds.

    Parameters
    ----------
    region : (slice, slice)
        Rows and columns, as numpy takes them, without steps.
    shape : (ny, nx)
        Of the frame.

    Raises
    ------
    ValueError
        It is no pair of slices, has steps, or holds no pixel.
    """
    rule = "region must be two slices, rows and columns, that hold pixels of the frame"
    if not (isinstance(region, tuple) and len(region) == 2 and all(isinstance(part, slice) for part in region)):
        raise ValueError(f"{rule}. Received: {region!r}")
    bounds = [part.indices(n) for part, n in zip(region, shape, strict=True)]
    if any(step != 1 or stop <= start for start, stop, step in bounds):
        raise ValueError(f"{rule}, without steps. Received: {region!r} of a frame of {shape}")
    rows, columns = (slice(start, stop) for start, stop, _ in bounds)
    return rows, columns


def choose_region(pair: Pair) -> Window:
    """Return the part that is brightest after the background is taken off, at most 96 pixels on a side.

    Brightness counts by its logarithm, so that a galaxy comes before a single star; masked pixels count against a part.

    Parameters
    ----------
    pair : Pair
        A frame before and after.
    """
    shape = pair.before.data.shape
    step = max(1, -(-max(shape) // _SAMPLED))
    signal = pair.signal((slice(0, shape[0], step), slice(0, shape[1], step)))
    side = max(_SMALLEST, min(_LARGEST, max(shape) // 3))
    sides = [min(n, side) for n in shape]
    window = [max(1, n // step) for n in sides]

    score = _score(signal - _background(signal), window)
    inner = tuple(
        slice(min(w // 2, n - 1), max(w // 2 + 1, n - w // 2)) for w, n in zip(window, score.shape, strict=True)
    )
    best = _best(score[inner])
    centre = [(int(place) + part.start) * step for place, part in zip(best, inner, strict=True)]
    starts = [min(max(0, at - part // 2), n - part) for at, part, n in zip(centre, sides, shape, strict=True)]
    rows, columns = (slice(start, start + part) for start, part in zip(starts, sides, strict=True))
    return rows, columns


def _best(score: NDArray[np.float64]) -> tuple[int, int]:
    """Return the place of the largest score, of several that next to the middle."""
    rows, columns = np.nonzero(score >= score.max())
    ny, nx = score.shape
    nearest = int(np.argmin(np.hypot(rows - (ny - 1) / 2, columns - (nx - 1) / 2)))
    return int(rows[nearest]), int(columns[nearest])


def _background(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return medians of large cells, linear between their centres; of a small frame its median."""
    n_cells = [max(1, round(_CELLS * n / min(signal.shape))) for n in signal.shape]
    n_cells = [min(n, -(-side // _SMALLEST)) for n, side in zip(n_cells, signal.shape, strict=True)]
    filled = np.where(np.isnan(signal), np.nanmedian(signal) if np.any(np.isfinite(signal)) else 0.0, signal)
    rows = np.array_split(filled, n_cells[0], axis=0)
    medians = np.array([[np.median(cell) for cell in np.array_split(row, n_cells[1], axis=1)] for row in rows])
    places = [(np.arange(side) + 0.5) * n / side - 0.5 for n, side in zip(n_cells, signal.shape, strict=True)]
    return np.asarray(ndimage.map_coordinates(medians, np.meshgrid(*places, indexing="ij"), order=1, mode="nearest"))


def _score(signal: NDArray[np.float64], window: list[int]) -> NDArray[np.float64]:
    """Return how much there is to see in the window around each pixel."""
    # what lies in the middle counts for more
    widths = [side / 4 for side in window]

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(ndimage.gaussian_filter(values, widths, mode="constant", truncate=2))

    bad = np.isnan(signal)
    seen = np.arcsinh(np.where(bad | (signal < _FAINT), 0.0, signal))
    return np.asarray(mean(seen) * np.maximum(1 - 4 * mean(bad.astype(np.float64)), 0))
