"""The smooth part of what exposures differ by: gradients of the sky and of the camera, brought to the reference's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.exposures.coaddition.aligned_stack import AlignedStack
from amsd_astro.exposures.open_sky import is_open_sky

__all__ = ["BackgroundDifference", "match_backgrounds", "measure_difference"]

_SIDE = 64  # pixels of a cell, about
_FEWEST = 0.25  # of a cell's pixels that both exposures have
_MEDIAN = 1.2533  # standard error of a median over that of a mean
_SMOOTHING = np.array([0.25, 0.5, 0.25])  # over the cells, along each axis
_CALMED = 0.375**2  # what that leaves of the variance of a cell


@dataclass(frozen=True, eq=False)
class BackgroundDifference:
    """How much brighter the background of an exposure is than that of the reference.

    Attributes
    ----------
    cells : ndarray, shape (n_down, n_across)
        At the centres of equal cells of about 64 pixels of the reference.
    shape : (int, int)
        Of the reference.
    """

    cells: NDArray[np.float64]
    shape: tuple[int, int]

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return it at places on the reference; beyond the centres of its outermost cells as there."""
        sides = (n / n_cells for n, n_cells in zip(self.shape, self.cells.shape, strict=True))
        down, across = ((one + 0.5) / side - 0.5 for one, side in zip(np.broadcast_arrays(y, x), sides, strict=True))
        return ndimage.map_coordinates(self.cells, [down, across], order=1, mode="nearest", output=np.float32)


def match_backgrounds(stack: AlignedStack, number: int) -> None:
    """Take from each exposure of a stack what its background differs by from that of one of them.

    The sky of a result is to be that of its reference, and exposures whose backgrounds differ disagree everywhere. No
    source differs between exposures over such an area; where nothing but noise does, nothing is taken.

    Parameters
    ----------
    stack : AlignedStack
        Changed in place.
    number : int
        The exposure whose background stays.
    """
    there = is_open_sky(stack.values.read(number))
    for i in range(len(stack.placements)):
        if i == number:
            continue
        difference = measure_difference(stack, i, number, among=there & is_open_sky(stack.values.read(i)))
        if difference is None:  # sources everywhere
            difference = measure_difference(stack, i, number)
        if difference is not None:
            _take_off(stack, i, difference)


def measure_difference(
    stack: AlignedStack, number: int, other: int, *, among: NDArray[np.bool_] | None = None
) -> BackgroundDifference | None:
    """Measure how the backgrounds of two exposures of a stack differ; None where too little tells.

    Medians of cells: a plane through them, and what they differ from it by, smoothed, as far as noise does not explain
    it.

    Parameters
    ----------
    stack : AlignedStack
        The exposures.
    number, other : int
        The two; how much brighter the first is.
    among : ndarray of bool, shape (ny, nx), optional
        The pixels of the reference that are looked at. Those of sources tell of the seeing as well: the light that one
        exposure has in the middle of a star, another has in many pixels around it.
    """
    down_edges, across_edges = (
        np.linspace(0, n, max(1, round(n / _SIDE)) + 1).round().astype(int) for n in stack.shape
    )
    shape = down_edges.size - 1, across_edges.size - 1
    level, error = np.full(shape, np.nan), np.full(shape, np.nan)
    for down in range(shape[0]):
        rows = slice(int(down_edges[down]), int(down_edges[down + 1]))
        strip = stack.values.read(number, rows) - stack.values.read(other, rows)
        if among is not None:
            strip[~among[rows]] = np.nan
        for across in range(shape[1]):
            cell = strip[:, across_edges[across] : across_edges[across + 1]]
            light = cell[np.isfinite(cell)]
            if light.size >= _FEWEST * cell.size:
                level[down, across] = middle = float(np.median(light))
                error[down, across] = _MEDIAN * 1.4826 * np.median(np.abs(light - middle)) / np.sqrt(light.size)
    known = np.isfinite(level)
    if not known.any():
        return None
    plane = _plane(level, known)
    weight = known.astype(np.float64)
    smooth = _smoothed(np.where(known, level - plane, 0.0)) / np.maximum(_smoothed(weight), 1e-9)
    expected = _CALMED * float(np.mean(error[known] ** 2))
    found = float(np.mean(smooth[known] ** 2))
    share = max(0.0, 1.0 - expected / found) if found > 0 else 0.0
    nearest = ndimage.distance_transform_edt(_smoothed(weight) <= 0, return_distances=False, return_indices=True)
    return BackgroundDifference(plane + share * smooth[tuple(nearest)], stack.shape)


def _plane(level: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The plane through the cells, which smoothing over few of them would flatten."""
    down, across = (axis / max(1, n - 1) - 0.5 for axis, n in zip(np.indices(level.shape), level.shape, strict=True))
    terms = np.stack([np.ones(level.shape), down, across], axis=-1)
    if np.count_nonzero(known) < 2 * terms.shape[-1]:
        return np.full(level.shape, float(np.median(level[known])))
    solution = np.linalg.lstsq(terms[known], level[known], rcond=None)[0]
    return np.asarray(terms @ solution)


def _smoothed(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        cells = ndimage.correlate1d(cells, _SMOOTHING, axis=axis, mode="nearest")
    return cells


def _take_off(stack: AlignedStack, number: int, difference: BackgroundDifference) -> None:
    """Take the difference from the pixels on the reference's grid, and from the exposure's own."""
    ny, nx = stack.shape
    columns = np.arange(nx, dtype=np.float64)[None]
    for start in range(0, ny, _SIDE):
        rows = slice(start, min(ny, start + _SIDE))
        places = np.arange(rows.start, rows.stop, dtype=np.float64)[:, None]
        stack.values.write(number, stack.values.read(number, rows) - difference.at(columns, places), first_row=start)
    grid = stack.placements[number].grid
    ny, nx = stack.originals.shapes[number]
    columns = np.arange(nx, dtype=np.float64)[None]
    for start in range(0, ny, _SIDE):
        rows = slice(start, min(ny, start + _SIDE))
        x, y = grid.to_reference(columns, np.arange(rows.start, rows.stop, dtype=np.float64)[:, None])
        light = stack.originals.read(number, rows) - difference.at(x, y)
        stack.originals.write(number, light, first_row=start)
