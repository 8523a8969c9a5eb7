"""Reading one image of a FITS file as a frame."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.nddata import StdDevUncertainty

from amsd_astro.arrays.blocks import bad_pixels, finite_range
from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.errors import FrameChangedError, FrameError
from amsd_astro.fits.byte_streams import file_stamp
from amsd_astro.fits.cards import header_from_cards, string_value
from amsd_astro.fits.hdu_selection import Extension, choose_hdu
from amsd_astro.fits.pixels import read_floats
from amsd_astro.fits.planes.choice import NamedPlane, NamedPlanes, PlaneChoice
from amsd_astro.fits.planes.errors import ErrorKind
from amsd_astro.fits.planes.own_files import open_planes
from amsd_astro.fits.planes.use import PlaneUse
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.scanning import scan
from amsd_astro.fits.tile_cards import image_cards
from amsd_astro.fits.units import parse_unit
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.hdus.beside import read_beside
from amsd_astro.frames.source import FrameSource, OwnFile
from amsd_astro.frames.unknown_errors import with_errors
from amsd_astro.printable import told_name
from amsd_astro.remote.addresses import is_address, shown_name
from amsd_astro.remote.fetching import Fetched, Fetches

__all__ = ["read_frame"]

_log = logging.getLogger(__name__)


def read_frame(
    path: str | os.PathLike[str],
    *,
    ext: Extension | None = None,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
    mask_file: str | os.PathLike[str] | None = None,
    error_file: str | os.PathLike[str] | None = None,
    companions: bool = False,
) -> Frame:
    """Read one image of a FITS file, with its mask and its errors.

    Parameters
    ----------
    path : str or path-like
        A FITS file, also packed by gzip, bzip2 or xz, or tile-compressed. An address (URL, extra: remote) is fetched
        to scratch, whole and once, and stays there as long as the frame.
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
    mask_file, error_file : str or path-like, optional
        Files of their own that hold mask and errors, also as FILE[HDU]; `mask_ext` and `error_ext` are then HDUs of
        them. By default the HDU called as the image, or as a plane of it, else the only one, or the one at its place.
    companions : bool, optional
        Whether mask and errors are in files of their own beside this one, which are found by the naming of their
        mission or pipeline.

    Returns
    -------
    Frame
        Data float32, or float64 where the file has it or its integers need it, shape (ny, nx), NaN where BLANK. The
        mask has NaN, infinities, BLANK, overscan and what the planes tell. All cards of the header.

    Raises
    ------
    FrameNotFoundError, FrameChangedError, FrameError
        The file, or one that was asked for, is missing, changed while it was read, or cannot be used; the message
        says why.
    OSError
        The disk failed, or the connection to an address.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> frame = read_frame("exposure.fits")
    >>> frame.shape, str(frame.unit), int(frame.mask.sum())
    ((96, 96), 'adu', 96)
    """
    if companions and is_address(told_name(path)):
        raise FrameError("companions are looked for beside files of this machine: name them.", path=shown_name(path))
    fetches = Fetches()
    local = fetches.local_file(path)
    mask_file, error_file = fetches.local(mask_file), fetches.local(error_file)
    choice = PlaneChoice(mask_ext, mask_bits, error_ext, error_kind, mask_file, error_file, companions)
    with contextlib.ExitStack() as stack, usual_float_errors():
        file = scan(Path(os.path.abspath(local)))
        stack.callback(file.stream.close)
        image = choose_hdu(file, ext)
        return _read(file, image, open_planes(file, image, choice, stack), fetches.held())


def _read(file: RawFile, hdu: RawHDU, named: NamedPlanes, held: tuple[Fetched, ...]) -> Frame:
    own = [plane for plane in (named.mask, named.error) if plane is not None and plane.own]
    files = [file, *(plane.file for plane in own)]
    try:
        data = read_floats(file, hdu)
        beside = read_beside(file, hdu, named)
    except MemoryError:
        raise
    except (FrameError, OSError):
        _check_stamps(files)
        raise
    _check_stamps(files)
    mask = bad_pixels(data, beside.mask)
    if mask.all():
        why = "every pixel is NaN, infinite or BLANK" if finite_range(data) is None else "every pixel is masked"
        raise FrameError(f"the image has no valid pixel: {why}.", path=file.path, hdu=hdu.index)
    source = _source(file, hdu, data.dtype, beside.uses, tuple(map(_own_file, own)), held)
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
    return frame if beside.unknown_errors is None else with_errors(frame, beside.unknown_errors)


def _unit(file: RawFile, hdu: RawHDU) -> u.UnitBase:
    """Return the unit of the pixels: by the image's own BUNIT, else by that of the primary HDU."""
    own = string_value(hdu.cards, "BUNIT")
    if own is not None or hdu.index == 0:
        return parse_unit(own, where=f"{file.path}[{hdu.index}]: BUNIT")
    return parse_unit(string_value(file.hdus[0].cards, "BUNIT"), where=f"{file.path}[0]: BUNIT")


def _check_stamps(files: Iterable[RawFile]) -> None:
    for file in files:
        if file_stamp(file.path) != file.stamp:
            raise FrameChangedError("the input changed while it was read.", path=file.path)


def _own_file(plane: NamedPlane) -> OwnFile:
    return OwnFile(plane.file.path, plane.file.stamp, plane.hdu.index, plane.role)


def _source(
    file: RawFile,
    hdu: RawHDU,
    dtype: np.dtype,
    planes: tuple[PlaneUse, ...],
    own_files: tuple[OwnFile, ...],
    held: tuple[Fetched, ...],
) -> FrameSource:
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
        own_files=own_files,
        held=held,
    )
