"""What random fields are drawn by: numbers even in their logarithm, and fluxes in units of what can be detected."""

from __future__ import annotations

import math

import numpy as np

from amsd_astro.simulation.psf import DiffractionPsf, Psf

__all__ = ["detection_limit", "log_uniform", "negligible_wings"]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number between two others, even in its logarithm."""
    return float(low * (high / low) ** rng.random())


def detection_limit(psf: Psf, noise: float) -> float:
    """Flux of a star at 5 sigma of the sky's noise a pixel: the PSF covers 2.27 FWHM**2 pixels of it."""
    return 5.0 * noise * math.sqrt(2.27) * psf.fwhm


def negligible_wings(psf: Psf) -> float:
    """Fraction of a star's flux that a random field may leave out: wings of diffraction are dear, and faint."""
    return 3e-3 if isinstance(psf, DiffractionPsf) else 5e-4
