"""Planes that belong to an image: masks, data quality, errors, variances, weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from amsd_astro.arrays.blocks import bad_pixels, finite_range
from amsd_astro.arrays.scratch import new_array
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.cards import string_value
from amsd_astro.fits.data_quality import ANY_VALUE, BadValues, bad_values
from amsd_astro.fits.hdu_selection import KINDS_OF_PLANES, Extension, find_hdus, named_hdu
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["Planes", "read_planes"]

_DEVIATION, _VARIANCE, _INVERSE, _COVERAGE, _MASKS = (
    KINDS_OF_PLANES[kind] for kind in ("errors", "variances", "inverse variances", "weights", "codes of bad pixels")
)
_CODED = ("DQ", "FLAGS")  # masks of many bits, of which some say nothing bad
_UTYPES = {"stddevuncertainty": "sigma", "varianceuncertainty": "variance", "inversevariance": "inverse"}


@dataclass(frozen=True)
class Planes:
    """What the siblings of an image say about its pixels.

    Attributes
    ----------
    mask : ndarray
        bool, shape (ny, nx): True where a plane says the pixel is bad.
    deviation : ndarray or None
        float32, shape (ny, nx), one standard deviation in the image's unit; NaN where the plane has no valid value.
    """

    mask: np.ndarray
    deviation: np.ndarray | None


def read_planes(
    file: RawFile,
    image: RawHDU,
    *,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
) -> Planes:
    """Read mask and error of an image from the HDUs beside it.

    Parameters
    ----------
    file : RawFile
        The file.
    image : RawHDU
        The image.
    mask_ext : int, str or tuple, optional
        The HDU of the mask. By default MASK, MSK, DQ or MASKBITS of the same shape and version, where there is one
        (DQ only where its layout is known, or with `mask_bits`).
    mask_bits : int, optional
        Bits that make a pixel bad; by default those that `bad_values` knows for the layout, else any.
    error_ext : int, str or tuple, optional
        The HDU of the errors; its name tells variances (VAR, VARIANCE, STAT) and inverse variances (IVAR, INVVAR,
        WHT, WEIGHT) from standard deviations. By default one of those names of the same shape and version, but no
        weight, which masks only where it is zero.

    Raises
    ------
    FrameError
        A named plane is missing, has another shape, or holds no bits.
    """
    mask = _read_mask(file, image, mask_ext, mask_bits)
    deviation = None
    error = named_hdu(file, error_ext, what="error_ext") if error_ext is not None else None
    if error is None:
        for names in (_DEVIATION, _VARIANCE, _INVERSE):
            error = error or _sibling(file, image, names)
    else:
        _check_shape(file, image, error, "error_ext")
    if error is not None:
        deviation = _deviation(file, error, explicit=error_ext is not None)
    if deviation is not None:
        mask = bad_pixels(deviation, mask)
    coverage = _sibling(file, image, _COVERAGE)
    if coverage is not None and coverage is not error:
        empty = read_plane(file, coverage, StoredPixels.is_zero, bool)
        if empty.all():
            _warn(file, coverage, "the weights are zero throughout and not used.")
        else:
            mask |= empty
    return Planes(mask, deviation)


def _sibling(file: RawFile, image: RawHDU, names: tuple[str, ...]) -> RawHDU | None:
    """Return the one plane of some names that has the image's version and shape."""
    for name in names:
        found = [
            hdu
            for hdu in find_hdus(file, name, image.extver)
            if hdu is not image and hdu.is_plane and hdu.shape[-2:] == image.shape[-2:] and not hdu.problem
        ]
        if len(found) == 1:
            return found[0]
    return None


def _check_shape(file: RawFile, image: RawHDU, plane: RawHDU, what: str) -> None:
    if not plane.is_plane or plane.shape[-2:] != image.shape[-2:]:
        raise FrameError(
            f"{what} must be an image of the shape {image.shape[-2:]}. Received: {plane.shape or plane.kind}",
            path=file.path,
            hdu=plane.index,
        )


