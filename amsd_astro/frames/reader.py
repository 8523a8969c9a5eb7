"""Reading one image of a FITS file as a frame."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.nddata import StdDevUncertainty

from amsd_astro.arrays.blocks import bad_pixels, finite_range
from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.errors import AmsdWarning, FrameChangedError, FrameError
from amsd_astro.fits.byte_streams import file_stamp
from amsd_astro.fits.cards import find_card, header_from_cards, string_value
from amsd_astro.fits.hdu_selection import OUR_NAMES, Extension, belongs_to, choose_hdu, find_hdus, stated_image
from amsd_astro.fits.overscan import overscan
from amsd_astro.fits.pixels import StoredPixels, read_floats, read_plane
from amsd_astro.fits.planes.errors import ErrorKind, to_deviation
from amsd_astro.fits.planes.reading import read_planes
from amsd_astro.fits.planes.use import PlaneUse
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.scanning import scan
from amsd_astro.fits.tile_cards import image_cards
from amsd_astro.fits.units import parse_unit
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.masks import FLAG_MASKED
from amsd_astro.frames.source import FrameSource
from amsd_astro.frames.unknown_errors import tell_kind

__all__ = ["Beside", "read_beside", "read_frame"]

_log = logging.getLogger(__name__)


def read_frame(
    path: str | os.PathLike[str],
    *,
    ext: Extension | None = None,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
) -> Frame:
    """Read one image of a FITS file, with its mask and its errors.

    Parameters
    ----------
    path : str or path-like
        A FITS file, also packed by gzip, bzip2 or xz, or tile-compressed.
    ext : int, str or tuple, optional
        The image: number, "NAME", "NAME,VERSION" or (name, version). By default the HDU named SCI or IMAGE, else the
        only image of two axes.
    mask_ext : int, str or tuple, optional
        The plane of bad pixels; by default MASK, DQ or what else the layouts that are known call it, beside the image
        (a plane of many bits only where its layout is known, or with `mask_bits`).
    mask_bits : int, optional
        Bits of that plane that make a pixel bad; by default those that say, in a layout that is known, that a pixel
        has no good value, else any.
    error_ext : int, str or tuple, optional
        The plane of errors; by default ERR, VAR or IVAR (or what else they are called) beside the image.
    error_kind : {"sigma", "variance", "inverse"}, optional
        What the errors are: standard deviations, variances or inverse variances. By default what the name of the plane
        says; where it says nothing, the one of the three that fits the noise of the sky, if only one does.

    Returns
    -------
    Frame
        Data float32, or float64 where the file has it or its integers need it, shape (ny, nx), NaN where BLANK. The
        mask has NaN, infinities, BLANK, overscan and what the planes tell. All cards of the header.

    Raises
    ------
    FrameNotFoundError, FrameChangedError, FrameError
        The file is missing, changed while it was read, or cannot be used; the message says why.
    OSError
        The disk failed.
    """
    file = scan(Path(os.path.abspath(os.fspath(path))))
    with contextlib.closing(file.stream), usual_float_errors():
        options = {"mask_ext": mask_ext, "mask_bits": mask_bits, "error_ext": error_ext, "error_kind": error_kind}
        return _read(file, choose_hdu(file, ext), options)


def _read(file: RawFile, hdu: RawHDU, options: dict[str, Any]) -> Frame:
    try:
        data = read_floats(file, hdu)
        beside = read_beside(file, hdu, **options)
        errors = None if beside.unknown_errors is None else _as_they_are(file, beside.unknown_errors)
    except MemoryError:
        raise
    except (FrameError, OSError):
        _check_stamp(file)
        raise
    _check_stamp(file)
    mask = bad_pixels(data, beside.mask)
    if mask.all():
        why = "every pixel is NaN, infinite or BLANK" if finite_range(data) is None else "every pixel is masked"
        raise FrameError(f"the image has no valid pixel: {why}.", path=file.path, hdu=hdu.index)
    source = _source(file, hdu, data.dtype, beside.uses)
    unit = _unit(file, hdu)
    _log.debug("%s[%d]: %s, %d bad pixels", file.path, hdu.index, hdu.label, int(mask.sum()))
    frame = Frame(
        data,
        uncertainty=None if beside.deviation is None else StdDevUncertainty(beside.deviation, copy=False),
        mask=mask,
        flags=beside.flags,
        header=header_from_cards(source.cards),
        unit=unit,
        source=source,
    )
    return frame if errors is None else _with_errors(frame, *errors)


def _as_they_are(file: RawFile, plane: RawHDU) -> tuple[RawHDU, np.ndarray]:
    return plane, read_plane(file, plane, StoredPixels.to_double, np.float64)


def _with_errors(frame: Frame, plane: RawHDU, errors: np.ndarray) -> Frame:
    """Give a frame errors of which nothing said what they are."""
    source = frame.source
    assert source is not None  # it was read from a file
    kind = tell_kind(frame, errors, where=f"{source.path}[{plane.index}]")
    deviation = to_deviation(errors, kind)
    use = PlaneUse(plane.index, plane.name, "errors", used=True, note=f"{kind}, as the noise of the sky tells")
    frame.source = replace(source, planes=(use, *source.planes))
    frame.uncertainty = StdDevUncertainty(deviation, copy=False)
    frame.mask = bad_pixels(deviation, frame.mask)
    return frame


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
    unknown_errors : RawHDU or None
        A plane of errors, where nothing tells what its numbers are.
    uses : tuple of PlaneUse
        What was made of each plane.
    """

    mask: np.ndarray
    deviation: np.ndarray | None
    flags: np.ndarray | None
    unknown_errors: RawHDU | None = None
    uses: tuple[PlaneUse, ...] = ()


