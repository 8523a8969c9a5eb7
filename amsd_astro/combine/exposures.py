"""An exposure among several: what is known of it while its pixels are not in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from astropy.wcs import WCS

from amsd_astro.combine.star_catalogues import StarCatalogue
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel

__all__ = ["Exposure"]


@dataclass(frozen=True, eq=False)
class Exposure:
    """One exposure of several: what is known of it without its pixels in memory.

    Attributes
    ----------
    name : str
        The path as given, or "exposure 3", numbered from 1, for objects.
    load : callable
        Returns the frame, read anew (files) or kept (objects); bad pixels are masked, and what a pattern of rows and
        columns adds is taken off.
    noise : NoiseModel
        Its own, in its own unit.
    stars : StarCatalogue
        Its stars.
    fwhm : float
        Of its PSF, its own pixels; nan where it shows no stars.
    shape : tuple of int
        (ny, nx).
    wcs : WCS, optional
        Its celestial coordinates; None without.
    sky, sky_error : float
        Level of its sky and the error of that; nan where nobody measured it.
    seconds_per_unit : float
        Exposure time over gain (seconds of light per electron and unit), nan unless its header states both.
    """

    name: str
    load: Callable[[], Frame] = field(repr=False)
    noise: NoiseModel = field(repr=False)
    stars: StarCatalogue = field(repr=False)
    fwhm: float
    shape: tuple[int, int]
    wcs: WCS | None = field(default=None, repr=False)
    sky: float = float("nan")
    sky_error: float = float("nan")
    seconds_per_unit: float = float("nan")
