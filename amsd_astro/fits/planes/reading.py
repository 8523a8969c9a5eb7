"""Planes that belong to an image: masks, data quality, errors, variances, weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.errors import FrameError
from amsd_astro.fits.hdu_selection import OUR_NAMES, Extension, named_hdu
from amsd_astro.fits.layouts.plane_names import Role
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.planes.errors import ERROR_KINDS, KINDS_IN_WORDS, ErrorKind, error_kind_of, read_deviation
from amsd_astro.fits.planes.masks import read_mask
from amsd_astro.fits.planes.search import find_plane, planes_beside, planes_of
from amsd_astro.fits.planes.use import PlaneUse, check_shape, warn_of
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["Planes", "read_planes"]

_ERRORS: tuple[Role, ...] = ERROR_KINDS  # the likeliest first


@dataclass(frozen=True)
class Planes:
    """What the siblings of an image say about its pixels.

    Attributes
    ----------
    mask : ndarray
        bool, shape (ny, nx): True where a plane says the pixel is bad.
    deviation : ndarray or None
        float32, shape (ny, nx), one standard deviation in the image's unit; NaN where the plane has no valid value.
    unknown_errors : RawHDU or None
        A plane of errors that was named, where neither its name nor a card tells what its numbers are.
    uses : tuple of PlaneUse
        What was made of each plane beside the image.
    """

    mask: np.ndarray
    deviation: np.ndarray | None
    unknown_errors: RawHDU | None
    uses: tuple[PlaneUse, ...]


def read_planes(
    file: RawFile,
    image: RawHDU,
    *,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
) -> Planes:
    """Read mask and error of an image from the HDUs beside it.

    Parameters
    ----------
    file : RawFile
        The file.
    image : RawHDU
        The image.
    mask_ext : int, str or tuple, optional
        The HDU of the mask. By default the one of the same shape whose name says that it is the image's mask, where
        there is one (a plane of many bits only where its layout is known, or with `mask_bits`).
    mask_bits : int, optional
        Bits that make a pixel bad; by default those that `bad_values` knows for the layout, else any.
    error_ext : int, str or tuple, optional
        The HDU of the errors. By default the one of the same shape whose name says that it is the image's, but no
        weight, which masks only where it is zero.
    error_kind : {"sigma", "variance", "inverse"}, optional
        What the errors are; by default as a UTYPE card or the name of the plane says.

    Raises
    ------
    FrameError
        A named plane is missing, has another shape, or holds no bits; or `error_kind` is none, or without errors.
    """
    if error_kind is not None and error_kind not in ERROR_KINDS:
        raise FrameError(
            f"error_kind must be one of {', '.join(ERROR_KINDS)}. Received: {error_kind!r}", path=file.path
        )
    mask, use = read_mask(file, image, mask_ext, mask_bits)
    uses = [] if use is None else [use]
    error = _error_plane(file, image, error_ext)
    if error is None and error_kind is not None:
        raise FrameError("error_kind needs a plane of errors beside the image, or error_ext.", path=file.path)
    deviation, unknown = None, None
    kind = None if error is None else error_kind or error_kind_of(error)
    if error is not None and kind is None:
        unknown = error
        positive = read_deviation(file, error, "sigma", explicit=True)  # whatever they are, they must be that
        mask = mask if positive is None else bad_pixels(positive, mask)
    elif error is not None and kind is not None:
        deviation = read_deviation(file, error, kind, explicit=error_ext is not None)
        note = KINDS_IN_WORDS[kind] if deviation is not None else "no positive value"
        uses.append(PlaneUse(error.index, error.name, "errors", used=deviation is not None, note=note))
    if deviation is not None:
        mask = bad_pixels(deviation, mask)
    coverage = find_plane(file, image, "coverage")
    if coverage is not None and coverage is not error:
        uses.append(_leave_out_empty(file, coverage, mask))
    taken = {one.hdu for one in uses} | ({unknown.index} if unknown is not None else set())
    return Planes(mask, deviation, unknown, (*uses, *_left_aside(file, image, taken)))


def _error_plane(file: RawFile, image: RawHDU, ext: Extension | None) -> RawHDU | None:
    """Return the plane of errors: the one that is named, else the likeliest beside the image."""
    if ext is None:
        return next((plane for role in _ERRORS if (plane := find_plane(file, image, role)) is not None), None)
    plane = named_hdu(file, ext, what="error_ext")
    check_shape(file, image, plane, "error_ext")
    return plane


def _leave_out_empty(file: RawFile, coverage: RawHDU, mask: np.ndarray) -> PlaneUse:
    """Mask where the weight is zero, in place."""
    empty = read_plane(file, coverage, StoredPixels.is_zero, bool)
    if empty.all():
        warn_of(file, coverage, "the weights are zero throughout and not used.")
        return PlaneUse(coverage.index, coverage.name, "weights", used=False, note="zero throughout")
    mask |= empty
    return PlaneUse(
        coverage.index, coverage.name, "weights", used=True, note=f"zero in {empty.mean():.2%} of the pixels"
    )


def _left_aside(file: RawFile, image: RawHDU, taken: Iterable[int]) -> Iterator[PlaneUse]:
    """Yield the planes of the image's shape that nothing was made of."""
    names = {hdu.index: name for hdu, name in planes_beside(file, image)}
    own = {hdu.index for hdu in planes_of(file, image)}
    for hdu in file.hdus:
        if hdu.index in taken or hdu is image or not hdu.is_plane or hdu.name in OUR_NAMES:
            continue
        name = names.get(hdu.index)
        if name is None:
            note = "another image" if hdu.shape[-2:] == image.shape[-2:] else "another shape"
        elif name.role == "other":
            note = "not needed"
        else:
            note = "another one was used" if hdu.index in own else "of another image"
        yield PlaneUse(hdu.index, hdu.name, "", used=False, note=note)
