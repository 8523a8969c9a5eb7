"""What stands in the scenes of a training: the sources of random fields, at times with knots, or crowded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.simulation import (
    Psf,
    draw_galaxies,
    draw_knots,
    observe_sources,
    power_law,
    random_psf,
    random_sources,
    uniform_positions,
)
from amsd_astro.simulation.draws import detection_limit, log_uniform, negligible_wings

__all__ = ["draw_psf", "draw_sources"]

_SHARPEST, _WIDEST = 1.0, 6.0  # FWHM of a PSF, pixels
_KNOTTED, _CROWDED = 0.3, 0.12  # shares of the scenes


def draw_psf(rng: np.random.Generator) -> Psf:
    """Draw a PSF, down to one of a single pixel."""
    return random_psf(rng, fwhm=(_SHARPEST, _WIDEST))


def draw_sources(
    rng: np.random.Generator, shape: tuple[int, int], *, psf: Psf, noise: float, full_well: float
) -> NDArray[np.float64]:
    """Draw what stands above the sky.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        (ny, nx).
    psf : Psf
        Point spread function.
    noise : float
        Of the empty sky, electrons: fluxes are scaled by it.
    full_well : float
        Electrons.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
        Expected electrons.
    """
    kind = rng.random()
    if kind < _CROWDED:
        return _crowded(rng, shape, psf, noise)
    light = random_sources(rng, shape, psf=psf, noise=noise, full_well=full_well)
    return light + _knotted(rng, shape, psf, noise) if kind < _CROWDED + _KNOTTED else light


def _knotted(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, noise: float) -> NDArray[np.float64]:
    """Galaxies with structure down to the PSF."""
    limit = detection_limit(psf, noise)
    galaxies = draw_galaxies(
        rng,
        int(shape[0] * shape[1] / 1e4 * log_uniform(rng, 2.0, 30.0)),
        shape,
        faint=limit,
        bright=limit * log_uniform(rng, 100.0, 3000.0),
        size=psf.fwhm * log_uniform(rng, 2.0, 12.0),
        slope=float(rng.uniform(1.4, 1.9)),
        spiral_size=3.0 * psf.fwhm,
    )
    knots = draw_knots(rng, galaxies, fraction=log_uniform(rng, 0.05, 0.5), smallest=0.7 * psf.fwhm)
    return observe_sources(shape, psf, stars=knots, galaxies=galaxies, rng=rng, lost=negligible_wings(psf))


def _crowded(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, noise: float) -> NDArray[np.float64]:
    """Stars side by side, up to several a PSF."""
    limit = detection_limit(psf, noise)
    n = int(shape[0] * shape[1] / log_uniform(rng, 5.0, 100.0))
    x, y = uniform_positions(rng, n, shape, margin=4.0 * psf.fwhm)
    flux = power_law(rng, n, 0.1 * limit, limit * log_uniform(rng, 100.0, 1e4), float(rng.uniform(1.2, 2.0)))
    return observe_sources(shape, psf, stars=(x, y, flux), lost=10 * negligible_wings(psf))
