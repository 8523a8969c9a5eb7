"""Planes that belong to an image: masks, data quality, errors, variances, weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.errors import FrameError
from amsd_astro.fits.hdu_selection import OUR_NAMES
from amsd_astro.fits.layouts.plane_names import Role, plane_name
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.planes.choice import NamedPlane, NamedPlanes
from amsd_astro.fits.planes.errors import ERROR_KINDS, KINDS_IN_WORDS, error_kind_of, read_deviation
from amsd_astro.fits.planes.masks import read_mask
from amsd_astro.fits.planes.search import find_plane, planes_beside, planes_of
from amsd_astro.fits.planes.use import PlaneUse, warn_of
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
    unknown_errors : NamedPlane or None
        A plane of errors that was named, where neither its name nor a card tells what its numbers are.
    uses : tuple of PlaneUse
        What was made of each plane beside the image.
    """

    mask: np.ndarray
    deviation: np.ndarray | None
    unknown_errors: NamedPlane | None
    uses: tuple[PlaneUse, ...]


def read_planes(file: RawFile, image: RawHDU, named: NamedPlanes) -> Planes:
    """Read mask and error of an image.

    Parameters
    ----------
    file : RawFile
        The file.
    image : RawHDU
        The image.
    named : NamedPlanes
        The planes that were asked for. By default those of the same shape in the file whose names say that they are
        the image's: a mask of many bits only where its layout is known, or with `mask_bits`; for errors no weight,
        which masks only where it is zero.

    Raises
    ------
    FrameError
        A named mask holds no bits, or `error_kind` is none, or without errors.
    """
    told = named.error_kind
    if told is not None and told not in ERROR_KINDS:
        raise FrameError(f"error_kind must be one of {', '.join(ERROR_KINDS)}. Received: {told!r}", path=file.path)
    mask, use = read_mask(file, image, named.mask, named.mask_bits)
    uses = [] if use is None else [use]
    error = named.error or _likeliest_errors(file, image)
    if error is None and told is not None:
        raise FrameError("error_kind needs a plane of errors beside the image, or error_ext.", path=file.path)
    deviation, unknown = None, None
    kind = None if error is None else told or error_kind_of(error.hdu)
    if named.error is not None:
        _check_errors(named.error)
    if error is not None and kind is None:
        unknown = error
        positive = read_deviation(error.file, error.hdu, "sigma", explicit=True)  # whatever they are, they must be that
        mask = mask if positive is None else bad_pixels(positive, mask)
    elif error is not None and kind is not None:
        deviation = read_deviation(error.file, error.hdu, kind, explicit=named.error is not None)
        note = KINDS_IN_WORDS[kind] if deviation is not None else "no positive value"
        plane = error.hdu
        uses.append(PlaneUse(plane.index, plane.name, "errors", used=deviation is not None, note=note, file=error.path))
    if deviation is not None:
        mask = bad_pixels(deviation, mask)
    coverage = find_plane(file, image, "coverage")
    if coverage is not None and not (error is not None and coverage is error.hdu):
        uses.append(_leave_out_empty(file, coverage, mask))
    taken = {one.hdu for one in uses if not one.file}
    taken |= {unknown.hdu.index} if unknown is not None and not unknown.own else set()
    return Planes(mask, deviation, unknown, (*uses, *_left_aside(file, image, taken)))


def _check_errors(named: NamedPlane) -> None:
    """Refuse a plane that is named for errors, and is one of codes by its name."""
    if plane_name(named.hdu.name).role == "mask":
        what = f"error_{'file' if named.own else 'ext'}"
        message = f"{what} must be a plane of errors. Received: one of codes of bad pixels, {named.hdu.name}"
        raise FrameError(message, path=named.file.path, hdu=named.hdu.index)


def _likeliest_errors(file: RawFile, image: RawHDU) -> NamedPlane | None:
    """Return the likeliest plane of errors beside the image."""
    found = (find_plane(file, image, role) for role in _ERRORS)
    return next((NamedPlane(file, plane, "error") for plane in found if plane is not None), None)


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
