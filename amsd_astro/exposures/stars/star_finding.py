"""Finding the stars of an exposure and measuring them by its own PSF."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from amsd_astro.exposures.sky_levels import ExposureSky
from amsd_astro.exposures.stars.growth_curves import GrowthCurve, measure_growth
from amsd_astro.exposures.stars.point_sources import find_peaks, saturation_level
from amsd_astro.exposures.stars.psf_tables import tabulate
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.exposures.stars.star_fits import StarFits, draw_stars, fit_stars
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.noise import card_of
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.psf import measure_psf
from amsd_astro.validation.measures.sky_map import SkyMap

__all__ = ["measure_stars"]

_FEWEST_PIXELS = 8  # half a side
_SATURATION_KEYS = ("SATURATE", "SATLEVEL")
_MOST_PEAKS, _MOST_STARS = 500, 300
_REACH = 3.0  # FWHM: half-size of the light that is taken off neighbours
_LEAST_SIGNAL = 7.0  # flux over its error
_LARGEST_ERROR = 0.35  # pixels
_SMALLEST, _LARGEST = -0.28, 1.0  # growth beyond which it is no star
_BRIGHT, _FEWEST_BRIGHT = 50.0, 5  # flux over its error, and stars, by which the PSF itself is judged
_SHARPEST = 0.4  # of the top of a star, that no single pixel has above it
_SURE = 3.0  # standard errors
_FLOOR = 0.003  # pixels: no profile is better known


def measure_stars(frame: Frame, noise: NoiseModel, sky: ExposureSky) -> tuple[StarCatalogue, float, GrowthCurve | None]:
    """Find the stars of an exposure and measure them by its own PSF.

    Parameters
    ----------
    frame : Frame
        The exposure, bad pixels masked.
    noise : NoiseModel
        Its noise.
    sky : ExposureSky
        Its sky.

    Returns
    -------
    stars : StarCatalogue
        300 at most.
    fwhm : float
        Of the PSF, pixels; nan without stars.
    growth : GrowthCurve or None
        What apertures hold of the stars' light; None where they do not show it.
    """
    none: tuple[StarCatalogue, float, GrowthCurve | None] = (StarCatalogue.empty(), math.nan, None)
    if not noise.sky_variance > 0 or min(frame.data.shape) < 2 * _FEWEST_PIXELS:
        return none
    light, bad = sky.light(np.asarray(frame.data)), sky.bad
    level = saturation_level(np.asarray(frame.data), bad, _saturation(frame))
    if np.isfinite(level):
        bad = bad | (np.asarray(frame.data) >= level)
    background = np.asarray(sky.background)
    nothing = np.zeros((1, 1))
    psf = measure_psf(frame, noise, sky=SkyMap(background, nothing, nothing > 0, sky.bad))  # type: ignore[arg-type]
    row, column = find_peaks(light, sky.bad, noise, psf.fwhm, most=_MOST_PEAKS)
    if not row.size:
        return none
    tables = tabulate(psf, math.ceil(_REACH * psf.fwhm) + 2)
    fits = fit_stars(light, bad, noise, tables, row, column)
    raised, raised_flux = tables.correlated(noise)
    worse = _unlike_others(fits)
    error = np.hypot(raised * worse * np.sqrt(np.mean(fits.variance[:, 1:], axis=1)), _FLOOR)
    flux_error = raised_flux * worse * np.sqrt(fits.variance[:, 0])
    good = np.isfinite(fits.flux) & (fits.flux > _LEAST_SIGNAL * flux_error) & (error < _LARGEST_ERROR)
    margin = _SURE * fits.growth_error
    good &= (fits.growth > _SMALLEST - margin) & (fits.growth < _LARGEST + margin)
    good &= fits.excess < _SHARPEST  # hot pixels, cosmic rays
    good &= ~_twice(fits.x, fits.y, good, 0.5 * psf.fwhm)
    order = np.flatnonzero(good)[np.argsort(-fits.flux[good], kind="stable")][:_MOST_STARS]
    size = psf.fwhm * np.clip(1 + fits.growth, 0.3, 3.0)
    stars = StarCatalogue(fits.x, fits.y, error, fits.flux, flux_error, size)[order]
    if not len(stars):
        return none
    rest = light - draw_stars(light.shape, tables, fits.x, fits.y, fits.flux)
    return stars, float(psf.fwhm), measure_growth(rest, bad, noise, tables, stars)


def _unlike_others(fits: StarFits) -> NDArray[np.float64]:
    """By how much worse the PSF fits each star than it fits others as bright: what errors are to be raised by.

    A PSF that is known to a percent fits no bright star within its noise, but is off by the same for all of them.
    """
    signal = fits.flux / np.sqrt(fits.variance[:, 0])
    bright = signal > _BRIGHT
    off = 0.0
    if np.count_nonzero(bright) >= _FEWEST_BRIGHT:
        off = max(float(np.median((fits.chi2[bright] - 1) / signal[bright] ** 2)), 0.0)
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.maximum(fits.chi2 / (1 + off * signal**2), 1.0))


def _saturation(frame: Frame) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cards = (card_of(frame, key) for key in _SATURATION_KEYS)
        return next((card[0] for card in cards if card is not None), None)


def _twice(x: NDArray[np.float64], y: NDArray[np.float64], good: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Which peaks, in the order of their height, are another good one's star."""
    twice = np.zeros(x.size, bool)
    index = np.flatnonzero(good)
    if index.size > 1:
        pairs = KDTree(np.column_stack([x[index], y[index]])).query_pairs(radius, output_type="ndarray")
        twice[index[pairs.max(axis=1)]] = True
    return twice
