"""Knots of galaxies: clusters and regions of young stars, points where the PSF is wider than they are."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import power_law

__all__ = ["draw_knots"]

_LARGEST, _SLOPE = 0.3, 1.7  # the brightest knot over all of a galaxy's, about; luminosities go as L**-1.7


def draw_knots(
    rng: np.random.Generator, galaxies: Iterable[SersicGalaxy | SpiralGalaxy], *, fraction: float, smallest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw the knots of galaxies, spread over them as an exponential disc is.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    galaxies : iterable of SersicGalaxy or SpiralGalaxy
        Bulge-dominated ones (a Sersic index above 2) have none.
    fraction : float
        Typical light of its knots over a galaxy's.
    smallest : float
        Scale length below which a galaxy has no knots, pixels.

    Returns
    -------
    x, y, flux : ndarray
        Pixels and electrons.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import SersicGalaxy, draw_knots
    >>> galaxy = SersicGalaxy(32.0, 32.0, flux=1e5, r_e=8.0)
    >>> x, y, flux = draw_knots(np.random.default_rng(1), [galaxy], fraction=0.1, smallest=50.0)
    >>> x.shape == flux.shape
    True
    """
    parts = [np.zeros((3, 0))]
    for galaxy in galaxies:
        if isinstance(galaxy, SersicGalaxy):
            length, ratio, is_late = galaxy.r_e / 1.68, galaxy.axis_ratio, galaxy.n < 2.0
        else:
            length, ratio, is_late = galaxy.scale_length, math.cos(math.radians(galaxy.inclination)), True
        if not is_late or length < smallest:
            continue
        n = int(rng.integers(2, 6 + min(int(length), 40)))
        radius = length * rng.gamma(2.0, 1.0, n)
        along, across = _around(rng, radius, max(ratio, 0.1))
        turn = math.radians(galaxy.angle)
        x = galaxy.x + along * math.cos(turn) - across * math.sin(turn)
        y = galaxy.y + along * math.sin(turn) + across * math.cos(turn)
        light = galaxy.flux * fraction * float(rng.uniform(0.3, 1.7))
        flux = power_law(rng, n, 0.003 * light, _LARGEST * light, _SLOPE)
        parts.append(np.stack([x, y, flux * (light / max(float(flux.sum()), light))]))
    x, y, flux = np.concatenate(parts, axis=1)
    return x, y, flux


def _around(
    rng: np.random.Generator, radius: NDArray[np.float64], ratio: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = rng.uniform(0.0, 2.0 * math.pi, radius.size)
    return radius * np.cos(angle), ratio * radius * np.sin(angle)
