"""Two exposures compared by their stars in apertures of one size on the sky: neighbours are in both alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.robust_means import mean_share
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.validation.measures.stamps import cut_stamps

__all__ = ["compare_apertures"]

_Floats = NDArray[np.float64]

_MOST, _FEWEST, _LEAST_SIGNAL = 200, 5, 20.0  # stars; light over its error in both
_RADIUS, _RIM = 1.5, (2.5, 3.5)  # FWHM of the worse seeing: of the apertures, and of the local sky around
_FEWEST_IN_RIM = 20  # pixels
_OF_MEDIAN = 1.57  # variance of a median of many over that of their mean
_WRONG = 0.2  # of the difference of what profiles have beyond the apertures, by which it may be wrong
_FLAT = 0.003  # share of the light: flat fields are no better
_BY_SEEING = 0.2  # by which apertures hold less of wider stars where no profile is known: d ln light / d ln FWHM


def compare_apertures(
    reference: Exposure, exposure: Exposure, grid: GridMap, one: StarCatalogue, other: StarCatalogue
) -> tuple[float, float] | None:
    """Measure the light of stars in an exposure over that in the reference.

    Parameters
    ----------
    reference, exposure : Exposure
        The two; their pixels are loaded.
    grid : GridMap
        From one to the other.
    one, other : StarCatalogue
        The same stars in both, brightest first.

    Returns
    -------
    scale, error : float
        Or None where too few stars are bright.
    """
    size = math.sqrt(grid.area)
    seeing = max(reference.fwhm, exposure.fwhm / size)
    if not math.isfinite(seeing):
        return None
    chosen = slice(0, _MOST)
    light, error = _light_within(reference, one[chosen], seeing)
    other_light, other_error = _light_within(exposure, other[chosen], seeing * size)
    with np.errstate(invalid="ignore"):
        bright = (light > _LEAST_SIGNAL * error) & (other_light > _LEAST_SIGNAL * other_error)
    if np.count_nonzero(bright) < _FEWEST:
        return None
    light, error, other_light, other_error = (each[bright] for each in (light, error, other_light, other_error))
    errors = np.hypot(np.hypot(error / light, other_error / other_light), _FLAT)
    ratio, error_of_mean = mean_share(np.log(other_light / light), errors, light)
    loss, loss_error = _loss(reference, exposure, size, _RADIUS * seeing)
    scale = math.exp(ratio - loss)
    return scale, scale * math.hypot(error_of_mean, loss_error)


def _light_within(exposure: Exposure, stars: StarCatalogue, seeing: float) -> tuple[_Floats, _Floats]:
    """Light of stars in apertures above the sky around them, and its error; NaN where pixels are bad."""
    frame = exposure.load()
    radius, inner, outer = _RADIUS * seeing, _RIM[0] * seeing, _RIM[1] * seeing
    half = math.ceil(outer)
    stamps, dy, dx = cut_stamps(np.asarray(frame.data), stars.y, stars.x, half, bad=frame.mask)
    offset = np.arange(-half, half + 1)
    distance = np.hypot((offset - dx[:, None])[:, None, :], (offset - dy[:, None])[:, :, None])
    inside = np.clip(radius + 0.5 - distance, 0.0, 1.0)  # pixels at the rim count in part
    around = (distance > inner) & (distance <= outer) & np.isfinite(stamps)
    area, n_around = inside.sum(axis=(1, 2)), np.count_nonzero(around, axis=(1, 2))
    usable = (n_around >= _FEWEST_IN_RIM) & ~np.any((inside > 0) & np.isnan(stamps), axis=(1, 2))
    light, error = np.full(len(stars), np.nan), np.full(len(stars), np.nan)
    if usable.any():
        sky = np.nanmedian(np.where(around, stamps, np.nan)[usable], axis=(1, 2))
        seen = np.where(inside > 0, stamps, 0.0)[usable] - sky[:, None, None]
        light[usable] = np.sum(inside[usable] * seen, axis=(1, 2))
        correlated = max(float(exposure.noise.correlation.sum()), 1.0)
        variance = exposure.noise.sky_variance * correlated * area * (1 + _OF_MEDIAN * area / np.maximum(n_around, 1))
        error = np.sqrt(variance + exposure.noise.slope * np.maximum(np.nan_to_num(light), 0.0))
    return light, error


def _loss(reference: Exposure, exposure: Exposure, size: float, radius: float) -> tuple[float, float]:
    """Logarithm of what the apertures hold of the exposure's stars over what they hold of the reference's; its error.

    By Moffat profiles as wide as the stars of each, with the same wings.
    """
    if reference.growth is None or exposure.growth is None:
        loss = -_BY_SEEING * math.log(exposure.fwhm / size / reference.fwhm)
        return loss, abs(loss)
    beta = 2 / (1 / reference.growth.model.beta + 1 / exposure.growth.model.beta)
    beyond, other_beyond = reference.growth.beyond(radius, beta), exposure.growth.beyond(radius * size, beta)
    loss = math.log((1 - other_beyond) / (1 - beyond))
    return loss, _WRONG * abs(loss)
