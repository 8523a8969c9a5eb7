"""Maps fitted to pairs of stars: as many parameters as the stars warrant."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from amsd_astro.exposures.robust_means import extra_scatter

__all__ = ["AffineFit", "fit_affine", "warranted_fit"]

_Floats = NDArray[np.float64]

_CUT = 4.685  # of Tukey's biweight, in standard errors
_N_STEPS = 30
_STEP = 1e-4  # of a parameter, by which the map's derivatives are taken
_STARS_EACH = 1.5  # stars that a parameter wants
_BRIGHTEST, _FEWEST_BRIGHT = 1 / 3, 5  # part of the stars, and number, that tell of scatter that is alike for all
_CHANCE = 0.01  # of stars on whole pixels, to be taken for others


@dataclass(frozen=True, eq=False)
class AffineFit:
    """An affine map and how well it is known.

    Attributes
    ----------
    matrix : ndarray, shape (2, 3)
        Takes (x, y, 1) to the other image.
    n_parameters : int
        That were fitted.
    covariance : ndarray, shape (6, 6)
        Of the matrix, row by row.
    residual_x, residual_y : ndarray, shape (n,)
        Of the stars.
    error : ndarray, shape (n,)
        Of one coordinate of each pair, scatter that is in no catalogue included.
    kept : ndarray of bool, shape (n,)
        Pairs that are no outliers.
    chi2 : float
        Robust, of all pairs.
    """

    matrix: _Floats
    n_parameters: int
    covariance: _Floats
    residual_x: _Floats
    residual_y: _Floats
    error: _Floats
    kept: NDArray[np.bool_]
    chi2: float

    @property
    def rms(self) -> float:
        """Of the residuals along one axis, outliers left out, weighted; pixels."""
        weight = 1 / self.error[self.kept] ** 2
        squares = (self.residual_x[self.kept] ** 2 + self.residual_y[self.kept] ** 2) / 2
        return math.sqrt(float(np.sum(weight * squares) / np.sum(weight))) if squares.size else math.nan

    def accuracy(self, x: _Floats, y: _Floats) -> float:
        """Return the standard error along one axis, mean of some places."""
        terms = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1)
        along = [np.einsum("ni,ij,nj->n", terms, self.covariance[part, part], terms)
                 for part in (slice(0, 3), slice(3, 6))]  # fmt: skip
        return float(np.sqrt(np.mean(along)))


def fit_affine(
    x: _Floats,
    y: _Floats,
    to_x: _Floats,
    to_y: _Floats,
    error: _Floats,
    n_parameters: int,
    *,
    start: _Floats,
    wide: _Floats | None = None,
) -> AffineFit:
    """Fit a map to pairs of positions, outliers weighted out.

    Parameters
    ----------
    x, y, to_x, to_y : ndarray, shape (n,)
        The pairs.
    error : ndarray, shape (n,)
        Of one coordinate of a pair.
    n_parameters : {0, 2, 3, 4, 6}
        None, shift, shift and turn, that and scale, any affine one.
    start : ndarray, shape (2, 3)
        Near the map; what is not fitted is kept from it.
    wide : ndarray, shape (n,), optional
        Errors with the scatter that is in no catalogue; measured by default.

    Returns
    -------
    AffineFit
    """
    matrix = np.array(start, np.float64)
    # about the middle of the stars the parameters hardly depend on each other
    middle = np.array([np.mean(x), np.mean(y)])
    size = max(float(np.hypot(np.std(x), np.std(y))), 1.0)
    known, wide = wide, error if wide is None else wide
    weight = np.ones_like(x)
    basis = np.zeros((2, 0, 3))
    normal = np.zeros((0, 0))
    for step in range(_N_STEPS):
        rest = np.stack(_residuals(matrix, x, y, to_x, to_y))
        if known is None and (step < 5 or step % 5 == 0):
            wide = _widened(error, rest, n_parameters)
        cut = _CUT * (3.0 if step == 0 else 1.0)
        distance = np.hypot(*rest) / wide / cut / math.sqrt(2)
        weight = np.where(distance < 1, (1 - distance**2) ** 2, 0.0)
        if not n_parameters:
            break
        basis = _basis(matrix, n_parameters, (x - middle[0]) / size, (y - middle[1]) / size)
        scaled = basis * np.sqrt(weight) / wide
        flat = scaled.transpose(1, 0, 2).reshape(n_parameters, -1)
        normal = flat @ flat.T
        found = np.linalg.lstsq(normal, flat @ (rest * np.sqrt(weight) / wide).ravel(), rcond=1e-12)[0]
        change = _changed(matrix, n_parameters, np.asarray(found, np.float64), middle, size)
        moved = float(
            np.max(np.abs(change @ np.vstack([x, y, np.ones_like(x)]) - matrix @ np.vstack([x, y, x * 0 + 1])))
        )
        matrix = change
        if step >= 5 and moved < 1e-6:
            break
    rest = np.stack(_residuals(matrix, x, y, to_x, to_y))
    squares = np.sum(rest**2, axis=0) / wide**2
    limit = 2 * _CUT**2
    chi2 = float(
        np.sum(np.where(squares < limit, limit / 3 * (1 - (1 - np.minimum(squares / limit, 1)) ** 3), limit / 3))
    )
    covariance = np.zeros((6, 6))
    if n_parameters:
        units: _Floats = np.diag(np.full(n_parameters, _STEP, np.float64))
        moved_maps = [_changed(matrix, n_parameters, unit, middle, size) for unit in units]
        jacobian = np.stack([(moved_map - matrix).ravel() / _STEP for moved_map in moved_maps])
        covariance = jacobian.T @ np.linalg.pinv(normal, rcond=1e-12) @ jacobian
    kept = squares < limit
    return AffineFit(matrix, n_parameters, covariance, rest[0], rest[1], wide, kept, chi2)


def _widened(error: _Floats, rest: _Floats, n_parameters: int) -> _Floats:
    """Errors that explain residuals of shape (2, n): so many times those of the catalogue, and what bright stars show.

    Neighbours, which another seeing blends otherwise, move a faint star by more than a bright one.
    """
    order = np.argsort(error, kind="stable")
    n_bright = max(_FEWEST_BRIGHT, round(_BRIGHTEST * error.size))
    bright, faint = order[:n_bright], order[n_bright:]
    if faint.size:
        each = np.tile(error[faint], 2)
        error = error * math.hypot(1.0, extra_scatter(rest[:, faint].ravel(), each, 0, growing=each))
    return np.hypot(error, extra_scatter(rest[:, bright].ravel(), np.tile(error[bright], 2), n_parameters))


def _residuals(matrix: _Floats, x: _Floats, y: _Floats, to_x: _Floats, to_y: _Floats) -> tuple[_Floats, _Floats]:
    (a, b, c), (d, e, f) = matrix
    return to_x - (a * x + b * y + c), to_y - (d * x + e * y + f)


def _basis(matrix: _Floats, n_parameters: int, u: _Floats, v: _Floats) -> _Floats:
    """How positions change with each parameter, shape (2, n_parameters, n); u and v from the middle."""
    one, none = np.ones_like(u), np.zeros_like(u)
    if n_parameters == 6:
        return np.stack([np.stack([u, v, one, none, none, none]), np.stack([none, none, none, u, v, one])])
    left, down = matrix[0, 0] * u + matrix[0, 1] * v, matrix[1, 0] * u + matrix[1, 1] * v
    terms = [(one, none), (none, one), (-down, left), (left, down)][:n_parameters]
    return np.stack([np.stack([term[axis] for term in terms]) for axis in (0, 1)])


def _changed(matrix: _Floats, n_parameters: int, found: _Floats, middle: _Floats, size: float) -> _Floats:
    """The map with its parameters changed."""
    linear = matrix[:, :2]
    at_middle = linear @ middle + matrix[:, 2]
    if n_parameters == 6:
        linear = linear + np.array([[found[0], found[1]], [found[3], found[4]]]) / size
        at_middle = at_middle + np.array([found[2], found[5]])
    else:
        at_middle = at_middle + found[:2]
        if n_parameters >= 3:
            turn = found[2] / size
            scale = 1 + (found[3] / size if n_parameters == 4 else 0.0)
            cos, sin = math.cos(turn), math.sin(turn)
            linear = scale * np.array([[cos, -sin], [sin, cos]]) @ linear
    return np.column_stack([linear, at_middle - linear @ middle])


def warranted_fit(
    x: _Floats, y: _Floats, to_x: _Floats, to_y: _Floats, error: _Floats, *, starts: dict[int, _Floats]
) -> AffineFit:
    """Fit the map with as many parameters as lower the error that is to be expected.

    Parameters
    ----------
    x, y, to_x, to_y, error : ndarray, shape (n,)
        As for `fit_affine`.
    starts : mapping of int to ndarray
        For each number of parameters that is to be tried, where to start: a shift keeps its linear part.

    Returns
    -------
    AffineFit
    """
    most = max([n for n in starts if n * _STARS_EACH <= x.size] or [min(starts)])
    # scatter beyond the catalogues' errors is what the most flexible map leaves
    wide = fit_affine(x, y, to_x, to_y, error, most, start=starts[most]).error
    fits = [fit_affine(x, y, to_x, to_y, error, n, start=starts[n], wide=wide) for n in sorted(starts) if n <= most]
    best = min(fits, key=lambda fit: fit.chi2 + 2 * fit.n_parameters * _small_sample(2 * x.size, fit.n_parameters))
    if 2 not in starts:
        return best
    # a shift by whole pixels keeps the pixels as they are
    start = np.column_stack([starts[2][:, :2], np.rint(fits[0].matrix[:, 2])])
    plain = fit_affine(x, y, to_x, to_y, error, 0, start=start, wide=wide)
    if plain.chi2 - best.chi2 > stats.chi2.isf(_CHANCE, best.n_parameters):
        return best
    off = plain.matrix - best.matrix
    return replace(plain, covariance=best.covariance + np.outer(off, off))


def _small_sample(n_values: int, n_parameters: int) -> float:
    """By how much more a parameter costs where values are few (Hurvich & Tsai 1989)."""
    return n_values / max(n_values - n_parameters - 1, 1)
