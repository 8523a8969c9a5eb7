"""The error of a denoised co-add, told by the exposures themselves: no noise model enters.

One part of the exposures is denoised to D; A and B are the means of two other parts. The noises of the three are
independent, so the mean of ``(D - A) (D - B)`` is the mean squared error of D, whatever the noise is like. Over what
the sigma map of D claims for the same pixels, it tells by how much such maps are to be scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.block_sums import block_sums, error_of_ratio
from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.arrays.levelling import levelled
from amsd_astro.frames import Frame

__all__ = ["FEWEST_EXPOSURES", "STRATA", "ConfirmedError", "ConfirmedRisk", "Roles", "confirm_risk", "roles_of_parts"]

FEWEST_EXPOSURES = 4
STRATA = ("sky", "faint", "all")

_SHARE = 0.25  # of the weight that is denoised: what it is compared with is to be deep, its own error to be seen
_SKY, _FAINT = 0.5, 5.0  # sigma of the part, to which its denoised and smoothed values are sky and faint
_SMOOTH = 1.0  # pixels, of the values that sort pixels
_FEWEST_PIXELS, _FEWEST_BLOCKS = 400, 4
_UNSURE = 0.4  # of the ratio of a map's variance to the error, before it is measured
_LOWEST, _HIGHEST = 0.25, 4.0

Cards = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class Roles:
    """Numbers of the exposures that are denoised, and of those of the two parts that they are compared with."""

    denoised: tuple[int, ...]
    first: tuple[int, ...]
    second: tuple[int, ...]


def roles_of_parts(weights: Sequence[float], *, n_rotations: int = 2) -> list[Roles]:
    """Deal exposures out to the parts: about a quarter of the weight is denoised, the rest halved.

    Parameters
    ----------
    weights : sequence of float
        Of the exposures in the co-add; at least `FEWEST_EXPOSURES`.
    n_rotations : int, optional
        Quarters that are denoised one after the other, at most four.
    """
    n = len(weights)
    if n < FEWEST_EXPOSURES:
        raise ValueError(f"weights must be of {FEWEST_EXPOSURES} exposures or more. Received: {n}")
    if not 1 <= n_rotations <= 4:
        raise ValueError(f"n_rotations must be 1 to 4. Received: {n_rotations}")
    quarters = _dealt(weights, range(n), round(1 / _SHARE))
    made = []
    for quarter in quarters[:n_rotations]:
        first, second = _dealt(weights, [i for i in range(n) if i not in quarter], 2)
        made.append(Roles(quarter, first, second))
    return made


def _dealt(weights: Sequence[float], members: Iterable[int], n_parts: int) -> list[tuple[int, ...]]:
    """Parts of weights as equal as can be, the heaviest exposures first."""
    parts: list[list[int]] = [[] for _ in range(n_parts)]
    for i in sorted(members, key=lambda i: (-weights[i], i)):
        min(parts, key=lambda part: sum(weights[j] for j in part)).append(i)
    return [tuple(sorted(part)) for part in parts]


@dataclass(frozen=True)
class ConfirmedError:
    """What the exposures tell of some pixels.

    Attributes
    ----------
    value, value_error : float
        Mean squared error of the denoised parts over the variance of their noise on the sky, and its standard error.
    ratio, ratio_error : float
        Mean squared error over the mean of what the sigma maps claim, squared, and its standard error.
    n_pixels : int
        Pixels, all rotations together.
    """

    value: float
    value_error: float
    ratio: float
    ratio_error: float
    n_pixels: int


@dataclass(frozen=True)
class ConfirmedRisk:
    """What the exposures tell of denoised parts, by stratum; a stratum with few pixels is missing."""

    strata: dict[str, ConfirmedError]

    @property
    def _telling(self) -> ConfirmedError | None:
        return self.strata.get("all", self.strata.get("sky"))

    @property
    def factor(self) -> float:
        """What the square of a sigma map is multiplied by: the ratio, so far as it is better known than the map."""
        known = self._telling
        if known is None:
            return 1.0
        weight = _UNSURE**2 / (_UNSURE**2 + known.ratio_error**2)
        return float(np.clip(1 + weight * (known.ratio - 1), _LOWEST, _HIGHEST))

    @property
    def factor_error(self) -> float:
        """Standard error of the factor."""
        known = self._telling
        error = np.inf if known is None else known.ratio_error
        return float(_UNSURE / np.sqrt(1 + (_UNSURE / error) ** 2)) if error > 0 else 0.0

    def cards(self) -> Cards:
        """Return the cards that tell it."""
        names = {"sky": "SKY", "faint": "FNT", "all": "ALL"}
        made: Cards = {}
        for stratum, known in self.strata.items():
            key = f"AMSDX{names[stratum]}"
            made[key] = (round(known.value, 5), f"error^2 / noise^2 told by exposures: {stratum}")
            made[f"{key[:-1]}E"] = (round(known.value_error, 5), f"standard error of {key}")
        made["AMSDXFAC"] = (round(self.factor, 4), "the square of the 1-sigma map was multiplied by")
        made["AMSDXFAE"] = (round(self.factor_error, 4), "standard error of AMSDXFAC")
        return made


def confirm_risk(
    parts: Iterable[tuple[Frame, Frame, Frame]],
    denoise: Callable[[Frame], Frame],
    *,
    strata: Sequence[str] = STRATA,
) -> ConfirmedRisk:
    """Measure the error of denoised parts.

    Pixels are sorted by the denoised values, which know nothing of the noise of the other two: sorting does not bias
    the products. Light above `5` sigma a pixel is left out, as there seeing and placing make the differences.

    Parameters
    ----------
    parts : iterable of three Frame
        On one grid, in one unit: the co-add to be denoised, with its noise model in `noise`, and two others, all of
        disjoint exposures. Several triples are the rotations of the roles.
    denoise : callable
        Gives the denoised frame, with its sigma map as uncertainty.
    strata : sequence of str, optional
        Those that are told: the sky alone where the parts show sources under unlike seeing.
    """
    sums: dict[str, list[NDArray[np.float64]]] = {name: [] for name in strata}
    for part, first, second in parts:
        denoised = denoise(part)
        assert part.noise is not None and denoised.uncertainty is not None
        variance = part.noise.sky_variance
        good = ~np.any([bad_pixels(np.asarray(one.data), one.mask) for one in (part, first, second, denoised)], axis=0)
        data = np.where(good, np.asarray(denoised.data, np.float64) - part.noise.sky, 0)
        claimed = np.where(good, np.asarray(denoised.uncertainty.array, np.float64) ** 2, 0)
        zones = _zones(data, good, np.sqrt(variance))
        a, b = (levelled(data + part.noise.sky - np.asarray(one.data), zones["all"]) for one in (first, second))
        for name in strata:
            zone = zones[name]
            planes = (a * b / variance, claimed / variance, np.ones_like(a))
            sums[name].append(np.stack([block_sums(np.where(zone, plane, 0)) for plane in planes]))
    known = {name: _confirmed(found) for name, found in sums.items()}
    return ConfirmedRisk({name: one for name, one in known.items() if one is not None})


def _zones(light: NDArray[np.float64], good: NDArray[np.bool_], sigma: float) -> dict[str, NDArray[np.bool_]]:
    height = np.abs(ndimage.gaussian_filter(light, _SMOOTH)) / sigma
    sky, all_faint = good & (height < _SKY), good & (height < _FAINT)
    return {"sky": sky, "faint": all_faint & ~sky, "all": all_faint}


def _confirmed(found: Sequence[NDArray[np.float64]]) -> ConfirmedError | None:
    """Ratios of sums over blocks; rotations see the same noise in other roles: added block by block."""
    if not found:
        return None
    products, claimed, count = np.sum(found, axis=0)
    used = count > 0
    n_pixels, n = int(count.sum()), int(used.sum())
    if n_pixels < _FEWEST_PIXELS or n < _FEWEST_BLOCKS or not claimed.sum() > 0:
        return None
    value, ratio = products.sum() / count.sum(), products.sum() / claimed.sum()
    errors = [error_of_ratio(products[used], below[used]) for below in (count, claimed)]
    return ConfirmedError(float(value), errors[0], float(ratio), errors[1], n_pixels)
