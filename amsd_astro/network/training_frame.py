"""A frame as training and calibration take it: in noise units, its bad pixels and its noise known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.grids import every
from amsd_astro.noise.few_photons import NoiseVariance

__all__ = ["TrainingFrame"]


@dataclass(frozen=True)
class TrainingFrame:
    """A frame in noise units, ready to be sampled.

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized frame, bad pixels filled. Patches alone are read: it may lie on the disk.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of its noise.
    held_out : sequence of (y, x, side), optional
        Square blocks that must not be learned from.
    electrons : float, optional
        Variance of the noise of the sky, in electrons squared; where it is small, the noise is not Gaussian.
    noise_variance : callable, optional
        From expected values to the variance of the noise there, where it is not one everywhere.
    """

    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    correlation: NDArray[np.float64]
    held_out: Sequence[tuple[int, int, int]] = ()
    electrons: float = math.inf
    noise_variance: NoiseVariance | None = None

    def weight(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """1 where the pixels of these rows and columns may be learned from, else 0."""
        weight = (~self.mask[np.ix_(rows, columns)]).astype(np.float32)
        reach = self.correlation.shape[0] // 2  # noise next to a block says something of the noise inside it
        for y, x, side in self.held_out:
            weight[np.ix_(_within(rows, y, side, reach), _within(columns, x, side, reach))] = 0
        return weight

    def sampled(self, n: int) -> TrainingFrame:
        """Every n-th pixel of the frame along each axis; the frame itself where n is 1."""
        if n == 1:
            return self
        return replace(
            self,
            values=self.values[::n, ::n],
            mask=self.mask[::n, ::n],
            correlation=every(self.correlation, n),
            held_out=[(y // n, x // n, -(-side // n) + 1) for y, x, side in self.held_out],
        )


def _within(index: NDArray[np.intp], start: int, side: int, reach: int) -> NDArray[np.intp]:
    """Positions of the indices that lie within a block or its reach."""
    return np.flatnonzero((index >= start - reach) & (index < start + side + reach))
