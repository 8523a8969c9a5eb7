"""The correlation of noise, from the three numbers of it that the cards of a denoised frame keep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["recorded_correlation"]

_POWERS = (0.5, 8.0)  # of the lag, by which a correlation falls: from long wings to next to nothing at lag 2
_FARTHEST, _LEAST = 24, 0.005  # lags, and the correlation below which they are left out


def recorded_correlation(across: float, along: float, total: float | None = None) -> NDArray[np.float64]:
    """Return a correlation that has the values that are recorded, the axes taken as if independent.

    Between the next pixel and the sum it falls like ``rho**(lag**p)``, as that of smoothed noise does with p = 2; where
    the sum is less than that of the nearest pixels, as of noise interpolated by splines, lags of 2 are negative.

    Parameters
    ----------
    across, along : float
        With the next pixel along x and along y.
    total : float or None
        The sum over all lags; without it there are no further ones.
    """
    if across == along == 0:
        return np.ones((1, 1))
    nearest = np.outer([along, 1, along], [across, 1, across])
    if total is None or not total > 0:
        return nearest
    if total <= nearest.sum():
        wide, tall = 1 + 2 * across, 1 + 2 * along
        below = (np.sqrt((wide + tall) ** 2 - 4 * (wide * tall - total)) - wide - tall) / 4
        return np.outer([below, along, 1, along, below], [below, across, 1, across, below])
    low, high = _POWERS
    for _ in range(30):
        middle = (low + high) / 2
        if _profile(across, middle).sum() * _profile(along, middle).sum() > total:
            low = middle
        else:
            high = middle
    profiles = _profile(along, high), _profile(across, high)
    reach = max(int(np.flatnonzero(profile > _LEAST).max(initial=0)) for profile in profiles) - _FARTHEST
    inner = slice(_FARTHEST - reach, _FARTHEST + reach + 1)
    return np.outer(profiles[0][inner], profiles[1][inner])


def _profile(rho: float, power: float) -> NDArray[np.float64]:
    """Correlation along an axis; one that is not positive has the next pixel alone."""
    lags = np.abs(np.arange(-_FARTHEST, _FARTHEST + 1, dtype=float))
    if rho <= 0:
        return np.where(lags == 0, 1.0, np.where(lags == 1, rho, 0.0))
    return np.asarray(np.minimum(rho, 0.999) ** (lags**power))
