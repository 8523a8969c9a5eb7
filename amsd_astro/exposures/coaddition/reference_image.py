"""What most exposures show at each place, which no blemish of one of them changes: their median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.calibrations import Calibration
from amsd_astro.exposures.coaddition.image_stack import ImageStack

__all__ = ["ReferenceImage", "median_of"]

_PIXELS = 1024 * 1024  # of all exposures at a time
_APART = 4.0  # noise widths by which the two middle values may differ; else the higher one is a blemish


@dataclass(frozen=True, eq=False)
class ReferenceImage:
    """What is compared with.

    Attributes
    ----------
    light : ndarray of float32, shape (ny, nx)
        Light above the sky, NaN where no exposure has any.
    n_values : ndarray of uint16, shape (ny, nx)
        Exposures that it is of.
    variance : float
        Of the sky of one typical exposure.
    """

    light: NDArray[np.float32]
    n_values: NDArray[np.uint16]
    variance: float


def median_of(stack: ImageStack, calibrations: Sequence[Calibration]) -> ReferenceImage:
    """Return the median of the exposures.

    Of an even number the mean of the two middle values, but the lower one where they differ by more than noise: cosmic
    rays and trails only ever add light.

    Parameters
    ----------
    stack : ImageStack
        Light above the sky on the reference's grid, NaN where there is none.
    calibrations : sequence of Calibration
        Of the exposures.
    """
    ny, nx = stack.shapes[0]
    light, n_values = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.uint16)
    slope, variance = (float(np.median([getattr(c, name) for c in calibrations])) for name in ("slope", "typical"))
    step = max(1, _PIXELS // (nx * len(stack)))
    for start in range(0, ny, step):
        rows = slice(start, min(start + step, ny))
        values = stack.read_all(rows)
        count = np.count_nonzero(np.isfinite(values), axis=0)
        values.sort(axis=0)  # NaN last
        rank = np.maximum(count - 1, 0)
        lower, upper = (np.take_along_axis(values, place[None], axis=0)[0] for place in (rank // 2, count // 2))
        upper = np.where(count % 2, lower, upper)
        width = np.sqrt(variance + slope * np.maximum(np.nan_to_num(lower), 0))
        light[rows] = np.where(upper - lower < _APART * width, 0.5 * (lower + upper), lower)
        n_values[rows] = count
    return ReferenceImage(light, n_values, variance)
