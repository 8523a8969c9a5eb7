"""Planes that belong to an image: masks, data quality, errors, variances, weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.frames.blocks import bad_pixels, finite_range
from amsd_astro.frames.cards import card_keyword, int_value
from amsd_astro.frames.pixels import StoredPixels, read_plane
from amsd_astro.frames.rawfits import RawFile, RawHDU
from amsd_astro.frames.scratch import new_array
from amsd_astro.frames.select import Extension, find_hdus, named_hdu

__all__ = ["Planes", "read_planes"]

_DEVIATION = ("ERR", "ERROR", "SIGMA", "UNCERT", "STD")
_VARIANCE = ("VAR", "VARIANCE", "STAT")
_INVERSE = ("IVAR", "INVVAR")
_COVERAGE = ("WHT", "WEIGHT")
_MASK = ("MASK",)
_QUALITY = ("DQ", "MASK")
# Bits of masks that name their bits by MP_ cards: those that say a pixel has no good value.
_BAD_BITS = ("BAD", "SAT", "INTRP", "CR", "NO_DATA", "UNMASKEDNAN", "CROSSTALK")


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
        The HDU of the mask. By default MASK of the same shape and version, where there is one; with `mask_bits`
        also DQ.
    mask_bits : int, optional
        Bits that make a pixel bad; by default any.
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
            for hdu in find_hdus(file, name, image.version or 1)
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
        return _bad(file, plane, bits)
    found = _sibling(file, image, _MASK if bits is None else _QUALITY)
    if found is None:
        if bits is not None:
            raise FrameError("mask_bits needs a plane DQ or MASK beside the image, or mask_ext.", path=file.path)
        return _nothing(image)
    if bits is None:
        bits = _named_bits(found)
    mask = _bad(file, found, bits)
    if mask.all():
        _warn(file, found, "the mask marks every pixel and is not used; name it by mask_ext if it is meant.")
        return _nothing(image)
    if mask.mean() > 0.5:
        _warn(file, found, f"the mask marks {mask.mean():.0%} of the pixels as bad.")
    return mask


def _named_bits(plane: RawHDU) -> int | None:
    """Return the bad bits of a mask that names its bits (MP_ cards); None where it does not."""
    if not any(card_keyword(card).startswith("MP_") or card.startswith(b"HIERARCH MP_") for card in plane.cards):
        return None
    bits = 0
    for name in _BAD_BITS:
        try:
            number = int_value(plane.cards, f"MP_{name}") if len(name) <= 5 else _long_int(plane, f"MP_{name}")
        except ValueError:
            number = None
        if number is not None and 0 <= number < 63:
            bits |= 1 << number
    return bits


def _long_int(plane: RawHDU, keyword: str) -> int | None:
    """Return the integer of a HIERARCH card."""
    for card in plane.cards:
        if card.startswith(b"HIERARCH"):
            name, _, value = card[9:].decode("latin-1").partition("=")
            if name.strip() == keyword:
                return int(value.split("/")[0])
    return None


def _nothing(image: RawHDU) -> np.ndarray:
    mask = new_array(image.shape[-2:], bool)
    mask[:] = False
    return mask


def _bad(file: RawFile, plane: RawHDU, bits: int | None) -> np.ndarray:
    """Return where a plane has some of the bits (any value but zero, without bits)."""

    def has_bits(pixels: StoredPixels) -> np.ndarray:
        if bits is None:
            return ~pixels.is_zero()
        values = pixels.to_integer()
        if int(bits) >= 2**63:
            return np.asarray((values.view(np.uint64) & np.uint64(int(bits) & (2**64 - 1))) != 0)
        return np.asarray((values & np.int64(bits)) != 0)

    try:
        return read_plane(file, plane, has_bits, bool)
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"the mask cannot be used: {error}", path=file.path, hdu=plane.index) from None


def _deviation(file: RawFile, plane: RawHDU, *, explicit: bool) -> np.ndarray | None:
    """Return one standard deviation from a plane of errors, NaN where it has none."""

    def to_deviation(pixels: StoredPixels) -> np.ndarray:
        values = pixels.to_double()
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if plane.name in _VARIANCE:
                values = np.sqrt(values)
            elif plane.name in _INVERSE or plane.name in _COVERAGE:
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


def _warn(file: RawFile, plane: RawHDU, text: str) -> None:
    warnings.warn(f"{file.path}[{plane.index}] {plane.name}: {text}", AmsdWarning, stacklevel=4)
