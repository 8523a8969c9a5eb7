"""By which weights pixels next to a place make its value: Lanczos for well-sampled frames, drops for the others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_PHASES", "WELL_SAMPLED", "Kernel", "drops", "kernel_for", "lanczos3"]

N_PHASES = 1024
"""Places between two pixels at which weights are tabulated: 0.0005 px is far below what stars tell."""

WELL_SAMPLED = 1.8
"""FWHM in pixels from which interpolation of one exposure keeps its stars."""

_DROP = 0.6  # side of a drop, in pixels of the exposure


@dataclass(frozen=True, eq=False)
class Kernel:
    """Weights along one axis; those of a pixel are the product of two.

    Attributes
    ----------
    first : int
        The first tap, relative to the pixel at or before the place.
    table : ndarray of float32, shape (n_taps, N_PHASES)
        Weights of unit sum, by the part of a pixel between that pixel and the place.
    coverage : ndarray of float32, shape (N_PHASES,)
        How much of a drop or more falls there, over the most: the weight that the result is worth; 1 for interpolation.
    """

    first: int
    table: NDArray[np.float32]
    coverage: NDArray[np.float32]

    @property
    def n_taps(self) -> int:
        """Pixels along one axis."""
        return len(self.table)

    def products(self, lag: int) -> NDArray[np.float64]:
        """Sum of products of the weights with themselves, so many pixels further, by phase."""
        table = self.table.astype(np.float64)
        return np.asarray((table[lag:] * table[: len(table) - lag]).sum(axis=0))


def lanczos3(stretch: float = 1.0) -> Kernel:
    """Return Lanczos' kernel with three lobes; stretched where the pixels to be made are larger than those there are.

    Parameters
    ----------
    stretch : float, optional
        Side of a new pixel in old ones, where it is above 1.
    """
    stretch = max(1.0, stretch)
    reach = math.ceil(3 * stretch)
    offset = np.abs(np.arange(1 - reach, reach + 1)[:, None] - np.arange(N_PHASES) / N_PHASES) / stretch
    weights = np.where(offset < 3, np.sinc(offset) * np.sinc(offset / 3), 0.0)
    return _normalized(1 - reach, weights, np.ones(N_PHASES))


def drops(side: float, drop: float = _DROP) -> Kernel:
    """Return drizzle's kernel: the length that a new pixel shares with the drops of old ones (Fruchter & Hook 2002).

    Parameters
    ----------
    side : float
        Of a new pixel, in old ones.
    drop : float, optional
        Side of a drop; larger where new pixels would stay empty.
    """
    drop = max(drop, 1.05 - side)
    reach = math.ceil((side + drop) / 2)
    offset = np.abs(np.arange(1 - reach, reach + 1)[:, None] - np.arange(N_PHASES) / N_PHASES)
    weights = np.clip((side + drop) / 2 - offset, 0.0, min(side, drop))
    covered = weights.sum(axis=0)
    return _normalized(1 - reach, weights, covered / covered.max())


def kernel_for(fwhm: float, side: float) -> Kernel:
    """Return the kernel for an exposure.

    Parameters
    ----------
    fwhm : float
        Of its stars in its own pixels; NaN, where it shows none, counts as well sampled.
    side : float
        Of a new pixel, in its own.
    """
    return drops(side) if fwhm < WELL_SAMPLED else lanczos3(side)


def _normalized(first: int, weights: NDArray[np.float64], coverage: NDArray[np.float64]) -> Kernel:
    return Kernel(first, (weights / weights.sum(axis=0)).astype(np.float32), coverage.astype(np.float32))