def _read_mask(file: RawFile, image: RawHDU, ext: Extension | None, bits: int | None) -> np.ndarray:
    """Return the bad pixels of the mask plane; none without one."""
    if bits is not None and (isinstance(bits, bool) or not hasattr(bits, "__index__") or int(bits) < 0):
        raise FrameError(f"mask_bits must be a whole number, not negative. Received: {bits!r}", path=file.path)
    if ext is not None:
        plane = named_hdu(file, ext, what="mask_ext")
        _check_shape(file, image, plane, "mask_ext")
        return _bad(file, plane, _wanted(file, plane, bits) or ANY_VALUE)
    found = _sibling(file, image, _MASKS)
    if found is None and bits is not None:
        raise FrameError("mask_bits needs a plane DQ or MASK beside the image, or mask_ext.", path=file.path)
    wanted = None if found is None else _wanted(file, found, bits)
    if found is None or wanted is None:
        return _nothing(image)
    if bits is None and wanted != ANY_VALUE and found.bitpix < 0:
        _warn(file, found, "bits need a plane of integers: it is not used.")
        return _nothing(image)
    mask = _bad(file, found, wanted)
    if mask.all():
        _warn(file, found, "the mask marks every pixel and is not used; name it by mask_ext if it is meant.")
        return _nothing(image)
    if mask.mean() > 0.5:
        _warn(file, found, f"the mask marks {mask.mean():.0%} of the pixels as bad.")
    return mask


def _wanted(file: RawFile, plane: RawHDU, bits: int | None) -> BadValues | None:
    """Return which values are bad: the caller's bits, the layout's, any; None for a DQ of no known layout."""
    if bits is not None:
        return BadValues(bits=int(bits))
    return bad_values(file, plane) or (None if plane.name in _CODED else ANY_VALUE)


def _nothing(image: RawHDU) -> np.ndarray:
    mask = new_array(image.shape[-2:], bool)
    mask[:] = False
    return mask


def _bad(file: RawFile, plane: RawHDU, wanted: BadValues) -> np.ndarray:
    """Return where a plane has bad values."""

    def find(pixels: StoredPixels) -> np.ndarray:
        return ~pixels.is_zero() if wanted == ANY_VALUE else wanted.find(pixels.to_integer())

    try:
        return read_plane(file, plane, find, bool)
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"the mask cannot be used: {error}", path=file.path, hdu=plane.index) from None


def _deviation(file: RawFile, plane: RawHDU, *, explicit: bool) -> np.ndarray | None:
    """Return one standard deviation from a plane of errors, NaN where it has none."""
    kind = _kind(plane)

    def to_deviation(pixels: StoredPixels) -> np.ndarray:
        values = pixels.to_double()
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if kind == "variance":
                values = np.sqrt(values)
            elif kind == "inverse":
                values = 1.0 / np.sqrt(values)
            deviation = values.astype(np.float32)
        deviation[~(np.isfinite(deviation) & (deviation > 0))] = np.nan
        return deviation

    deviation = read_plane(file, plane, to_deviation, np.float32)
    if finite_range(deviation) is None:
        if explicit:
            raise FrameError("the errors hold no positive value.", path=file.path, hdu=plane.index)
        _warn(file, plane, "the errors hold no positive value and are not used.")
        return None
    return deviation


def _kind(plane: RawHDU) -> str:
    """Return what the numbers of a plane are: "sigma", "variance" or "inverse", by its UTYPE card, else by its name."""
    stated = string_value(plane.cards, "UTYPE")
    if stated is not None and stated.strip().lower() in _UTYPES:  # as astropy's CCDData writes it
        return _UTYPES[stated.strip().lower()]
    if plane.name in _VARIANCE:
        return "variance"
    return "inverse" if plane.name in (*_INVERSE, *_COVERAGE) else "sigma"


def _warn(file: RawFile, plane: RawHDU, text: str) -> None:
    warnings.warn(f"{file.path}[{plane.index}] {plane.name}: {text}", AmsdWarning, stacklevel=4)
