"""Lists of stars matched, and lists that must not be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from amsd_astro.exposures.placing.affine_fits import fit_affine
from amsd_astro.exposures.placing.star_matching import ORIENTATIONS, match_by_shift, match_by_triangles

SIDE = 1000
SHAPE = (SIDE, SIDE)
Lists = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def lists(seed: int, n: int, *, mirrored: bool = False, scale: float = 1.0, spurious: float = 0.3) -> Lists:
    """Two lists, brightest first: 70 % of the field in both, some stars missed and others not there."""
    rng = np.random.default_rng([seed, n])
    turn = rng.uniform(0, 2 * np.pi)
    linear = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    linear = linear @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    middle = np.full(2, SIDE / 2)
    matrix = np.column_stack([linear, middle + rng.uniform(-0.2, 0.2, 2) * SIDE - linear @ middle])
    places, brightness = rng.uniform(-SIDE, 2 * SIDE, (9 * n, 2)), rng.pareto(0.8, 9 * n)

    def seen(where: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.all((where > 0) & (where < SIDE), axis=1) & (rng.random(9 * n) > spurious / 2)
        flux = brightness[inside] * np.exp(0.1 * rng.standard_normal(inside.sum()))
        n_more = round(spurious * inside.sum())
        found = np.concatenate(
            [where[inside] + rng.normal(0, 0.05, (inside.sum(), 2)), rng.uniform(0, SIDE, (n_more, 2))]
        )
        return found[np.argsort(-np.append(flux, rng.choice(flux, n_more)))]

    return seen(places), seen(places @ linear.T + matrix[:, 2]), matrix


def corner_error(matrix: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    corners = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1.0]])
    return float(np.max(np.abs(corners @ (matrix - truth).T)))


@pytest.mark.parametrize("n", [40, 200])
@pytest.mark.parametrize(("mirrored", "scale"), [(False, 1.0), (True, 1.0), (False, 1.3), (True, 0.7)])
def test_triangles_find_any_orientation(n: int, mirrored: bool, scale: float) -> None:
    for seed in range(5):
        first, second, truth = lists(seed, n, mirrored=mirrored, scale=scale)
        match = match_by_triangles(first, second, SHAPE)
        assert match is not None and match.is_certain
        assert corner_error(match.matrix, truth) < 1.0


def test_a_known_orientation_needs_few_stars() -> None:
    rng = np.random.default_rng(1)
    for linear in ORIENTATIONS:
        first = rng.uniform(100, 900, (5, 2))
        shift = np.array([30.3, -25.2]) + 500 - linear @ [500, 500]
        second = first @ linear.T + shift + rng.normal(0, 0.05, first.shape)
        match = match_by_shift(first, second, SHAPE, linear=linear)
        assert match is not None and match.is_certain
        np.testing.assert_array_equal(match.first, match.second)


@pytest.mark.slow
def test_unrelated_lists_never_match() -> None:
    rng = np.random.default_rng(2)
    for n in (5, 8, 12, 30, 100, 300):
        for _ in range(2):
            first, second = rng.uniform(0, SIDE, (n, 2)), rng.uniform(0, SIDE, (n, 2))
            # crowded in one corner, as clusters are
            first[: n // 3] = first[: n // 3] * 0.1 + 450
            second[: n // 3] = second[: n // 3] * 0.1 + 450
            for match in (
                match_by_triangles(first, second, SHAPE),
                *(match_by_shift(first, second, SHAPE, linear=linear) for linear in ORIENTATIONS),
            ):
                assert match is None or not match.is_certain


def test_fewer_than_five_stars_match_nothing() -> None:
    stars = np.random.default_rng(3).uniform(0, SIDE, (4, 2))
    assert match_by_triangles(stars, stars, SHAPE) is None
    assert match_by_shift(stars, stars, SHAPE, linear=ORIENTATIONS[0]) is None


def test_faint_stars_that_neighbours_move_do_not_spoil_a_map() -> None:
    """Twenty bright stars and 60 faint ones that blends move by five times their errors: the bright ones tell."""
    off = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, y = rng.uniform(0, SIDE, (2, 80))
        error = np.concatenate([np.full(20, 0.01), rng.uniform(0.05, 0.1, 60)])
        scatter = 5 * error
        to_x, to_y = x + 3 + scatter * rng.standard_normal(80), y - 2 + scatter * rng.standard_normal(80)
        fit = fit_affine(x, y, to_x, to_y, error, 2, start=np.eye(2, 3))
        off += [fit.matrix[0, 2] - 3, fit.matrix[1, 2] + 2]
        assert 0.007 < fit.accuracy(x, y) < 0.016
    assert np.sqrt(np.mean(np.square(off))) < 0.015  # all alike would have 0.04, at best 0.011 is possible
