"""Stars fitted by the PSF of their exposure, all at once, each without the light of the others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.stars.psf_tables import STAR_RADIUS, PsfTables
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.stamps import add_stamp, cut_stamps

__all__ = ["StarFits", "draw_stars", "fit_stars"]

_Floats = NDArray[np.float64]

_N_ROUNDS, _N_STEPS = 2, 4  # the others are taken off anew before each round of steps
_LONGEST = 0.7  # pixels of a step
_FEWEST = 0.6  # of a star's pixels that must be good
_TINY = 1e-100
_STANDS_OUT = 5.0  # sigma of a pixel
_FLAT_FIELD = 0.01  # of the light: no detector and no profile is better known


@dataclass(frozen=True, eq=False)
class StarFits:
    """What was fitted, every array of shape (n,).

    Attributes
    ----------
    x, y, flux : ndarray
        Position and light; NaN where the fit failed.
    variance : ndarray, shape (n, 3)
        Of flux, x and y, as white noise makes it.
    chi2 : ndarray
        Squared residuals in the noise's variance, mean of the pixels.
    growth : ndarray
        By how much larger than the PSF it is, in its size: 0 for a star, -0.5 for a hot pixel.
    growth_error : ndarray
        Of that.
    excess : ndarray
        What the pixel that stands out most, beyond the noise, has above the fit, over the top of the fit.
    """

    x: _Floats
    y: _Floats
    flux: _Floats
    variance: _Floats
    chi2: _Floats
    growth: _Floats
    growth_error: _Floats
    excess: _Floats


def fit_stars(
    light: NDArray[np.floating],
    bad: NDArray[np.bool_],
    noise: NoiseModel,
    tables: PsfTables,
    row: NDArray[np.integer],
    column: NDArray[np.integer],
) -> StarFits:
    """Fit position, flux and local level of stars by weighted least squares.

    Parameters
    ----------
    light : ndarray, shape (ny, nx)
        The exposure less its sky.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    noise : NoiseModel
        Of the exposure.
    tables : PsfTables
        Of its PSF.
    row, column : ndarray of int, shape (n,)
        Where to begin.

    Returns
    -------
    StarFits
    """
    half = max(2, math.ceil(STAR_RADIUS * tables.psf.fwhm))
    stamps = cut_stamps(light, row, column, half, bad=bad)[0]
    others = np.zeros_like(stamps)
    radius = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1])
    used = (radius <= STAR_RADIUS * tables.psf.fwhm + 0.5) & np.isfinite(stamps)
    floor = _floor_at(noise, row, column, half)
    dx, dy = np.zeros(row.size), np.zeros(row.size)
    flux, level = np.nansum(np.where(used, stamps, 0.0), axis=(1, 2)), np.zeros(row.size)
    for turn in range(_N_ROUNDS):
        if turn:
            others = _light_of_others(light.shape, tables, row, column, dx, dy, flux, half)
        values = np.where(used, np.nan_to_num(stamps) - others, 0.0)
        for _ in range(_N_STEPS):
            drawn = tables.drawn(dx, dy, half)
            weight = _weights(flux, level, drawn[0], others, used, floor, noise)
            flux, level, dx, dy, inverse = _step(values, drawn, weight, flux, dx, dy)
    drawn = tables.drawn(dx, dy, half)
    rest = values - flux[:, None, None] * drawn[0] - level[:, None, None]
    n_used = np.count_nonzero(used, axis=(1, 2))
    chi2 = np.sum(weight * rest**2, axis=(1, 2)) / np.maximum(n_used - 4, 1)
    growth, growth_error = _growth(rest, drawn, weight, flux, dx, dy)
    significant = rest * np.sqrt(weight) > _STANDS_OUT
    top = np.max(drawn[0], axis=(1, 2)) * np.where(flux > 0, flux, np.inf)
    excess = np.max(np.where(significant, rest, 0.0), axis=(1, 2)) / top
    variance = np.stack([inverse[:, 0, 0], inverse[:, 1, 1], inverse[:, 2, 2]], axis=1)
    lost = (n_used < _FEWEST * np.count_nonzero(radius <= STAR_RADIUS * tables.psf.fwhm + 0.5)) | ~(flux > 0)
    lost |= ~np.all(variance > 0, axis=1) | (np.hypot(dx, dy) > 0.7 * tables.psf.fwhm + 1)
    flux[lost] = np.nan
    return StarFits(column + dx, row + dy, flux, variance, chi2, growth, growth_error, excess)


def _floor_at(noise: NoiseModel, row: NDArray[np.integer], column: NDArray[np.integer], half: int) -> _Floats:
    """Variance on the sky, under each pixel of the stamps or as a number for each."""
    if isinstance(noise.floor, np.ndarray):
        floor = np.nan_to_num(cut_stamps(noise.floor, row, column, half)[0])
    else:
        floor = np.full((row.size, 1, 1), float(noise.floor))
    return np.maximum(floor + noise.slope * noise.sky, 1e-3 * noise.sky_variance)


def _weights(
    flux: _Floats,
    level: _Floats,
    drawn: _Floats,
    others: _Floats,
    used: NDArray[np.bool_],
    floor: _Floats,
    noise: NoiseModel,
) -> _Floats:
    """Inverse variances by what is fitted, never by the pixels themselves, which would bias."""
    star = np.maximum(flux, 0.0)[:, None, None] * np.maximum(drawn, 0.0)
    signal = star + np.maximum(level, 0.0)[:, None, None] + np.maximum(others, 0.0)
    return used / (floor + noise.slope * signal + (_FLAT_FIELD * star) ** 2)


def _step(
    values: _Floats, drawn: tuple[_Floats, ...], weight: _Floats, flux: _Floats, dx: _Floats, dy: _Floats
) -> tuple[_Floats, ...]:
    """One Gauss-Newton step of flux, x, y and level; and the inverse of the normal equations, of flux, x and y."""
    n = flux.size
    # of a star that seems to have no light the place is known badly, not infinitely badly
    noise = 1 / np.sqrt(np.maximum(weight.max(axis=(1, 2)), _TINY))
    strength = np.maximum(flux, noise)[:, None, None]
    terms = np.stack([drawn[0], strength * drawn[1], strength * drawn[2], np.ones_like(drawn[0])], axis=1)
    terms = terms.reshape(n, 4, -1)
    weighted = terms * weight.reshape(n, 1, -1)
    normal = weighted @ terms.swapaxes(1, 2)
    size = np.sqrt(np.maximum(np.einsum("nii->ni", normal), _TINY))
    normal = normal / size[:, :, None] / size[:, None, :] + 1e-9 * np.eye(4)
    inverse = np.linalg.inv(normal) / size[:, :, None] / size[:, None, :]
    found = np.einsum("nij,nj->ni", inverse, np.einsum("nip,np->ni", weighted, values.reshape(n, -1)))
    move_x, move_y = (np.clip(found[:, k], -_LONGEST, _LONGEST) for k in (1, 2))
    return found[:, 0], found[:, 3], dx + move_x, dy + move_y, inverse


def _growth(
    rest: _Floats, drawn: tuple[_Floats, ...], weight: _Floats, flux: _Floats, dx: _Floats, dy: _Floats
) -> tuple[_Floats, _Floats]:
    """How much larger than the PSF: the part of the residual that goes like a change of size."""
    half = rest.shape[-1] // 2
    offset = np.arange(-half, half + 1)
    x, y = (offset - dx[:, None])[:, None, :], (offset - dy[:, None])[:, :, None]
    larger = flux[:, None, None] * (x * drawn[1] + y * drawn[2] - 2 * drawn[0])
    # of that, what flux and level have taken already
    n = flux.size
    terms = np.stack([drawn[0], np.ones_like(drawn[0])], axis=1).reshape(n, 2, -1)
    weighted = terms * weight.reshape(n, 1, -1)
    normal = weighted @ terms.swapaxes(1, 2)
    trace = np.maximum(np.einsum("nii->n", normal), _TINY)[:, None, None]
    taken = np.linalg.solve(normal / trace + 1e-12 * np.eye(2), weighted @ larger.reshape(n, -1, 1) / trace)
    own = larger.reshape(n, -1) - np.einsum("nip,ni->np", terms, taken[..., 0])
    total = np.maximum(np.sum(weight.reshape(n, -1) * own**2, axis=1), _TINY)
    return np.sum(weight.reshape(n, -1) * own * rest.reshape(n, -1), axis=1) / total, 1 / np.sqrt(total)


def _light_of_others(
    shape: tuple[int, ...],
    tables: PsfTables,
    row: NDArray[np.integer],
    column: NDArray[np.integer],
    dx: _Floats,
    dy: _Floats,
    flux: _Floats,
    half: int,
) -> _Floats:
    """What all other stars shed on each star's stamp."""
    image = draw_stars(shape, tables, column + dx, row + dy, flux)
    own = tables.light(dx, dy, half) * np.where(flux > 0, flux, 0.0)[:, None, None]
    return np.nan_to_num(cut_stamps(image, row, column, half)[0]) - own


def draw_stars(shape: tuple[int, ...], tables: PsfTables, x: _Floats, y: _Floats, flux: _Floats) -> _Floats:
    """Draw stars as far as the tables of their PSF go; those without a positive flux are left out.

    Parameters
    ----------
    shape : (ny, nx)
        Of the image.
    tables : PsfTables
        The PSF.
    x, y, flux : ndarray, shape (n,)
        The stars.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
    """
    image = np.zeros(shape)
    seen = flux > 0
    x, y, flux = x[seen], y[seen], flux[seen]
    row, column = np.rint(y).astype(np.int64), np.rint(x).astype(np.int64)
    drawn = tables.light(x - column, y - row, tables.half - 1) * flux[:, None, None]
    for stamp, top, left in zip(drawn, row, column, strict=True):
        add_stamp(image, stamp, top, left)
    return image
