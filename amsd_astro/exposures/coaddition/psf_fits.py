"""Fluxes at given places, by a Gaussian of the seeing's width fitted to the pixels around each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIGMA_PER_FWHM", "PsfFits", "fit_psf"]

SIGMA_PER_FWHM = 1 / math.sqrt(8 * math.log(2))

_AT_ONCE = 200_000  # pixels


@dataclass(frozen=True, eq=False)
class PsfFits:
    """What the fits say; all of shape (n,).

    Attributes
    ----------
    flux, error : ndarray
        NaN where too few good pixels are seen.
    misfit : ndarray
        Mean square of what is left, in units of its expectation.
    sharpness : ndarray
        The largest of the pixels over the star's there.
    """

    flux: NDArray[np.float64]
    error: NDArray[np.float64]
    misfit: NDArray[np.float64]
    sharpness: NDArray[np.float64]


def fit_psf(
    image: NDArray[np.float32],
    variance: NDArray[np.float32],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    fwhm: float,
    *,
    fair: float = 0.1,
) -> PsfFits:
    """Fit a star at each place.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Light without what is known to be there, NaN where pixels are bad, and its variance.
    places : tuple of ndarray
        x and y.
    fwhm : float
        Pixels.
    fair : float, optional
        Part of the star that may differ from a Gaussian.
    """
    sigma, reach = SIGMA_PER_FWHM * fwhm, max(2, math.ceil(1.2 * fwhm))
    parts = []
    step = max(1, _AT_ONCE // (2 * reach + 1) ** 2)
    for start in range(0, max(1, places[0].size), step):
        x, y = (one[start : start + step] for one in places)
        parts.append(_fit(image, variance, x, y, sigma, reach, fair))
    return PsfFits(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _fit(
    image: NDArray[np.float32],
    variance: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sigma: float,
    reach: int,
    fair: float,
) -> tuple[NDArray[np.float64], ...]:
    ny, nx = image.shape
    column, row = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    offset = np.arange(-reach, reach + 1)
    rows, columns = row[:, None, None] + offset[:, None], column[:, None, None] + offset
    inside = (rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)
    index = np.clip(rows, 0, ny - 1), np.clip(columns, 0, nx - 1)
    values, noise = image[index].astype(np.float64), variance[index].astype(np.float64)
    psf = np.exp(-((rows - y[:, None, None]) ** 2 + (columns - x[:, None, None]) ** 2) / (2 * sigma**2))
    psf /= 2 * math.pi * sigma**2
    good = inside & np.isfinite(values)
    values = np.where(good, values, 0.0)
    weight = np.where(good, psf / noise, 0.0)
    axes = (1, 2)
    power = np.maximum(np.sum(psf * weight, axis=axes), 1e-300)
    flux = np.sum(values * weight, axis=axes) / power
    seen = np.sum(np.where(good, psf**2, 0), axis=axes) / np.sum(psf**2, axis=axes)
    flux[seen < 0.7] = np.nan
    star = flux[:, None, None] * psf
    peak = np.abs(star).max(axis=axes)
    allowed = noise + (fair * star) ** 2 + (0.3 * fair * peak[:, None, None]) ** 2
    misfit = np.sum(np.where(good, (values - star) ** 2 / allowed, 0), axis=axes) / np.maximum(good.sum(axis=axes), 1)
    sharpness = np.max(values * np.sign(flux)[:, None, None], axis=axes, initial=0) / np.maximum(peak, 1e-300)
    return flux, 1 / np.sqrt(power), misfit, sharpness
