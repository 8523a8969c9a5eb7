"""Stars and galaxies of unit flux, as a frame's own PSF and pixels would show them."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.validation.measures.psf import MeasuredPsf

__all__ = ["galaxy_stamp"]

_REACH = 4.5  # effective radii that are drawn: 99 % of an exponential disc
_FINE, _FINEST = 3.7, 4  # cells in an effective radius of the minor axis, and cells in a pixel at most


def galaxy_stamp(
    psf: MeasuredPsf,
    dy: float,
    dx: float,
    half_light_radius: float,
    *,
    index: float = 1.0,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
) -> NDArray[np.float64]:
    """Draw a Sersic galaxy of unit flux, blurred by the PSF.

    The galaxy is cut at 4.5 effective radii and sampled on cells of a pixel or finer. The PSF holds the smearing by
    the pixel already, so that the light of each cell is a point to it.

    Parameters
    ----------
    psf : MeasuredPsf
        Of the frame.
    dy, dx : float
        Where the centre stands from the middle of the stamp, pixels.
    half_light_radius : float
        Of the circle of the same area, before the PSF, pixels.
    index : float
        Sersic index.
    axis_ratio : float
        Minor over major axis.
    angle : float
        Position angle of the major axis, degrees counter-clockwise from +x.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Sum 1; n is odd.
    """
    major = half_light_radius / math.sqrt(axis_ratio)
    galaxy = SersicGalaxy(dx, dy, 1.0, major, index, axis_ratio, angle)
    n_cells = min(_FINEST, max(1, math.ceil(_FINE / (major * axis_ratio))))
    half = math.ceil(_REACH * major) + 1
    offset = np.arange(-half, half + 1, dtype=np.float64)
    radius = np.hypot(offset[None, :] - dx, offset[:, None] - dy)
    total = np.zeros((2 * (half + psf.half) + 1,) * 2)
    for y, x, response in _responses(psf, n_cells):
        light = galaxy.density((offset + x)[None, :], (offset + y)[:, None])
        light[radius > half] = 0.0
        total += signal.fftconvolve(light, response)
    np.maximum(total, 0.0, out=total)  # rounding
    return total / total.sum()


@lru_cache(maxsize=8)
def _responses(psf: MeasuredPsf, n_cells: int) -> tuple[tuple[float, float, NDArray[np.float64]], ...]:
    """Place of each cell in a pixel, and the PSF of light there."""
    places = (np.arange(n_cells) + 0.5) / n_cells - 0.5
    return tuple((float(y), float(x), psf.stamp(float(y), float(x))) for y in places for x in places)
