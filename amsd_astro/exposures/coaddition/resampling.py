"""Values of an image at the places where another grid has its pixels: each gathered from those around it.

Gathering is five times as fast as drizzle's scattering with the same kernel and gives the same values; above all, bad
pixels can be filled with what other exposures say, where leaving them out makes rings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.kernels import N_PHASES, Kernel

__all__ = ["Places", "Resampler", "offset_grid"]

_STRIPE = 32 * 1024  # pixels at a time: what stays in the processor's cache
_BITS = N_PHASES.bit_length() - 1
_FARTHEST = 1e6  # pixels: places beyond, or that are none, are off the image anyway

_Grid = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, eq=False)
class Places:
    """Where values are gathered.

    Attributes
    ----------
    first : ndarray of int
        Place of the first tap in the padded image, counted along its rows.
    phase_x, phase_y : ndarray of int
        Parts of a pixel, in `N_PHASES`.
    nearest : ndarray of int
        Place of the nearest pixel in the padded image.
    """

    first: NDArray[np.intp]
    phase_x: NDArray[np.intp]
    phase_y: NDArray[np.intp]
    nearest: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Resampler:
    """Brings images of one grid to another.

    Parameters
    ----------
    to_source : callable
        Takes places (x, y) on the new grid to places on the old one.
    source_shape, shape : tuple of int
        (ny, nx) of old and new.
    kernel : Kernel
        Weights.
    """

    to_source: _Grid
    source_shape: tuple[int, int]
    shape: tuple[int, int]
    kernel: Kernel

    @property
    def margin(self) -> int:
        """Pixels that a padded image has more on each side: a place off the image sees nothing else."""
        return self.kernel.n_taps + 1

    def padded(self, image: NDArray, *, value: float | None = None) -> NDArray:
        """Return the image with its margin: a value, or the outermost pixels once more."""
        if value is None:
            return np.pad(image, self.margin, mode="edge")
        return np.pad(image, self.margin, constant_values=value)

    def stripes(self) -> Iterator[slice]:
        """Yield some rows of the new grid after the other."""
        step = max(1, _STRIPE // self.shape[1])
        for start in range(0, self.shape[0], step):
            yield slice(start, min(start + step, self.shape[0]))

    def places(self, rows: slice) -> Places:
        """Return the places of some rows."""
        y, x = (axis.astype(np.float64) for axis in np.ogrid[rows, 0 : self.shape[1]])
        return self._at(x, y)

    def places_of(self, pixels: NDArray[np.intp]) -> Places:
        """Return the places of pixels of the new grid, counted along its rows."""
        y, x = np.divmod(pixels, self.shape[1])
        return self._at(x.astype(np.float64), y.astype(np.float64))

    def _at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Places:
        ny, nx = (n + 2 * self.margin for n in self.source_shape)
        x, y = np.broadcast_arrays(*self.to_source(x, y))
        (column, phase_x), (row, phase_y) = (_split(one) for one in (x, y))
        last, first = self.kernel.n_taps, self.kernel.first + self.margin
        x_first, y_first = np.clip(column + first, 0, nx - last), np.clip(row + first, 0, ny - last)
        near_x = np.clip(column + self.margin + (phase_x >= N_PHASES // 2), 0, nx - 1)
        near_y = np.clip(row + self.margin + (phase_y >= N_PHASES // 2), 0, ny - 1)
        return Places(y_first * nx + x_first, phase_x, phase_y, near_y * nx + near_x)

    def gather(self, padded: NDArray[np.float32], places: Places, *, absolute: bool = False) -> NDArray[np.float32]:
        """Return the weighted sums of pixels around places.

        Parameters
        ----------
        padded : ndarray of float32
            By `padded`, finite.
        places : Places
            Where.
        absolute : bool, optional
            By the weights without their signs.
        """
        across, down = (self.kernel.table.take(one, axis=1) for one in (places.phase_x, places.phase_y))
        if absolute:
            across, down = np.abs(across), np.abs(down)
        flat, nx = padded.ravel(), padded.shape[1]
        total = np.zeros(places.first.shape, np.float32)
        row, tap = np.empty_like(total), np.empty_like(total)
        for j, weight in enumerate(down):
            np.take(flat[j * nx :], places.first, mode="clip", out=row)
            row *= across[0]
            for i in range(1, len(across)):
                np.take(flat[j * nx + i :], places.first, mode="clip", out=tap)
                tap *= across[i]
                row += tap
            row *= weight
            total += row
        return total

    def apply(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the whole image on the new grid; beyond its edges it goes on as it ends."""
        padded = self.padded(image)
        result = np.empty(self.shape, np.float32)
        for rows in self.stripes():
            result[rows] = self.gather(padded, self.places(rows))
        return result

    def nearest(self, image: NDArray, *, outside: float) -> NDArray:
        """Return the pixels that are nearest to those of the new grid."""
        padded = self.padded(image, value=outside).ravel()
        result = np.empty(self.shape, image.dtype)
        for rows in self.stripes():
            result[rows] = padded.take(self.places(rows).nearest)
        return result

    def coverage(self, places: Places) -> NDArray[np.float32]:
        """Return what values are worth, by how much of a drop falls on them; 1 at most."""
        return self.kernel.coverage.take(places.phase_x) * self.kernel.coverage.take(places.phase_y)


def offset_grid(grid: _Grid, margin: int) -> _Grid:
    """Return the map for a grid that begins some pixels before."""
    return lambda x, y: grid(x - margin, y - margin)


def _split(place: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Whole pixels and phases of places along an axis."""
    limited = np.clip(np.nan_to_num(place, nan=-_FARTHEST), -_FARTHEST, _FARTHEST)
    phases = np.rint(limited * N_PHASES).astype(np.intp)
    return phases >> _BITS, phases & (N_PHASES - 1)
