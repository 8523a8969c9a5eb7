"""Where an exposure lies on the reference, and how its light and its sky compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from amsd_astro.combine.grid_maps import GridMap
from amsd_astro.errors import FrameError

__all__ = ["CannotPlaceError", "Placement"]

How = Literal["grid", "WCS", "WCS and stars", "stars"]


class CannotPlaceError(FrameError):
    """Nothing tells where the exposure lies on the reference."""


@dataclass(frozen=True, eq=False)
class Placement:
    """An exposure beside the reference.

    Its pixels in the reference's unit are ``(value - sky) / scale * grid.area + the reference's sky``.

    Attributes
    ----------
    grid : GridMap
        From the reference's pixels to the exposure's.
    scale, scale_error : float
        Light of a source in the exposure (summed, its units) over that in the reference.
    sky, sky_error : float
        Level of the exposure's sky, its units.
    fwhm : float
        Of its PSF, in pixels of the reference; nan where it shows no stars.
    n_stars : int
        Stars by which it was placed.
    rms : float
        Of their residuals along one axis, pixels; nan without.
    accuracy : float
        Standard error of the placement along one axis, mean over the frame, pixels; nan where only the WCS tells.
    how : {"grid", "WCS", "WCS and stars", "stars"}
        "grid" where both have the same grid.
    """

    grid: GridMap
    scale: float
    scale_error: float
    sky: float
    sky_error: float
    fwhm: float
    n_stars: int
    rms: float
    accuracy: float
    how: How
