"""The width of the noise after the variance-stabilizing transform where photons are few: there it is not one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from amsd_astro.noise.stabilization import Stabilizer

__all__ = ["NoiseVariance", "variance_of_few"]

NoiseVariance = Callable[[NDArray[np.floating]], NDArray[np.float32]]
"""From expected values in noise units to the variance of the noise there, in noise units squared."""

_MANY = 10.0  # photons from which on the variance is one within 1 %
_N_LEVELS = 200
_N_POINTS = 12  # of the read noise's quadrature


def variance_of_few(stabilizer: Stabilizer, sky: float) -> NoiseVariance | None:
    """Return the variance of the transformed noise, where the sky has so few photons that it is not one.

    Parameters
    ----------
    stabilizer : Stabilizer
        The transform.
    sky : float
        Level of the sky, in the unit of the frame.

    Returns
    -------
    callable or None
        None where photons are many, or the noise is not all photons and one read noise.
    """
    slope, floor = stabilizer.slope, stabilizer.floor
    if not slope > 0 or np.ndim(floor) or float(floor) < 0 or (slope * sky + float(floor)) / slope**2 >= _MANY:
        return None
    from scipy import stats  # takes long to import, and most frames have many photons

    read_noise = float(np.sqrt(floor)) / slope
    photons = np.append(0.0, np.geomspace(1e-3, 10 * _MANY, _N_LEVELS))
    counts = np.arange(int(stats.poisson.isf(1e-9, photons[-1])) + 1)
    chance = stats.poisson.pmf(counts, photons[:, None])
    points, weights = special.roots_hermitenorm(_N_POINTS)
    read = slope * (counts[:, None] + read_noise * points)
    values = stabilizer.forward(read).astype(np.float64)
    weights = weights / weights.sum()
    mean = chance @ (values @ weights)
    variance = chance @ (values**2 @ weights) - mean**2

    def at(expected: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.interp(expected, mean, np.maximum(variance, variance[1])).astype(np.float32)

    return at
