"""Trails of satellites and aircraft."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["satellite_trail"]


def satellite_trail(
    rng: np.random.Generator, shape: tuple[int, int], *, brightness: float, fwhm: float
) -> NDArray[np.float64]:
    """A straight trail across the frame.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws its place, direction, width and whether it flashes.
    shape : tuple of int
        (ny, nx).
    brightness : float
        Electrons per pixel along its middle.
    fwhm : float
        Of the PSF, pixels; trails out of focus are wider.

    Returns
    -------
    ndarray of float64
        Expected electrons (ny, nx).

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import satellite_trail
    >>> satellite_trail(np.random.default_rng(1), (64, 64), brightness=50.0, fwhm=3.0).shape
    (64, 64)
    """
    turn = float(rng.uniform(0.0, math.pi))
    y0, x0 = (float(rng.uniform(0.1, 0.9)) * n for n in shape)
    sigma = fwhm / 2.355 * float(rng.uniform(1.0, 1.8))
    y, x = np.arange(shape[0])[:, None] - y0, np.arange(shape[1])[None, :] - x0
    across = x * math.sin(turn) - y * math.cos(turn)
    light: NDArray[np.float64] = brightness * np.exp(-0.5 * (across / sigma) ** 2)
    if rng.random() < 0.3:
        along = x * math.cos(turn) + y * math.sin(turn)
        light *= 1.0 + 0.8 * np.sin(2.0 * math.pi * along / float(rng.uniform(30.0, 200.0)))
    return light
