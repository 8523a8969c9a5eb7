"""Cosmic rays, trails and hot pixels: what one exposure shows and the others do not, unless it is shaped as a star."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.exposures.coaddition.candidates import Candidates
from amsd_astro.exposures.coaddition.differences import Difference
from amsd_astro.exposures.coaddition.sharp_pixels import is_sharper_than_stars

__all__ = ["find_beside_others", "find_blemishes", "find_on_stars"]

_LIMIT, _NEXT = 4.0, 2.0  # noise widths of a blemish, and of what belongs to it
_N_ROUNDS = 4
_KEPT = 1.5  # FWHM around a star that changed
_BLURS = 3  # pixels around a blemish that resampling spreads it over
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def find_blemishes(
    difference: Difference, candidates: Candidates, trails: NDArray[np.bool_], fwhm: float
) -> NDArray[np.bool_]:
    """Return the pixels that are not to be used.

    Of two values the higher one alone can be a blemish; of one, none.

    Parameters
    ----------
    difference : Difference
        Of the exposure.
    candidates : Candidates
        Its peaks: around stars that vary nothing is rejected.
    trails : ndarray of bool, shape (ny, nx)
        Pixels of trails.
    fwhm : float
        Of the exposure, in its pixels.
    """
    with np.errstate(invalid="ignore"):
        sign = np.where(difference.light < 0, np.int8(-1), np.int8(1))
        excess = np.abs(difference.light) - difference.allowed(fwhm)
        excess /= difference.width
        tellable = (difference.n_values >= 3) | ((difference.n_values == 2) & (sign > 0))
        excess[~tellable] = np.nan
        blemished = excess > _LIMIT
    varying = candidates.is_star & candidates.was_there
    for x, y in zip(candidates.x[varying], candidates.y[varying], strict=True):
        _clear_disk(blemished, x, y, _KEPT * fwhm)
    _grow(blemished, excess, sign)
    for x, y in zip(candidates.x[varying], candidates.y[varying], strict=True):
        _clear_disk(blemished, x, y, _KEPT * fwhm)
    blemished |= _too_sharp(difference, fwhm)
    blemished |= trails & np.isfinite(difference.light)
    return blemished


def _too_sharp(difference: Difference, fwhm: float) -> NDArray[np.bool_]:
    """Unexpected pixels that no star explains, be the expectation as wrong as it may, and those that belong to them."""
    with np.errstate(invalid="ignore"):
        unexpected = (difference.light > _LIMIT * difference.width) & (difference.n_values >= 2)
    sharp = is_sharper_than_stars(difference.light + difference.expected, difference.width**2, fwhm, unexpected)
    y, x = np.nonzero(sharp)
    for dy, dx in _AROUND:
        sharp[np.clip(y + dy, 0, sharp.shape[0] - 1), np.clip(x + dx, 0, sharp.shape[1] - 1)] = True
    return sharp & unexpected


def find_on_stars(difference: Difference, candidates: Candidates, fwhm: float) -> NDArray[np.bool_]:
    """Return the pixels with too much light where there is a star, unless it varies.

    Parameters
    ----------
    difference : Difference
        Of an exposure that was smoothed until its stars were as wide as expected.
    candidates : Candidates
        Peaks of that.
    fwhm : float
        Of it, in pixels.
    """
    with np.errstate(invalid="ignore"):
        found = difference.light - difference.allowed(fwhm) > _LIMIT * difference.width
        found &= (difference.expected > _LIMIT * difference.width) & (difference.n_values >= 2)
    varying = candidates.is_star & candidates.was_there
    for x, y in zip(candidates.x[varying], candidates.y[varying], strict=True):
        _clear_disk(found, x, y, _KEPT * fwhm)
    return found


def find_beside_others(
    seen: NDArray[np.float32],
    expected: NDArray[np.float32],
    untold: NDArray[np.bool_],
    variance: NDArray[np.float32],
    misfit: float,
    fwhm: float,
) -> NDArray[np.bool_]:
    """Return the blemishes of one of two exposures that lie in or beside one of the other's, which hid them.

    They go on from blemishes of its own that were found, or are sharper than stars.

    Parameters
    ----------
    seen : ndarray of float32, shape (ny, nx)
        Light of the exposure; NaN where it is bad or was rejected.
    expected : ndarray of float32, shape (ny, nx)
        What the other shows, or its neighbours where it is bad.
    untold : ndarray of bool, shape (ny, nx)
        Where the other had a blemish.
    variance : ndarray of float32, shape (ny, nx)
        Of `seen` less `expected`.
    misfit : float
        Part of the expected light that it may be wrong by.
    fwhm : float
        Of the exposure, in its pixels.
    """
    looked_at = ndimage.binary_dilation(untold, np.ones((3, 3)), iterations=_BLURS) & np.isfinite(seen)
    with np.errstate(invalid="ignore"):
        excess = (seen - expected - misfit * np.abs(expected)) / np.sqrt(variance)
    sharp = is_sharper_than_stars(seen, variance, fwhm, looked_at & (excess > _LIMIT))
    own = np.isnan(seen)
    joined = looked_at & (excess > _NEXT)
    found = ndimage.binary_propagation(own | sharp, np.ones((3, 3)), mask=own | sharp | joined)
    return np.asarray(found & ~own)


def _grow(blemished: NDArray[np.bool_], excess: NDArray[np.float32], sign: NDArray[np.int8]) -> None:
    """Add neighbours that deviate the same way, and theirs."""
    ny, nx = blemished.shape
    y, x = np.nonzero(blemished)
    for _ in range(_N_ROUNDS):
        new: list[NDArray[np.intp]] = []
        for dy, dx in _AROUND:
            near_y, near_x = np.clip(y + dy, 0, ny - 1), np.clip(x + dx, 0, nx - 1)
            with np.errstate(invalid="ignore"):
                joined = (excess[near_y, near_x] > _NEXT) & ~blemished[near_y, near_x]
            joined &= sign[near_y, near_x] == sign[y, x]
            new.append(near_y[joined] * nx + near_x[joined])
        added = np.unique(np.concatenate(new))
        if not added.size:
            return
        y, x = np.divmod(added, nx)
        blemished[y, x] = True


def _clear_disk(mask: NDArray[np.bool_], x: float, y: float, radius: float) -> None:
    """Set a disk of a mask False."""
    reach = math.ceil(radius)
    column, row = round(float(x)), round(float(y))
    part = (slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1))
    rows, columns = np.ogrid[part[0].start : part[0].start + mask[part].shape[0], 0 : mask[part].shape[1]]
    mask[part] &= (rows - y) ** 2 + (columns + part[1].start - x) ** 2 > radius**2
