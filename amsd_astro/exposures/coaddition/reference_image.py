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
_UNLIKE = 0.1  # part of their light by which they may differ as well, and by what their seeing does


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


def median_of(stack: ImageStack, calibrations: Sequence[Calibration], fwhm: Sequence[float]) -> ReferenceImage:
    """Return the median of the exposures.

    Of an even number the mean of the two middle values, but the lower one where they differ by more than noise and
    seeing: cosmic rays and trails only ever add light.

    Parameters
    ----------
    stack : ImageStack
        Light above the sky on the reference's grid, NaN where there is none.
    calibrations : sequence of Calibration
        Of the exposures.
    fwhm : sequence of float
        Of their stars, in pixels of the reference; NaN where unknown.
    """
    ny, nx = stack.shapes[0]
    light, n_values = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.uint16)
    slope, variance = (float(np.median([getattr(c, name) for c in calibrations])) for name in ("slope", "typical"))
    unlike = _unlike(fwhm)
    step = max(1, _PIXELS // (nx * len(stack)))
    for start in range(0, ny, step):
        rows = slice(start, min(start + step, ny))
        values = stack.read_all(rows)
        count = np.count_nonzero(np.isfinite(values), axis=0)
        values.sort(axis=0)  # NaN last
        rank = np.maximum(count - 1, 0)
        lower, upper = (np.take_along_axis(values, place[None], axis=0)[0] for place in (rank // 2, count // 2))
        upper = np.where(count % 2, lower, upper)
        shine = np.maximum(np.nan_to_num(lower), 0)
        limit = _APART * np.sqrt(variance + slope * shine) + unlike * shine
        light[rows] = np.where(upper - lower < limit, 0.5 * (lower + upper), lower)
        n_values[rows] = count
    return ReferenceImage(light, n_values, variance)


def _unlike(fwhm: Sequence[float]) -> float:
    """Part of a star's light by which the values around the middle differ for their seeing; none of two exposures.

    Else the median of bright stars would be that of one exposure, of faint ones that of two of another seeing.
    """
    known = np.sort([one for one in fwhm if np.isfinite(one) and one > 0])
    if len(fwhm) < 3 or known.size < 2:
        return 0.0
    middle = known[max(0, known.size // 2 - 2) : known.size // 2 + 2]
    return _UNLIKE + float(np.max(middle[1:] / middle[:-1])) ** 2 - 1
