"""What the other exposures of a field show on the grid of each: the mean of them all, and of two halves of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition import AlignedStack
from amsd_astro.exposures.coaddition.kernels import kernel_for
from amsd_astro.exposures.coaddition.neighbour_filling import fill_from_neighbours
from amsd_astro.exposures.coaddition.resampling import Resampler

__all__ = ["FEWEST", "Others", "others_of_each"]

FEWEST = 4
"""Exposures: without any one of them, each half has one still."""

_ENOUGH = 0.5  # of a half's weight, from which the mean of the others counts
_BAD_SHARE = 0.2  # weight of bad pixels, from which a value is left out


@dataclass(frozen=True, eq=False)
class Others:
    """What the others show, as light above the sky in the exposure's own unit; NaN where they show too little.

    Attributes
    ----------
    mean : ndarray of float32, shape (ny, nx)
        Of all others.
    halves : ndarray of float32, shape (2, ny, nx)
        Of two disjoint halves of them.
    variances : tuple of float
        Variance of the mean and of the halves on the sky, over that of the exposure.
    """

    mean: NDArray[np.float32]
    halves: NDArray[np.float32]
    variances: tuple[float, float, float]


def others_of_each(stack: AlignedStack) -> Iterator[Others]:
    """Yield what the others show, exposure by exposure.

    The means are made on the reference's grid, each by taking one exposure out of the sums of two halves, and brought
    to the exposure's grid: its own pixels are never resampled.

    Parameters
    ----------
    stack : AlignedStack
        At least `FEWEST` exposures, blemishes left out.
    """
    n = len(stack.placements)
    if n < FEWEST:
        raise ValueError(f"stack must hold at least {FEWEST} exposures. Received: {n}")
    half_of = np.empty(n, int)
    half_of[np.argsort(-stack.weights, kind="stable")] = np.arange(n) % 2
    light, weight = (np.zeros((2, *stack.shape), np.float32) for _ in range(2))
    for i in range(n):
        _add(stack, i, light[half_of[i]], weight[half_of[i]], 1.0)
    for i in range(n):
        h = half_of[i]
        _add(stack, i, light[h], weight[h], -1.0)
        yield _others(stack, i, light, weight, half_of)
        _add(stack, i, light[h], weight[h], 1.0)


def _add(stack: AlignedStack, i: int, light: NDArray[np.float32], weight: NDArray[np.float32], sign: float) -> None:
    value, share = stack.values.read(i), np.float32(sign * stack.weights[i])
    good = np.isfinite(value)
    light += share * np.where(good, value, np.float32(0))
    weight += share * good


def _others(
    stack: AlignedStack, i: int, light: NDArray[np.float32], weight: NDArray[np.float32], half_of: NDArray[np.integer]
) -> Others:
    without = np.arange(len(half_of)) != i
    members = [without & (half_of == h) for h in (0, 1)]
    full = [float(stack.weights[one].sum()) for one in members]
    few = np.any([weight[h] < _ENOUGH * full[h] for h in (0, 1)], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [light.sum(axis=0) / weight.sum(axis=0), *(light / weight)]
    factor = np.float32(stack.calibrations[i].factor)
    made = np.stack([_on_grid(stack, i, np.where(few, np.float32(np.nan), mean)) / factor for mean in means])
    own = stack.calibrations[i].typical
    variances = [_variance_of_mean(stack, one) / own for one in (without, *members)]
    return Others(made[0], made[1:], (variances[0], variances[1], variances[2]))


def _variance_of_mean(stack: AlignedStack, members: NDArray[np.bool_]) -> float:
    """Variance of a weighted mean on the sky, in the reference's unit."""
    weights = stack.weights[members] / stack.weights[members].sum()
    variances = np.array([one.typical for one in stack.calibrations])[members]
    return float(np.sum(weights**2 * variances))


def _on_grid(stack: AlignedStack, i: int, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring an image from the reference's grid to that of an exposure."""
    if stack.resamplers[i] is None:
        return image
    placement = stack.placements[i]
    side = 1 / math.sqrt(placement.grid.area)
    resampler = Resampler(
        placement.grid.to_reference, stack.shape, stack.originals.shapes[i], kernel_for(math.nan, side)
    )
    bad = np.isnan(image)
    share, filled = bad.astype(np.float32), fill_from_neighbours(image.copy())
    values, weights = (resampler.padded(filled), resampler.padded(share, value=1.0))
    made = np.empty(resampler.shape, np.float32)
    for rows in resampler.stripes():
        places = resampler.places(rows)
        is_bad = resampler.gather(weights, places, absolute=True) > _BAD_SHARE
        made[rows] = np.where(is_bad, np.float32(np.nan), resampler.gather(values, places))
    return made
