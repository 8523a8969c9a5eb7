"""Which stars of two catalogues are the same, and how one is turned, shifted, mirrored and scaled to the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import KDTree

from amsd_astro.exposures.placing.affine_fits import fit_affine
from amsd_astro.exposures.placing.star_triangles import SCALES, alike_triangles

__all__ = ["FEWEST_STARS", "ORIENTATIONS", "Match", "match_by_shift", "match_by_triangles"]

_Floats = NDArray[np.float64]

ORIENTATIONS = tuple(
    np.array(one, np.float64)
    for one in (
        ((1, 0), (0, 1)), ((-1, 0), (0, -1)), ((1, 0), (0, -1)), ((-1, 0), (0, 1)),
        ((0, -1), (1, 0)), ((0, 1), (-1, 0)), ((0, 1), (1, 0)), ((0, -1), (-1, 0)),
    )
)  # fmt: skip
"""Linear parts of maps between images as cameras and their readers turn and mirror them, the likeliest first."""

FEWEST_STARS = 5
"""Pairs of stars without which nothing is placed."""

_BRIGHT = 80  # stars of each that are compared first
_NEAR = 2.0  # pixels: stars this close to where a first guess has them are counted
_RADII = (6.0, 3.0, 2.0, 1.5)  # pixels, one refinement after another
_CLOSE = 1.0  # pixels, within which a star has to be to count in the end
_FEWEST_AFFINE = 8  # pairs, for more than turn, scale and shift
_CHANCE = 1e-7  # of a match by chance, all guesses together
_RING = (4.0, 40.0)  # pixels, between which stars that are near each other are counted
_LEAST_SHARE = 0.15  # of the bright stars in both that must be in each other's
_TRIANGLE_STARS = (25, 50)  # the brightest, of which triangles are made: more where these do not do
_BEST = 12  # guesses that are followed up


@dataclass(frozen=True, eq=False)
class Match:
    """Stars of two catalogues that are the same.

    Attributes
    ----------
    first, second : ndarray of int, shape (n,)
        Their numbers in the two.
    matrix : ndarray, shape (2, 3)
        The affine map from the first's positions to the second's.
    chance : float
        Logarithm, to base 10, of the probability that unrelated stars match so well.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    matrix: _Floats
    chance: float

    @property
    def is_certain(self) -> bool:
        """Whether the match is far better than chance gives."""
        return self.first.size >= FEWEST_STARS and self.chance < math.log10(_CHANCE)


@dataclass(frozen=True, eq=False)
class _Stars:
    """Positions of the two catalogues, brightest first, and the second's by place."""

    first: _Floats
    second: _Floats
    tree: KDTree
    shape: tuple[int, int]


def _stars(first: _Floats, second: _Floats, shape: tuple[int, int]) -> _Stars:
    return _Stars(first, second, KDTree(second), shape)


def match_by_shift(
    first: _Floats,
    second: _Floats,
    shape: tuple[int, int],
    *,
    linear: NDArray[np.floating],
    reach: float = math.inf,
) -> Match | None:
    """Match two catalogues whose orientation is known.

    Parameters
    ----------
    first, second : ndarray, shape (n, 2)
        Positions (x, y), brightest first.
    shape : (ny, nx)
        Of the image of the second.
    linear : ndarray, shape (2, 2)
        From the first's positions to the second's, but for a shift.
    reach : float, optional
        How long the shift may be, pixels: where little is possible, little proves more.

    Returns
    -------
    Match or None
        The best; it may be chance.
    """
    if min(len(first), len(second)) < FEWEST_STARS:
        return None
    stars = _stars(first, second, shape)
    turned = first[:_BRIGHT] @ np.asarray(linear, np.float64).T
    shifts = (second[None, :_BRIGHT] - turned[:, None]).reshape(-1, 2)
    shifts = shifts[np.hypot(*shifts.T) <= reach]
    if not len(shifts):
        return None
    tree = KDTree(shifts)
    count = tree.query_ball_point(shifts, _NEAR, return_length=True)
    near = shifts[tree.query_ball_point(shifts[int(np.argmax(count))], _NEAR)]
    return _refined(stars, np.column_stack([linear, np.median(near, axis=0)]), len(shifts))


def match_by_triangles(first: _Floats, second: _Floats, shape: tuple[int, int]) -> Match | None:
    """Match two catalogues of unknown orientation, mirrored or not, whose scales differ by less than 2.5.

    Triangles of neighbouring stars are compared by the ratios of their sides; each pair that is alike is a guess, which
    all bright stars are asked about.

    Parameters
    ----------
    first, second : ndarray, shape (n, 2)
        Positions (x, y), brightest first.
    shape : (ny, nx)
        Of the image of the second.

    Returns
    -------
    Match or None
        The best; it may be chance.
    """
    if min(len(first), len(second)) < FEWEST_STARS:
        return None
    stars = _stars(first, second, shape)
    best: Match | None = None
    for n_stars in _TRIANGLE_STARS:
        guesses = alike_triangles(first[:n_stars], second[:n_stars])
        if len(guesses):
            for k in _most_agreed(stars, guesses):
                found = _refined(stars, guesses[k], len(guesses))
                if found is not None and (best is None or found.chance < best.chance):
                    best = found
                if best is not None and best.chance < 2 * math.log10(_CHANCE):
                    return best
        if max(len(first), len(second)) <= n_stars:
            break
    return best


