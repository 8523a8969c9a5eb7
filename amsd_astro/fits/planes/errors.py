"""The errors of an image, from the plane beside it: standard deviations, variances or inverse variances."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from amsd_astro.arrays.blocks import finite_range
from amsd_astro.errors import FrameError
from amsd_astro.fits.cards import string_value
from amsd_astro.fits.layouts.plane_names import plane_name
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.planes.use import warn_of
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["ERROR_KINDS", "KINDS_IN_WORDS", "ErrorKind", "error_kind_of", "read_deviation", "to_deviation"]

ErrorKind = Literal["sigma", "variance", "inverse"]
"""What the numbers of a plane of errors are: standard deviations, variances or inverse variances."""

ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)

KINDS_IN_WORDS: dict[ErrorKind, str] = {
    "sigma": "standard deviations",
    "variance": "variances",
    "inverse": "inverse variances",
}

_UTYPES: dict[str, ErrorKind] = {
    "stddevuncertainty": "sigma",
    "varianceuncertainty": "variance",
    "inversevariance": "inverse",
}


def error_kind_of(plane: RawHDU) -> ErrorKind | None:
    """Return what the numbers of a plane are by its UTYPE card, else by its name; None where neither tells."""
    stated = string_value(plane.cards, "UTYPE")
    if stated is not None and stated.strip().lower() in _UTYPES:  # as astropy's CCDData writes it
        return _UTYPES[stated.strip().lower()]
    role = plane_name(plane.name).role
    if role in ("inverse", "coverage"):
        return "inverse"
    return role if role == "sigma" or role == "variance" else None


def to_deviation(values: np.ndarray, kind: ErrorKind) -> np.ndarray:
    """Return standard deviations, float32, NaN where there is no positive one.

    Parameters
    ----------
    values : ndarray of float64
        Errors.
    kind : {"sigma", "variance", "inverse"}
        What they are.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        if kind == "variance":
            values = np.sqrt(values)
        elif kind == "inverse":
            values = 1.0 / np.sqrt(values)
        deviation = values.astype(np.float32)
    deviation[~(np.isfinite(deviation) & (deviation > 0))] = np.nan
    return deviation


def read_deviation(file: RawFile, plane: RawHDU, kind: ErrorKind, *, explicit: bool) -> np.ndarray | None:
    """Return one standard deviation from a plane of errors, NaN where it has none; None where it has none at all.

    Parameters
    ----------
    file, plane : RawFile, RawHDU
        The plane.
    kind : {"sigma", "variance", "inverse"}
        What its numbers are.
    explicit : bool
        Whether the plane was named, so that it must hold something.

    Raises
    ------
    FrameError
        It was named and holds no positive value.
    """

    def convert(pixels: StoredPixels) -> np.ndarray:
        return to_deviation(pixels.to_double(), kind)

    deviation = read_plane(file, plane, convert, np.float32)
    if finite_range(deviation) is None:
        if explicit:
            raise FrameError("the errors hold no positive value.", path=file.path, hdu=plane.index)
        warn_of(file, plane, "the errors hold no positive value and are not used.")
        return None
    return deviation