def read_beside(
    file: RawFile,
    hdu: RawHDU,
    *,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
) -> Beside:
    """Read the planes that belong to an image, and its overscan.

    Parameters
    ----------
    file : RawFile
        The file.
    hdu : RawHDU
        The image.
    mask_ext, mask_bits, error_ext, error_kind
        As for `read_frame`.
    """
    if find_card(hdu.cards, COMBINED_KEYWORD) is not None:
        return _beside_combined(file, hdu)
    planes = read_planes(file, hdu, mask_ext=mask_ext, mask_bits=mask_bits, error_ext=error_ext, error_kind=error_kind)
    _leave_out_overscan(planes.mask, file, hdu)
    deviation, flags, unknown = planes.deviation, None, planes.unknown_errors
    if find_card(hdu.cards, "AMSDVERS") is not None:
        deviation, flags = _our_planes(file, hdu, deviation)
        unknown = None if deviation is not None else unknown  # of a denoised image our map tells the errors
    return Beside(planes.mask, deviation, flags, unknown, planes.uses)


def _beside_combined(file: RawFile, hdu: RawHDU) -> Beside:
    """Return what our own planes say of an image of several exposures: all others describe its reference alone."""
    deviation, flags = _our_planes(file, hdu, None)
    mask = np.zeros(hdu.shape[-2:], bool) if flags is None else (flags & FLAG_MASKED) != 0
    return Beside(mask, deviation, flags)


def _unit(file: RawFile, hdu: RawHDU) -> u.UnitBase:
    """Return the unit of the pixels: by the image's own BUNIT, else by that of the primary HDU."""
    own = string_value(hdu.cards, "BUNIT")
    if own is not None or hdu.index == 0:
        return parse_unit(own, where=f"{file.path}[{hdu.index}]: BUNIT")
    return parse_unit(string_value(file.hdus[0].cards, "BUNIT"), where=f"{file.path}[0]: BUNIT")


def _leave_out_overscan(mask: np.ndarray, file: RawFile, hdu: RawHDU) -> None:
    """Mask what was not exposed: it is no part of the statistics, and stays as it is."""
    outside = overscan(hdu.cards, (mask.shape[0], mask.shape[1]), where=f"{file.path}[{hdu.index}]")
    if outside is None:
        return
    mask |= outside
    _log.info("%s[%d]: the overscan is left as it is", file.path, hdu.index)


def _check_stamp(file: RawFile) -> None:
    if file_stamp(file.path) != file.stamp:
        raise FrameChangedError("the input changed while it was read.", path=file.path)


def _source(file: RawFile, hdu: RawHDU, dtype: np.dtype, planes: tuple[PlaneUse, ...]) -> FrameSource:
    """Return what the writer needs to find the image again."""
    cards = tuple(image_cards(hdu)) if hdu.kind == "compressed" else hdu.cards
    return FrameSource(
        path=file.path,
        hdu=hdu.index,
        name=hdu.name,
        version=hdu.extver,
        shape=hdu.shape,
        dtype=np.dtype(dtype),
        stamp=file.stamp,
        cards=cards,
        raw_cards=hdu.cards,
        primary_cards=file.hdus[0].cards,
        planes=planes,
    )


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
