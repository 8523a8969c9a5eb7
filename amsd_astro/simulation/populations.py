"""Populations of galaxies: counts, sizes, shapes and types that go together as on the sky."""

from __future__ import annotations

import math

import numpy as np

from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import power_law, uniform_positions

__all__ = ["draw_galaxies", "draw_spiral"]


def draw_galaxies(
    rng: np.random.Generator,
    n: int,
    shape: tuple[int, int],
    *,
    faint: float,
    bright: float,
    size: float,
    slope: float = 1.8,
    spiral_size: float = 12.0,
    margin: float = 20.0,
) -> list[SersicGalaxy | SpiralGalaxy]:
    """Draw field galaxies.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n : int
        How many, some of them in the margin around the frame.
    shape : tuple of int
        (ny, nx).
    faint, bright : float
        Least and greatest flux, electrons; counts go as ``flux**-slope``.
    size : float
        Typical effective radius of the brightest, pixels; fainter ones are smaller as ``flux**0.27``.
    slope : float
        Of the counts: 2 for 0.4 dex a magnitude.
    spiral_size : float
        Discs with an effective radius above this many pixels get arms.
    margin : float
        Pixels around the frame.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import draw_galaxies
    >>> len(draw_galaxies(np.random.default_rng(1), 10, (64, 64), faint=100.0, bright=1e4, size=2.0))
    10
    """
    flux = power_law(rng, n, faint, bright, slope)
    x, y = uniform_positions(rng, n, shape, margin=margin)
    radius = size * (flux / bright) ** 0.27 * np.exp(0.3 * rng.standard_normal(n))
    galaxies: list[SersicGalaxy | SpiralGalaxy] = []
    for i in range(n):
        early = rng.random() < 0.28
        index = rng.uniform(2.2, 4.8) if early else rng.uniform(0.7, 1.6)
        # Discs are seen at random inclinations; ellipticals are rounder.
        cosine = float(rng.random())
        ratio = float(rng.uniform(0.55, 1.0)) if early else math.hypot(cosine, 0.18 * math.sqrt(1.0 - cosine**2))
        angle, r_e = float(rng.uniform(0.0, 180.0)), max(float(radius[i]), 0.3)
        if early or r_e < spiral_size:
            galaxies.append(SersicGalaxy(x[i], y[i], float(flux[i]), r_e, float(index), ratio, angle))
        else:
            inclination = math.degrees(math.acos(cosine))
            galaxies.append(draw_spiral(rng, x[i], y[i], float(flux[i]), r_e / 1.68, min(inclination, 80.0), angle))
    return galaxies


def draw_spiral(
    rng: np.random.Generator,
    x: float,
    y: float,
    flux: float,
    scale_length: float,
    inclination: float,
    angle: float,
) -> SpiralGalaxy:
    """Draw the type of a spiral: from a tight early one with a large bulge to an open late one full of HII regions.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import draw_spiral
    >>> draw_spiral(np.random.default_rng(1), 32.0, 32.0, 1e5, 6.0, 30.0, 0.0).flux
    100000.0
    """
    late = float(rng.random())
    barred = bool(rng.random() < 0.4)
    return SpiralGalaxy(
        x,
        y,
        flux,
        scale_length,
        inclination,
        angle,
        bulge_fraction=float(0.35 * (1.0 - late) ** 1.5 + rng.uniform(0.01, 0.06)),
        bulge_radius=float(rng.uniform(0.12, 0.3)),
        bulge_index=float(rng.uniform(1.2, 2.0) + 2.0 * (1.0 - late)),
        bar_fraction=float(rng.uniform(0.04, 0.15)) if barred else 0.0,
        hii_fraction=float(0.01 + 0.06 * late),
        n_arms=int(rng.choice([2, 2, 2, 3, 4])),
        pitch=float((9.0 + 17.0 * late) * rng.choice([-1.0, 1.0])),
        arm_strength=float(rng.uniform(0.5, 0.85)),
        dust=float(rng.uniform(0.2, 0.9)),
        flocculence=float(0.15 + 0.25 * late),
        n_hii=int(40 + 300 * late * min(1.0, scale_length / 30.0)),
    )
