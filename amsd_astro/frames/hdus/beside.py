"""What a file says of the pixels of an image besides their values: its planes, its overscan, an earlier denoising."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field

import numpy as np

from amsd_astro.errors import AmsdWarning
from amsd_astro.fits.cards import find_card
from amsd_astro.fits.hdu_selection import OUR_NAMES, belongs_to, find_hdus, stated_image
from amsd_astro.fits.overscan import overscan
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.planes.choice import NamedPlane, NamedPlanes
from amsd_astro.fits.planes.reading import read_planes
from amsd_astro.fits.planes.use import PlaneUse
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD
from amsd_astro.frames.masks import FLAG_MASKED

__all__ = ["Beside", "UnknownErrors", "read_beside"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnknownErrors:
    """Errors of which nothing tells what their numbers are.

    Attributes
    ----------
    where : str
        File and HDU, for messages.
    use : PlaneUse
        The plane.
    values : ndarray of float64, shape (ny, nx)
        As they are in the file.
    """

    where: str
    use: PlaneUse
    values: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Beside:
    """What a file says of the pixels of an image besides their values.

    Attributes
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a plane says the pixel is bad, or a section card that it was not exposed.
    deviation : ndarray of float32, shape (ny, nx), or None
        One standard deviation; NaN where unknown.
    flags : ndarray of uint8, shape (ny, nx), or None
        Of an earlier denoising.
    unknown_errors : UnknownErrors or None
        A plane of errors, where nothing tells what its numbers are.
    uses : tuple of PlaneUse
        What was made of each plane.
    """

    mask: np.ndarray
    deviation: np.ndarray | None
    flags: np.ndarray | None
    unknown_errors: UnknownErrors | None = None
    uses: tuple[PlaneUse, ...] = ()


def read_beside(file: RawFile, hdu: RawHDU, named: NamedPlanes | None = None) -> Beside:
    """Read the planes that belong to an image, and its overscan.

    Parameters
    ----------
    file : RawFile
        The file.
    hdu : RawHDU
        The image.
    named : NamedPlanes, optional
        Planes that were asked for.
    """
    if named in (None, NamedPlanes()) and find_card(hdu.cards, COMBINED_KEYWORD) is not None:
        return _beside_combined(file, hdu)
    planes = read_planes(file, hdu, NamedPlanes() if named is None else named)
    _leave_out_overscan(planes.mask, file, hdu)
    deviation, flags, unknown = planes.deviation, None, planes.unknown_errors
    if find_card(hdu.cards, "AMSDVERS") is not None:
        deviation, flags = _our_planes(file, hdu, deviation)
        unknown = None if deviation is not None else unknown  # of a denoised image our map tells the errors
        masked = None if flags is None else (flags & FLAG_MASKED) != 0
        if masked is not None and not masked.all():  # of a mask in memory, or in a file of its own, they alone tell
            planes.mask[masked] = True
    return Beside(planes.mask, deviation, flags, None if unknown is None else _as_they_are(unknown), planes.uses)


def _beside_combined(file: RawFile, hdu: RawHDU) -> Beside:
    """Return what our own planes say of an image of several exposures: all others describe its reference alone."""
    deviation, flags = _our_planes(file, hdu, None)
    mask = np.zeros(hdu.shape[-2:], bool) if flags is None else (flags & FLAG_MASKED) != 0
    return Beside(mask, deviation, flags)


def _as_they_are(plane: NamedPlane) -> UnknownErrors:
    values = read_plane(plane.file, plane.hdu, StoredPixels.to_double, np.float64)
    use = PlaneUse(plane.hdu.index, plane.hdu.name, "errors", used=True, note="", file=plane.path)
    return UnknownErrors(f"{plane.file.path}[{plane.hdu.index}]", use, values)


def _leave_out_overscan(mask: np.ndarray, file: RawFile, hdu: RawHDU) -> None:
    """Mask what was not exposed: it is no part of the statistics, and stays as it is."""
    outside = overscan(hdu.cards, (mask.shape[0], mask.shape[1]), where=f"{file.path}[{hdu.index}]")
    if outside is None:
        return
    mask |= outside
    _log.info("%s[%d]: the overscan is left as it is", file.path, hdu.index)


def _our_planes(
    file: RawFile, hdu: RawHDU, deviation: np.ndarray | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the 1-sigma map and the flags that an earlier denoising put beside the image."""
    flags = None
    sigma_plane, flags_plane = (_our_plane(file, hdu, name) for name in OUR_NAMES[:2])
    if sigma_plane is not None:
        deviation = read_plane(file, sigma_plane, StoredPixels.to_float, np.float32)
    if flags_plane is not None:
        values = read_plane(file, flags_plane, StoredPixels.to_float, np.float32)
        if np.all((values >= 0) & (values <= 255) & (values == np.rint(values))):
            flags = values.astype(np.uint8)
        else:
            message = (
                f"{file.path}[{flags_plane.index}]: AMSD_FLAGS holds no flags (whole numbers, 0 to 255); not used."
            )
            warnings.warn(message, AmsdWarning, stacklevel=5)
    return deviation, flags


def _our_plane(file: RawFile, hdu: RawHDU, name: str) -> RawHDU | None:
    """Return the last extension of a name that describes an image: one that says so before one of the same EXTVER."""
    shape = hdu.shape[-2:]
    planes = [one for one in find_hdus(file, name) if one is not hdu and one.is_plane and one.shape[-2:] == shape]
    stated = [plane for plane in planes if stated_image(plane) == hdu.index]
    others = [plane for plane in planes if belongs_to(plane, hdu)]
    found = stated or others
    return found[-1] if found else None
