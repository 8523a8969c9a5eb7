"""Triangles of stars, by which catalogues of unknown orientation are compared."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

__all__ = ["SCALES", "alike_triangles"]

_Floats = NDArray[np.float64]

SCALES = (0.4, 2.5)
"""Between these lie the scales of maps that are looked for."""

_ALL_TRIANGLES, _NEIGHBOURS = 20, 7  # of so few stars all triangles count, of more those of so many neighbours
_SMALLEST_SIDE = 12.0  # pixels of a triangle's longest
_FLATTEST = 0.1  # shortest side over the longest
_ALIKE = 0.012  # of the ratios of their sides
_MOST = 6000  # maps


def alike_triangles(first: _Floats, second: _Floats) -> _Floats:
    """Compare triangles of neighbouring stars by the ratios of their sides.

    Parameters
    ----------
    first, second : ndarray, shape (n, 2)
        Positions (x, y) in two catalogues.

    Returns
    -------
    ndarray, shape (n, 2, 3)
        For each two that are alike the map from one to the other, mirrored or not.
    """
    one, one_sides = _triangles(first)
    other, other_sides = _triangles(second)
    if not (len(one) and len(other)):
        return np.zeros((0, 2, 3))
    pairs = KDTree(one_sides).query_ball_tree(KDTree(other_sides), _ALIKE)
    index = np.array([(i, j) for i, near in enumerate(pairs) for j in near], np.int64).reshape(-1, 2)
    if len(index) > _MOST:
        index = index[:: -(-len(index) // _MOST)]
    start, end = first[one[index[:, 0]]], second[other[index[:, 1]]]
    # as complex numbers, of which a map is a factor and a shift; mirrored ones are conjugates
    p, q = start[..., 0] + 1j * start[..., 1], end[..., 0] + 1j * end[..., 1]
    mirrored = _turn(p) * _turn(q) < 0
    p = np.where(mirrored[:, None], p.conj(), p)
    p_middle, q_middle = p.mean(axis=1), q.mean(axis=1)
    from_middle = p - p_middle[:, None]
    factor = np.sum((q - q_middle[:, None]) * from_middle.conj(), axis=1) / np.sum(np.abs(from_middle) ** 2, axis=1)
    shift = q_middle - factor * p_middle
    sign = np.where(mirrored, -1.0, 1.0)
    maps = np.stack(
        [
            np.stack([factor.real, -sign * factor.imag, shift.real], axis=1),
            np.stack([factor.imag, sign * factor.real, shift.imag], axis=1),
        ],
        axis=1,
    )
    size = np.abs(factor)
    return maps[(size > SCALES[0]) & (size < SCALES[1])]


def _turn(corners: NDArray[np.complex128]) -> _Floats:
    """Positive where three corners go round one way, negative for the other."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray((a.conj() * b).imag)


def _triangles(places: _Floats) -> tuple[NDArray[np.int64], _Floats]:
    """Triangles of neighbours, the corner opposite to the longest side first; and ratios of their sides."""
    n = len(places)
    if n <= _ALL_TRIANGLES:
        corners = np.array(list(combinations(range(n), 3)), np.int64)
    else:
        near = KDTree(places).query(places, _NEIGHBOURS + 1)[1]
        pairs = np.array(list(combinations(range(1, _NEIGHBOURS + 1), 2)))
        corners = np.stack(
            [np.repeat(np.arange(n), len(pairs)), near[:, pairs[:, 0]].ravel(), near[:, pairs[:, 1]].ravel()], axis=1
        )
        corners = np.unique(np.sort(corners, axis=1), axis=0)
    a, b, c = (places[corners[:, k]] for k in range(3))
    sides = np.stack([np.hypot(*(b - c).T), np.hypot(*(c - a).T), np.hypot(*(a - b).T)], axis=1)
    order = np.argsort(-sides, axis=1, kind="stable")
    sides = np.take_along_axis(sides, order, axis=1)
    corners = np.take_along_axis(corners, order, axis=1)
    ratios = sides[:, 1:] / np.maximum(sides[:, :1], 1e-9)
    usable = (sides[:, 0] > _SMALLEST_SIDE) & (sides[:, 2] > _FLATTEST * sides[:, 0])
    # sides of one length have no order
    usable &= (ratios[:, 0] < 1 - _ALIKE / 2) & (ratios[:, 1] < ratios[:, 0] - _ALIKE / 2)
    return corners[usable], ratios[usable]
