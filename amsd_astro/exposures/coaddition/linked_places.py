"""Which places that shine in one exposure belong together: something that moves, or shines for a while.

By itself such a place may be a cosmic ray, which in an undersampled exposure looks like a star.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.variables import Transient
from amsd_astro.exposures.exposure import Exposure

__all__ = ["linked", "times_of"]

_FASTEST = 30.0  # pixels from one exposure to the next
_MOST = 400  # places that are looked at
_BY_CHANCE = 0.05  # chains that may be expected
_LEAST, _LEAST_STILL = 3, 2  # exposures of a chain, and of one that does not move


def times_of(exposures: Sequence[Exposure]) -> NDArray[np.float64]:
    """Return when each exposure began, in steps of the usual time between them; their order where not all tell it."""
    begins = [one.facts.begin for one in exposures]
    order = np.arange(len(exposures), dtype=np.float64)
    if any(one is None for one in begins):
        return order
    days = np.array([one.mjd for one in begins if one is not None])
    steps = np.diff(np.unique(days))
    return (days - days.min()) / float(np.median(steps)) if steps.size else order


def linked(
    transients: Sequence[Transient], times: NDArray[np.float64], shape: tuple[int, int], fwhm: float
) -> list[Transient]:
    """Return those that lie on a straight path of constant rate with others of other exposures.

    At least three have to, or two at one place; more where there are so many places that three lie so by chance.

    Parameters
    ----------
    transients : sequence of Transient
        Of all exposures.
    times : ndarray, shape (n_exposures,)
        Of each exposure, in steps of the usual time from one to the next.
    shape : (int, int)
        Of the reference.
    fwhm : float
        Pixels of the reference: places on a path lie so close to it.
    """
    kept = sorted(transients, key=lambda one: (-one.significance, one.exposure, one.y, one.x))[:_MOST]
    if len(kept) < _LEAST_STILL:
        return []
    place = np.array([(one.x, one.y) for one in kept])
    number = np.array([one.exposure for one in kept])
    time = times[number]
    first, second = np.nonzero(number[:, None] < number[None])
    step = time[second] - time[first]
    move = place[second] - place[first]
    speed = np.hypot(*move.T)
    near = speed <= np.where(step == 0, 1.0, np.abs(step)) * _FASTEST
    first, second, step, move = first[near], second[near], step[near], move[near]
    least = _least(len(kept), int(near.sum()), times.size, shape, fwhm)
    chosen = np.zeros(len(kept), bool)
    for a, b, dt, shift in zip(first, second, step, move, strict=True):
        still = np.hypot(*shift) < 0.5 * fwhm
        if dt == 0 and not still:
            continue
        rate = np.zeros(2) if still else shift / dt
        off = np.hypot(*(place - place[a] - rate * (time - time[a])[:, None]).T)
        on_path = off < fwhm
        n_exposures = np.unique(number[on_path]).size
        if n_exposures >= (min(least, _LEAST_STILL) if still and least == _LEAST else least):
            chosen |= on_path
            chosen[[a, b]] = True
    return [one for one, is_chosen in zip(kept, chosen, strict=True) if is_chosen]


def _least(n: int, n_pairs: int, n_exposures: int, shape: tuple[int, int], fwhm: float) -> int:
    """How many exposures a path must have for chance to make hardly one."""
    a_third = np.pi * fwhm**2 * n / (shape[0] * shape[1])  # on a path by chance, in all other exposures together
    expected, least = n_pairs * a_third, _LEAST
    while expected > _BY_CHANCE and least < n_exposures:
        expected *= a_third
        least += 1
    return least
