"""Places at which exposures disagree without a blemish: stars that vary, and things that move or come and go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import median
from amsd_astro.frames.masks import FLAG_VARIABLE

__all__ = ["StarFluxes", "Transient", "Variable", "flag_disks", "list_transients", "list_variable_stars"]

_CLEAR = 6.0  # sigma of all exposures' scatter together
_WITHOUT_WORST = 3.5  # and without the exposure that deviates most, which may be spoilt
_CONSTANT = 5.0  # S/N of stars' light in the median
_BRIGHT = 100.0  # S/N of stars that tell how well fluxes agree at all
_SAME = 1.5  # FWHM within which two places are one


@dataclass(frozen=True, eq=False)
class Variable:
    """A place at which exposures disagree.

    Attributes
    ----------
    x, y : float
        On the reference.
    significance : float
        Sigma.
    fluxes, errors : ndarray, shape (n_exposures,)
        Of each exposure, in the reference's flux scale; NaN where it says nothing.
    """

    x: float
    y: float
    significance: float
    fluxes: NDArray[np.float64]
    errors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Transient:
    """A star in one exposure where most show none: its place on the reference, significance and exposure."""

    x: float
    y: float
    significance: float
    exposure: int


@dataclass(frozen=True, eq=False)
class StarFluxes:
    """Fluxes of known stars in each exposure.

    Attributes
    ----------
    x, y : ndarray, shape (n_stars,)
        On the reference.
    mean : ndarray, shape (n_stars,)
        Flux in the median of the exposures.
    fluxes, errors : ndarray, shape (n_exposures, n_stars)
        Of each exposure on the scale of the mean. Errors have the noise, and how well fluxes of bright stars agree.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    mean: NDArray[np.float64]
    fluxes: NDArray[np.float64]
    errors: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        places: tuple[NDArray[np.float64], NDArray[np.float64]],
        expected: NDArray[np.float64],
        changes: NDArray[np.float64],
        errors: NDArray[np.float64],
    ) -> StarFluxes:
        """Put together what the exposures say.

        Parameters
        ----------
        places : tuple of ndarray
            x and y on the reference.
        expected, changes, errors : ndarray, shape (n_exposures, n_stars)
            Flux that was expected in each exposure, what it differs by, and the error of that.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            known = np.isfinite(expected) & (expected > _CONSTANT * errors)
            share, error = np.where(known, changes / expected, np.nan), np.where(known, errors / expected, np.nan)
            for i in range(len(share)):
                bright = error[i] < 1 / _BRIGHT
                if np.count_nonzero(bright) >= 5:
                    share[i] -= median(share[i][bright])
                    excess = (1.4826 * median(np.abs(share[i][bright]))) ** 2 - median(error[i][bright]) ** 2
                    error[i] = np.hypot(error[i], np.sqrt(max(excess, 0.0)))
        count = np.count_nonzero(known, axis=0)
        mean = np.where(known, expected, 0.0).sum(axis=0) / np.maximum(count, 1)
        return cls(*places, mean, mean * (1 + share), np.abs(mean) * error)


def list_variable_stars(stars: StarFluxes) -> tuple[list[Variable], list[Variable]]:
    """Return the stars whose fluxes scatter by more than their errors, the most significant first.

    Returns
    -------
    varying, doubtful : list of Variable
        Those that do so without the exposure that deviates most, too, and those of which it may be spoilt.
    """
    found: list[Variable] = []
    doubtful: list[Variable] = []
    for k in range(stars.mean.size):
        flux, error = stars.fluxes[:, k], stars.errors[:, k]
        known = np.isfinite(flux) & np.isfinite(error) & (error > 0)
        if np.count_nonzero(known) < 2:
            continue
        significance, without = _significance(flux[known], error[known])
        if significance > _CLEAR:
            into = found if without > _WITHOUT_WORST else doubtful
            into.append(Variable(float(stars.x[k]), float(stars.y[k]), significance, flux, error))
    return sorted(found, key=lambda one: -one.significance), doubtful


def _significance(flux: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[float, float]:
    """Sigma of the scatter, and of what is left without the value that is farthest off, where three others are left."""
    first = _scatter(flux, error)
    if flux.size < 4:
        return first, first
    rest = [np.delete(np.arange(flux.size), i) for i in range(flux.size)]
    return first, min(_scatter(flux[one], error[one]) for one in rest)


def _scatter(flux: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Scatter around the weighted mean as a normal deviate (Fisher's approximation of chi-square)."""
    weight = 1 / error**2
    square = float(np.sum(weight * (flux - np.sum(weight * flux) / np.sum(weight)) ** 2))
    return float(np.sqrt(2 * square) - np.sqrt(2 * (flux.size - 1) - 1))


def list_transients(
    transients: list[Transient],
    known: list[Variable],
    fluxes_at: Callable[[float, float], tuple[NDArray[np.float64], NDArray[np.float64]]],
    fwhm: float,
) -> list[Variable]:
    """Return the places of things that come and go, the most significant first, each once.

    Parameters
    ----------
    transients : list of Transient
        As the exposures show them.
    known : list of Variable
        Stars that vary, which are not told again.
    fluxes_at : callable
        Returns the fluxes of all exposures at a place, and their errors.
    fwhm : float
        Pixels of the reference.
    """
    found: list[Variable] = []
    for one in sorted(transients, key=lambda one: (-one.significance, one.exposure, one.y, one.x)):
        near = (np.hypot(one.x - other.x, one.y - other.y) < _SAME * fwhm for other in (*known, *found))
        if not any(near):
            found.append(Variable(one.x, one.y, one.significance, *fluxes_at(one.x, one.y)))
    return found


def flag_disks(flags: NDArray[np.uint8], places: Sequence[tuple[float, float]], radius: float) -> None:
    """Flag what lies around places, (x, y), as variable."""
    rows, columns = (np.arange(n) for n in flags.shape)
    for x, y in places:
        near_y, near_x = np.flatnonzero(np.abs(rows - y) <= radius), np.flatnonzero(np.abs(columns - x) <= radius)
        disk = (near_y[:, None] - y) ** 2 + (near_x - x) ** 2 <= radius**2
        flags[np.ix_(near_y, near_x)] |= np.where(disk, np.uint8(FLAG_VARIABLE), np.uint8(0))
