"""Trails: many peaks of one exposure on a straight line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.candidates import Candidates

__all__ = ["find_trails"]

_MOST_PEAKS, _FEWEST_PEAKS, _MOST_TRAILS = 200, 10, 4
_NEAR, _HALF_WIDTH, _BEYOND = 0.8, 1.6, 4.0  # FWHM: of a peak from the line, of what is masked, past the last peak
_SHORTEST = 12.0  # FWHM
_CELL, _FILLED = 5.0, 0.6  # FWHM along a trail, and part of such cells in which there is a peak
_GAP = 0.12  # of the length: of a trail that comes and goes, the longest part without a peak
_CLEAR = 5.0  # widths of the number of peaks that are near a line by chance


def find_trails(candidates: Candidates, shape: tuple[int, int], fwhm: float) -> NDArray[np.bool_]:
    """Return the pixels of trails.

    Parameters
    ----------
    candidates : Candidates
        Peaks of an exposure.
    shape : tuple of int
        (ny, nx) of the exposure.
    fwhm : float
        Pixels.
    """
    mask = np.zeros(shape, bool)
    order = np.argsort(-candidates.significance, kind="stable")
    new = (candidates.significance > 0) & ~candidates.on_light  # stars of another seeing lie on lines by chance
    order = order[new[order]][:_MOST_PEAKS]
    x, y = candidates.x[order], candidates.y[order]
    for _ in range(_MOST_TRAILS):
        by_chance = x.size * 2 * _NEAR * fwhm / min(shape)
        fewest = max(_FEWEST_PEAKS, math.ceil(by_chance + _CLEAR * math.sqrt(by_chance)))
        line = _best_line(x, y, _NEAR * fwhm, fewest)
        if line is None:
            break
        on_line, (x0, y0), (dx, dy) = line
        along = np.sort((x[on_line] - x0) * dx + (y[on_line] - y0) * dy)
        if _is_trail(along, fwhm):
            _draw(mask, (x0, y0), (dx, dy), (along[0] - _BEYOND * fwhm, along[-1] + _BEYOND * fwhm), fwhm)
        x, y = x[~on_line], y[~on_line]
    return mask


def _is_trail(along: NDArray[np.float64], fwhm: float) -> bool:
    """Whether peaks at such places along a line, in order, make a trail."""
    length = float(along[-1] - along[0])
    if length < _SHORTEST * fwhm:
        return False
    cells = np.unique(np.floor((along - along[0]) / (_CELL * fwhm))).size
    return bool(cells >= _FILLED * length / (_CELL * fwhm) or np.diff(along).max() <= _GAP * length)


_Point = tuple[float, float]


def _best_line(
    x: NDArray[np.float64], y: NDArray[np.float64], near: float, fewest: int
) -> tuple[NDArray[np.bool_], _Point, _Point] | None:
    """The line through two peaks that most others are near: which they are, a point of it and its direction."""
    if x.size < fewest:
        return None
    first, second = np.triu_indices(x.size, 1)
    dx, dy = x[second] - x[first], y[second] - y[first]
    length = np.maximum(np.hypot(dx, dy), 1e-9)
    best, n_best = -1, fewest - 1
    for start in range(0, first.size, 2000):
        part = slice(start, start + 2000)
        across = (x - x[first[part], None]) * (dy / length)[part, None]
        across -= (y - y[first[part], None]) * (dx / length)[part, None]
        counts = np.count_nonzero(np.abs(across) < near, axis=1)
        if counts.max() > n_best:
            best, n_best = start + int(counts.argmax()), int(counts.max())
    if best < 0:
        return None
    x0, y0 = float(x[first[best]]), float(y[first[best]])
    direction = float(dx[best] / length[best]), float(dy[best] / length[best])
    on_line = np.abs((x - x0) * direction[1] - (y - y0) * direction[0]) < near
    for _ in range(2):  # the line through all of them
        x0, y0 = float(x[on_line].mean()), float(y[on_line].mean())
        axes = np.linalg.eigh(np.cov(x[on_line], y[on_line]))[1]
        direction = float(axes[0, 1]), float(axes[1, 1])
        on_line = np.abs((x - x0) * direction[1] - (y - y0) * direction[0]) < near
    return (on_line, (x0, y0), direction) if np.count_nonzero(on_line) >= fewest else None


def _draw(mask: NDArray[np.bool_], point: _Point, direction: _Point, ends: tuple[float, float], fwhm: float) -> None:
    y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
    across = (x - point[0]) * direction[1] - (y - point[1]) * direction[0]
    along = (x - point[0]) * direction[0] + (y - point[1]) * direction[1]
    mask |= (np.abs(across) < _HALF_WIDTH * fwhm) & (along > ends[0]) & (along < ends[1])
