"""The level of an exposure's sky, and what lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.arrays.mesh_background import measure_background
from amsd_astro.arrays.robust_statistics import mad_sigma, median
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel

__all__ = ["ExposureSky", "measure_exposure_sky"]

_CELL = 64  # pixels of a cell of the background
_MEDIAN_COST = 1.5708  # variance of a median over that of a mean
_GRAIN = 64  # neighbouring cells share their light: as many count as one, when the scatter between cells is averaged


@dataclass(frozen=True, eq=False)
class ExposureSky:
    """Sky of an exposure.

    Attributes
    ----------
    level, error : float
        Median of the cells without extended sources, and its error; in the exposure's unit.
    background : ndarray of float32, shape (ny, nx)
        Smooth, over 64 pixels.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a value.
    """

    level: float
    error: float
    background: NDArray[np.float32]
    bad: NDArray[np.bool_]

    def light(self, data: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the pixels have above the background, 0 where bad."""
        light = np.subtract(data, self.background, dtype=np.float32, casting="same_kind")
        light[self.bad] = 0.0
        return light


def measure_exposure_sky(frame: Frame, noise: NoiseModel) -> ExposureSky:
    """Measure the sky of an exposure.

    Parameters
    ----------
    frame : Frame
        The exposure.
    noise : NoiseModel
        Its noise.

    Returns
    -------
    ExposureSky
    """
    data = np.asarray(frame.data)
    bad = bad_pixels(data, frame.mask)
    ny, nx = data.shape
    found = measure_background(data, bad, np.zeros(ny), np.zeros(nx))
    if found is None:
        return ExposureSky(noise.sky, 0.0, np.full(data.shape, noise.sky, np.float32), bad)
    cells = found.fine[found.is_sky]
    n_pixels = _CELL * cells.size
    correlated = max(float(noise.correlation.sum()), 1.0)
    variance = _MEDIAN_COST * noise.sky_variance * correlated / n_pixels
    # gradients and faint sources: which cells there are decides the level, too
    uneven = max(mad_sigma(cells.copy()) ** 2 - _MEDIAN_COST * noise.sky_variance * correlated / _CELL / 4, 0.0)
    error = float(np.sqrt(max(variance, 0.0) + uneven * _GRAIN / max(cells.size, _GRAIN)))
    background = found.of(slice(0, ny), fine=False).astype(np.float32)
    return ExposureSky(median(cells), error, background, bad)
