"""How far the details of a denoised frame are to be believed, by how far they stand above the predicted error.

A network that predicts its own error has not drawn every conclusion from it: where it is nearly sure that there is
nothing, it leaves faint ghosts of structure all the same. What is best added to its details is the mean of what was
missing in them, and simulated exposures tell it: a table by the height of a detail over the error and by the error
itself, as for shrinkage of wavelets (a linear expansion of thresholds, Blu & Luisier 2007), but with the truth at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.details import N_DETAILS, details, log_of, near_knots

__all__ = ["N_SHARES", "Shrinkage", "shrinkage_terms"]

_HEIGHTS = np.log(10) * np.linspace(-1, 1, 4)  # logarithm of a detail over the predicted error
_VARIANCES = np.linspace(-6, -1, 6)  # logarithm of the predicted variance
_HIGHEST = 10.0  # errors; what is higher counts as this high
_STRIP = 2**16  # pixels that are worked on at a time: they stay in the processor's cache
_SHAPE = (N_DETAILS, len(_HEIGHTS), len(_VARIANCES))
N_SHARES = N_DETAILS * len(_HEIGHTS) * len(_VARIANCES) + len(_VARIANCES)
"""Numbers of a table."""


@dataclass(frozen=True)
class Shrinkage:
    """A table of what is added to denoised images.

    Attributes
    ----------
    shares : tuple of float
        For each band of details, by its height over the predicted error and by the variance, the share that is added,
        linear between the knots; then by the variance the share of the error that is added everywhere.
    """

    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.shares) != N_SHARES:
            raise ValueError(f"shares must be {N_SHARES} numbers. Received: {len(self.shares)}")

    def added(self, values: NDArray[np.float32], variance: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is added to denoised images: nowhere more than the error that the network predicts.

        Parameters
        ----------
        values, variance : ndarray of float32, shape (n, ny, nx)
            Denoised images in noise units and the variance that the network predicts.
        """
        made, all_details = np.empty_like(values), list(details(values))
        n, ny, nx = values.shape
        step = max(1, _STRIP // nx)
        for image, start in product(range(n), range(0, ny, step)):
            strip = image, slice(start, start + step)
            made[strip] = self._added_to_strip([detail[strip] for detail in all_details], variance[strip])
        return made

    def _added_to_strip(
        self, details_there: list[NDArray[np.float32]], variance: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        tables = np.reshape(self.shares[: -len(_VARIANCES)], _SHAPE).astype(np.float32)
        everywhere = np.asarray(self.shares[-len(_VARIANCES) :], np.float32)
        error, by_variance = np.sqrt(variance), _cell(_place(log_of(variance), _VARIANCES), len(_VARIANCES))
        total = error * _between(everywhere, by_variance)
        for table, detail in zip(tables, details_there, strict=True):
            by_height = _cell(_place(_height(detail, error), _HEIGHTS), len(_HEIGHTS))
            total += _between_both(table, by_height, by_variance) * _limited(detail, error)
        return np.clip(total, -error, error)


def shrinkage_terms(values: NDArray[np.float32], variance: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each number of a table stands for: what is added is the sum of these terms times the numbers.

    Parameters
    ----------
    values, variance : ndarray of float32, shape (n, ny, nx)
        Denoised images in noise units and the variance that the network predicts.

    Returns
    -------
    ndarray of float32, shape (N_SHARES, n, ny, nx)
    """
    error = np.sqrt(variance)
    near_variance = near_knots(_place(log_of(variance), _VARIANCES), len(_VARIANCES))
    terms: list[NDArray[np.float32]] = []
    for detail in details(values):
        limited = _limited(detail, error)
        near_height = near_knots(_place(_height(detail, error), _HEIGHTS), len(_HEIGHTS))
        terms.extend(limited * height * level for height, level in product(near_height, near_variance))
    return np.stack([*terms, *(error * level for level in near_variance)])


def _height(detail: NDArray[np.float32], error: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.maximum(np.abs(detail), np.float32(1e-6) * error) / error)


def _limited(detail: NDArray[np.float32], error: NDArray[np.float32]) -> NDArray[np.float32]:
    highest = np.float32(_HIGHEST) * error
    return np.clip(detail, -highest, highest)


def _place(numbers: NDArray[np.floating], knots: NDArray[np.float64]) -> NDArray[np.float32]:
    """Where numbers are among knots of even distance, counted in knots."""
    step = knots[1] - knots[0]
    return np.clip((numbers - np.float32(knots[0])) / np.float32(step), 0, len(knots) - 1)


_Cell = tuple[NDArray[np.intp], NDArray[np.float32]]  # the knot before a place, and how far beyond it the place is


def _cell(place: NDArray[np.float32], n_knots: int) -> _Cell:
    before = np.minimum(place.astype(np.intp), n_knots - 2)
    return before, place - before.astype(np.float32)


def _between(table: NDArray[np.float32], cell: _Cell) -> NDArray[np.float32]:
    """Numbers of a table between its knots."""
    before, beyond = cell
    found = np.diff(table).take(before, mode="clip")
    found *= beyond
    found += table.take(before, mode="clip")
    return found


def _between_both(table: NDArray[np.float32], first: _Cell, second: _Cell) -> NDArray[np.float32]:
    """Numbers of a table of two axes between its knots: in a cell a + b y + x (c + d y)."""
    (row, x), (column, y) = first, second
    rises = np.diff(table, axis=0)
    cell = row * (table.shape[1] - 1) + column
    found = np.diff(rises, axis=1).take(cell, mode="clip")
    found *= y
    found += rises[:, :-1].take(cell, mode="clip")
    found *= x
    along = np.diff(table[:-1], axis=1).take(cell, mode="clip")
    along *= y
    found += along
    found += table[:-1, :-1].take(cell, mode="clip")
    return found