def _most_agreed(stars: _Stars, guesses: _Floats) -> NDArray[np.int64]:
    """The guesses that most of the bright stars agree with."""
    some = stars.first[:_BRIGHT]
    tree = KDTree(stars.second[:_BRIGHT])
    count = np.zeros(len(guesses), np.int64)
    for start in range(0, len(guesses), 1000):
        part = guesses[start : start + 1000]
        places = np.einsum("gij,nj->gni", part[:, :, :2], some) + part[:, None, :, 2]
        distance = tree.query(places.reshape(-1, 2), distance_upper_bound=2 * _NEAR)[0]
        count[start : start + 1000] = np.count_nonzero(np.isfinite(distance).reshape(len(part), -1), axis=1)
    return np.argsort(-count, kind="stable")[:_BEST]


def _refined(stars: _Stars, guess: _Floats, n_guesses: int) -> Match | None:
    """The map that a guess leads to, its pairs, and how likely that is by chance."""
    matrix = np.asarray(guess, np.float64)
    first = second = np.zeros(0, np.int64)
    for radius in _RADII:
        first, second = _pairs(stars, matrix, radius)
        if first.size < 3:
            return None
        matrix = _fitted(stars, first, second, matrix, 4 if first.size < _FEWEST_AFFINE or radius > 3 else 6, radius)
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if not SCALES[0] < scale < SCALES[1]:
        return None
    first, second = _pairs(stars, matrix, _RADII[-1])
    if first.size < 3:
        return None
    return Match(first, second, matrix, _chance(stars, matrix, n_guesses))


def _fitted(
    stars: _Stars, first: NDArray[np.int64], second: NDArray[np.int64], start: _Floats, n: int, radius: float
) -> _Floats:
    start_x, start_y = stars.first[first].T
    end_x, end_y = stars.second[second].T
    error = np.full(first.size, 0.14 * radius)
    return fit_affine(start_x, start_y, end_x, end_y, error, n, start=start, wide=error).matrix


def _pairs(stars: _Stars, matrix: _Floats, radius: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stars that are each other's nearest."""
    places = stars.first @ matrix[:, :2].T + matrix[:, 2]
    distance, nearest = stars.tree.query(places, distance_upper_bound=radius)
    index = np.flatnonzero(np.isfinite(distance))
    order = index[np.argsort(distance[index], kind="stable")]
    _, kept = np.unique(nearest[order], return_index=True)
    first = np.sort(order[kept])
    return first, nearest[first]


def _chance(stars: _Stars, matrix: _Floats, n_guesses: int) -> float:
    """Logarithm of the probability that as many unrelated stars match, in any of the guesses."""
    first = stars.first[:_BRIGHT]
    places = first @ matrix[:, :2].T + matrix[:, 2]
    ny, nx = stars.shape
    inside = np.all((places > -_NEAR) & (places < np.array([nx, ny]) - 1 + _NEAR), axis=1)
    n_inside = int(np.count_nonzero(inside))
    if n_inside < FEWEST_STARS:
        return 0.0
    bright = KDTree(stars.second[:_BRIGHT])
    radius = _CLOSE
    n_found = int(np.unique(_near(bright, places[inside], radius)).size)
    back = (stars.second[:_BRIGHT] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    low, high = stars.first.min(axis=0), stars.first.max(axis=0)
    n_back = int(np.count_nonzero(np.all((back >= low - 1) & (back <= high + 1), axis=1)))
    if n_found < _LEAST_SHARE * min(n_inside, n_back):
        return 0.0
    # pairs by chance, from those of stars that are near each other: crowding counts
    near, far = _RING
    n_pairs = int(bright.count_neighbors(KDTree(places[inside]), far)) - int(
        bright.count_neighbors(KDTree(places[inside]), near)
    )
    plain = n_inside * len(stars.second[:_BRIGHT]) * math.pi * radius**2 / (nx * ny)
    expected = max((n_pairs + 1) * radius**2 / (far**2 - near**2), plain)
    n_free = n_found - (2 if n_found < _FEWEST_AFFINE else 3)  # the others make the map
    likely = stats.poisson.logsf(max(n_free, 0) - 1, expected) / math.log(10)
    return float(likely + math.log10(max(n_guesses, 1)))


def _near(tree: KDTree, places: _Floats, radius: float) -> NDArray[np.int64]:
    distance, nearest = tree.query(places, distance_upper_bound=radius)
    return np.asarray(nearest[np.isfinite(distance)], np.int64)
