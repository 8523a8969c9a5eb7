"""How much of a source's light an exposure has, against the reference."""

from __future__ import annotations

import logging
import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.combine.bright_structure import compare_structure
from amsd_astro.combine.exposures import Exposure
from amsd_astro.combine.grid_maps import GridMap
from amsd_astro.combine.robust_means import robust_mean

__all__ = ["measure_scale"]

_log = logging.getLogger(__name__)

_LEAST_SIGNAL, _FEWEST = 10.0, 3  # flux over its error, and stars
_APERTURE = 2.0  # FWHM of the worse seeing: radius within which light is compared
_FLAT = 0.003  # share of the light: flat fields and profiles are no better
_UNSEEN = 0.1  # share by which the sky's transparency may differ from what time and gain say
_GOOD = 0.05  # error that is better than that


def measure_scale(
    reference: Exposure,
    exposure: Exposure,
    grid: GridMap,
    first: NDArray[np.integer],
    second: NDArray[np.integer],
) -> tuple[float, float]:
    """Measure the light of sources in an exposure over that in the reference.

    By the stars that both have, their fluxes by PSF brought to one aperture on the sky. Where they are too few, by the
    pixels of what is bright, or by exposure times and gains if both headers state them.

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
        ratio, error_of_mean = robust_mean(np.log(other.flux / one.flux), error)
        loss, loss_error = _aperture_loss(reference, exposure, grid)
        scale = math.exp(ratio) * loss
        return scale, scale * math.hypot(error_of_mean, loss_error)
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


def _aperture_loss(reference: Exposure, exposure: Exposure, grid: GridMap) -> tuple[float, float]:
    """What fluxes by PSF miss in one aperture on the sky, the exposure's over the reference's; and its error."""
    if reference.growth is None or exposure.growth is None:
        return 1.0, 0.0
    size = math.sqrt(grid.area)
    radius = _APERTURE * max(reference.fwhm, exposure.fwhm / size)
    share, error = reference.growth.total(radius)
    other_share, other_error = exposure.growth.total(radius * size)
    return other_share / share, math.hypot(error / share, other_error / other_share)
