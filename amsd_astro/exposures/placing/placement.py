"""Where an exposure lies on the reference, and how its light and its sky compare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.affine_fits import AffineFit, warranted_fit
from amsd_astro.exposures.placing.grid_maps import IDENTITY, GridMap
from amsd_astro.exposures.placing.star_matching import (
    FEWEST_STARS,
    ORIENTATIONS,
    Match,
    match_by_shift,
    match_by_triangles,
)
from amsd_astro.exposures.placing.wcs_grids import wcs_grid
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.exposures.transparency import measure_scale

__all__ = ["CannotPlaceError", "Placement", "place"]

_Floats = NDArray[np.float64]
How = Literal["grid", "WCS", "WCS and stars", "stars"]

_SAME_GRID = 0.02  # pixels, by which two WCS that are one differ at most
_WCS_OFF = 30.0  # pixels, by which a WCS may be wrong before it is left out of account
_PAIR, _PAIR_SIGMA = 1.5, 5.0  # pixels and standard errors, within which two stars are one
_ONE_SCALE = 0.02  # by which the scales of two exposures of one camera may differ
_SQUARE = math.radians(1.5)  # from a quarter turn, where a shift alone is tried
_N_PLACES = 7  # along an axis, where the accuracy is told


class CannotPlaceError(FrameError):
    """Nothing tells where the exposure lies on the reference."""


@dataclass(frozen=True, eq=False)
class Placement:
    """An exposure beside the reference.

    Its pixels in the reference's unit are ``(value - sky) / scale * grid.area + the reference's sky``.

    Attributes
    ----------
    grid : GridMap
        From the reference's pixels to the exposure's.
    scale, scale_error : float
        Light of a source in the exposure (summed, its units) over that in the reference. An error as large as the
        scale says that nothing tells it.
    sky, sky_error : float
        Level of the exposure's sky, its units.
    fwhm : float
        Of its PSF, in pixels of the reference; nan where it shows no stars.
    n_stars : int
        Stars by which it was placed.
    rms : float
        Of their residuals along one axis, pixels of the exposure; nan without.
    accuracy : float
        Standard error of the placement along one axis, mean over the frame, pixels of the exposure; nan where only the
        WCS tells.
    how : {"grid", "WCS", "WCS and stars", "stars"}
        "grid" where both have the same grid.
    """

    grid: GridMap
    scale: float
    scale_error: float
    sky: float
    sky_error: float
    fwhm: float
    n_stars: int
    rms: float
    accuracy: float
    how: How


def place(reference: Exposure, exposure: Exposure) -> Placement:
    """Find where an exposure lies on the reference, and its transparency, sky and seeing.

    Parameters
    ----------
    reference, exposure : Exposure
        The two.

    Returns
    -------
    Placement

    Raises
    ------
    CannotPlaceError
        They show different fields, or too few stars where no WCS tells.
    """
    base, same = _by_wcs(reference, exposure)
    has_wcs = base is not None
    base = GridMap(reference.shape) if base is None else base
    match, turned = _matched(reference, exposure, base, has_wcs=has_wcs)
    if match is None:
        _refuse_without_stars(reference, exposure, base, has_wcs=has_wcs)
        nothing = np.zeros(0, np.int64)
        return _placed(reference, exposure, base, nothing, nothing, None, "grid" if same else "WCS")
    if turned:
        base, has_wcs = GridMap(reference.shape), False
    first, second, fit = _fitted(reference.stars, exposure.stars, base, match)
    grid = GridMap(reference.shape, fit.matrix, base.forward, base.backward)
    if grid.is_identity:
        how: How = "grid"
    else:
        how = "WCS and stars" if has_wcs else "stars"
    return _placed(reference, exposure, grid, first, second, fit, how)


def _placed(
    reference: Exposure,
    exposure: Exposure,
    grid: GridMap,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    fit: AffineFit | None,
    how: How,
) -> Placement:
    scale, error = measure_scale(reference, exposure, grid, first, second)
    sky, sky_error = exposure.sky, exposure.sky_error
    if not math.isfinite(sky):
        sky, sky_error = exposure.noise.sky, 0.0
    n_stars, rms, accuracy = 0, math.nan, math.nan
    if fit is not None:
        n_stars, rms = int(np.count_nonzero(fit.kept)), fit.rms
        ny, nx = reference.shape
        places = np.meshgrid(np.linspace(0, nx - 1, _N_PLACES), np.linspace(0, ny - 1, _N_PLACES))
        accuracy = fit.accuracy(*(places if grid.forward is None else grid.forward(*places)))
    fwhm = exposure.fwhm / math.sqrt(grid.area)
    return Placement(grid, scale, error, sky, sky_error, fwhm, n_stars, rms, accuracy, how)


def _by_wcs(reference: Exposure, exposure: Exposure) -> tuple[GridMap | None, bool]:
    """The map by the two WCS, None without one; and whether they make both grids one."""
    if reference.wcs is None or exposure.wcs is None:
        return None, False
    forward = wcs_grid(reference.wcs, exposure.wcs, reference.shape)
    backward = wcs_grid(exposure.wcs, reference.wcs, exposure.shape)
    if forward is None or backward is None:
        return None, False
    ny, nx = reference.shape
    x, y = np.meshgrid(np.linspace(0, nx - 1, _N_PLACES), np.linspace(0, ny - 1, _N_PLACES))
    new_x, new_y = forward(x, y)
    if float(np.max(np.hypot(new_x - x, new_y - y))) < _SAME_GRID and reference.shape == exposure.shape:
        return GridMap(reference.shape), True
    return GridMap(reference.shape, IDENTITY.copy(), forward, backward), False


def _matched(reference: Exposure, exposure: Exposure, base: GridMap, *, has_wcs: bool) -> tuple[Match | None, bool]:
    """The stars that both have, None where no match is certain; and whether that was found without the WCS."""
    start = np.column_stack([reference.stars.x, reference.stars.y])
    moved = np.column_stack(base.to_exposure(reference.stars.x, reference.stars.y))
    end = np.column_stack([exposure.stars.x, exposure.stars.y])
    shape, plain = exposure.shape, ORIENTATIONS[0]
    found = match_by_shift(moved, end, shape, linear=plain, reach=_WCS_OFF)
    if found is None or not found.is_certain:
        found = match_by_shift(moved, end, shape, linear=plain)
    if found is not None and found.is_certain:
        return found, False
    for linear in ORIENTATIONS[0 if has_wcs else 1 :]:
        found = match_by_shift(start, end, shape, linear=linear)
        if found is not None and found.is_certain:
            return found, True
    found = match_by_triangles(start, end, shape)
    return (found, True) if found is not None and found.is_certain else (None, False)


def _refuse_without_stars(reference: Exposure, exposure: Exposure, base: GridMap, *, has_wcs: bool) -> None:
    """Raise unless the WCS places the exposure, and too few stars could say that it is wrong."""
    counts = len(reference.stars), len(exposure.stars)
    if not has_wcs:
        if min(counts) < FEWEST_STARS:
            rule = f"without a WCS in both, {FEWEST_STARS} stars must tell where an exposure lies on the reference"
            received = f"{counts[1]} stars, {counts[0]} in the reference {reference.name}"
        else:
            rule = "the stars must be those of the reference"
            received = f"another field: {counts[1]} stars match no {counts[0]} of {reference.name}"
        raise CannotPlaceError(f"{rule}. Received: {received}", path=exposure.name)
    ny, nx = reference.shape
    new_x, new_y = base.to_exposure(*np.meshgrid(np.linspace(0, nx - 1, 33), np.linspace(0, ny - 1, 33)))
    if not np.any(_inside(new_x, new_y, exposure.shape)):
        rule = f"the exposure must lie on the reference {reference.name}. Received: another part of the sky, by the WCS"
        raise CannotPlaceError(rule, path=exposure.name)
    n_both = min(
        np.count_nonzero(_inside(*base.to_exposure(reference.stars.x, reference.stars.y), exposure.shape)),
        np.count_nonzero(_inside(*base.to_reference(exposure.stars.x, exposure.stars.y), reference.shape)),
    )
    if n_both >= FEWEST_STARS:
        rule = f"the stars must be where the WCS has those of the reference {reference.name}"
        raise CannotPlaceError(f"{rule}. Received: {n_both} stars of which too few are", path=exposure.name)


def _inside(x: _Floats, y: _Floats, shape: tuple[int, int]) -> NDArray[np.bool_]:
    return (x > -0.5) & (x < shape[1] - 0.5) & (y > -0.5) & (y < shape[0] - 0.5)


def _fitted(
    first: StarCatalogue, second: StarCatalogue, base: GridMap, match: Match
) -> tuple[NDArray[np.int64], NDArray[np.int64], AffineFit]:
    """The map by all stars that both have, with as many parameters as they warrant."""
    x, y = base.to_exposure(first.x, first.y)
    at = np.column_stack([x, y])
    i, j, matrix = match.first, match.second, match.matrix
    for _ in range(2):
        size = math.sqrt(abs(float(np.linalg.det(matrix[:, :2])))) * math.sqrt(base.area)
        error = np.hypot(size * first.error[i], second.error[j])
        fit = warranted_fit(x[i], y[i], second.x[j], second.y[j], error, starts=_starts(matrix))
        matrix = fit.matrix
        moved = at @ matrix[:, :2].T + matrix[:, 2]
        off = np.hypot(moved[i, 0] - second.x[j], moved[i, 1] - second.y[j])
        kept = off < np.clip(_PAIR_SIGMA * fit.error, 0.1, _PAIR)
        if np.count_nonzero(kept) >= FEWEST_STARS:
            i, j = i[kept], j[kept]
    return i, j, fit


def _starts(matrix: _Floats) -> dict[int, _Floats]:
    """For each number of parameters the nearest map that has no more: turned and mirrored, but to no other scale."""
    linear = matrix[:, :2]
    u, sizes, v = np.linalg.svd(linear)
    turn = u @ v
    scale = float(np.mean(sizes))
    starts = {4: scale * turn, 6: linear}
    if abs(scale - 1) < _ONE_SCALE:
        starts[3] = turn
        square = min(ORIENTATIONS, key=lambda one: float(np.sum((one - turn) ** 2)))
        if float(np.sqrt(np.sum((square - turn) ** 2) / 2)) < _SQUARE:
            starts[2] = square
    return {n: np.column_stack([one, matrix[:, 2]]) for n, one in starts.items()}
