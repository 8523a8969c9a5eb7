"""How much of a source's light an exposure has, against the reference."""

from __future__ import annotations

import logging
import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.bright_structure import compare_structure
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.robust_means import mean_share
from amsd_astro.exposures.same_apertures import compare_apertures

__all__ = ["measure_scale"]

_log = logging.getLogger(__name__)

_LEAST_SIGNAL, _FEWEST = 10.0, 3  # flux over its error, and stars
_APERTURE = 2.0  # FWHM of the worse seeing: radius within which light is compared
_WINGS = 0.2  # of the difference of what lies beyond that radius, by which the profile may be wrong there
_USUAL_LOSS = 0.05  # by which apertures of two exposures differ from fluxes by PSF, before it is measured
_FLAT = 0.003  # share of the light: flat fields and profiles are no better
_UNSEEN = 0.1  # share by which the sky's transparency may differ from what time and gain say
_GOOD = 0.05  # error that is better than that
_WELL_KNOWN = 0.01  # error of a scale by stars that bright structure need not lower
_BY_SEEING = 0.05  # error of a scale by structure, by the logarithm of the ratio of the seeings
_AGREE = 4.0  # standard errors


def measure_scale(
    reference: Exposure,
    exposure: Exposure,
    grid: GridMap,
    first: NDArray[np.integer],
    second: NDArray[np.integer],
) -> tuple[float, float]:
    """Measure the light of sources in an exposure over that in the reference.

    By the stars that both have: their fluxes by PSF brought to one aperture on the sky, and their light in apertures;
    where these do not tell it to a percent, by the pixels of what is bright, too. Where stars are too few, by those
    alone, or by exposure times and gains if both headers state them.

    Parameters
    ----------
    reference, exposure : Exposure
        The two.
    grid : GridMap
        From one to the other.
    first, second : ndarray of int, shape (n,)
        Stars that both have.

    Returns
    -------
    scale, error : float
        The error is as large as the scale where nothing tells.
    """
    one, other = reference.stars[first], exposure.stars[second]
    bright = (one.flux > _LEAST_SIGNAL * one.flux_error) & (other.flux > _LEAST_SIGNAL * other.flux_error)
    if np.count_nonzero(bright) >= _FEWEST:
        one, other = one[bright], other[bright]
        error = np.hypot(np.hypot(one.flux_error / one.flux, other.flux_error / other.flux), _FLAT)
        ratio, error_of_mean = mean_share(np.log(other.flux / one.flux), error, one.flux)
        loss, loss_error = _aperture_loss(reference, exposure, grid)
        scale = math.exp(ratio) * loss
        by_stars = scale, scale * math.hypot(error_of_mean, loss_error)
        by_stars = _with_apertures(by_stars, compare_apertures(reference, exposure, grid, one, other))
        return by_stars if by_stars[1] < _WELL_KNOWN * scale else _with_structure(by_stars, reference, exposure, grid)
    found = compare_structure(reference, exposure, grid)
    if found is not None and found[1] < _GOOD * found[0]:
        return found
    stated = exposure.stated_light / reference.stated_light
    if math.isfinite(stated) and stated > 0:
        return stated, _UNSEEN * stated
    if found is not None:
        return found
    _log.info("%s: nothing tells its transparency", exposure.name)
    return 1.0, 1.0


def _with_apertures(by_psf: tuple[float, float], by_apertures: tuple[float, float] | None) -> tuple[float, float]:
    """The mean of what fluxes by PSF and apertures say, where they agree; they share the noise of the stars."""
    if by_apertures is None:
        return by_psf
    scale, error = _agreed(by_psf, by_apertures)
    return scale, max(error, min(by_psf[1], by_apertures[1]))


def _with_structure(
    by_stars: tuple[float, float], reference: Exposure, exposure: Exposure, grid: GridMap
) -> tuple[float, float]:
    """The mean of what the stars and what bright structure say, where they agree."""
    found = compare_structure(reference, exposure, grid)
    if found is None:
        return by_stars
    blurred = _BY_SEEING * abs(math.log(exposure.fwhm / math.sqrt(grid.area) / reference.fwhm))
    return _agreed(by_stars, (found[0], math.hypot(found[1], found[0] * blurred)))


def _agreed(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The mean of two scales and its error, each of them by its own; the first alone where they disagree."""
    if abs(second[0] - first[0]) > _AGREE * math.hypot(second[1], first[1]):
        return first
    weight, other = 1 / first[1] ** 2, 1 / second[1] ** 2
    return (weight * first[0] + other * second[0]) / (weight + other), 1 / math.sqrt(weight + other)


def _aperture_loss(reference: Exposure, exposure: Exposure, grid: GridMap) -> tuple[float, float]:
    """What fluxes by PSF miss in one aperture on the sky, the exposure's over the reference's; and its error."""
    if reference.growth is None or exposure.growth is None:
        return 1.0, 0.0
    size = math.sqrt(grid.area)
    radius = _APERTURE * max(reference.fwhm, exposure.fwhm / size)
    share, error = reference.growth.at(radius)
    other_share, other_error = exposure.growth.at(radius * size)
    # wings are weak and badly known: they are taken to be alike in both, but for the seeing
    beta = 2 / (1 / reference.growth.model.beta + 1 / exposure.growth.model.beta)
    beyond = reference.growth.beyond(radius, beta)
    other_beyond = exposure.growth.beyond(radius * size, beta)
    wings = _WINGS * abs(beyond - other_beyond)
    loss = (other_share / (1 - other_beyond)) / (share / (1 - beyond))
    if not loss > 0:
        return 1.0, _USUAL_LOSS
    error = math.hypot(math.hypot(error / share, other_error / other_share), wings)
    known = _USUAL_LOSS**2 / (_USUAL_LOSS**2 + error**2)  # few stars, with other light around: no loss is likelier
    return math.exp(known * math.log(loss)), math.sqrt(known) * error
