"""Planes beside an image that is in memory: what an HDUList says of its pixels, as the same file would.

The planes are written to a file that lives as long as it takes to read them, so that files and lists have one reader.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.cards import header_from_cards, make_card
from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.fits.planes.choice import PlaneChoice, named_plane
from amsd_astro.fits.planes.own_files import open_planes
from amsd_astro.fits.raw_hdus import Outline, RawHDU
from amsd_astro.fits.scanning import scan
from amsd_astro.fits.world_coordinates import short_header
from amsd_astro.frames.hdus.beside import Beside, read_beside
from amsd_astro.frames.hdus.pixels import check_structure

__all__ = ["IMAGE_HDUS", "beside_hdu", "beside_in_list", "outline"]

IMAGE_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)
"""What an HDU that may hold an image can be."""

_SCALING = ("BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM")

Pixels = Callable[[Any], "np.ndarray | None"]
"""From an HDU to its pixels, without loading them into it."""


def beside_in_list(hdus: Sequence[Any], image: Any, pixels: Pixels, *, name: str, choice: PlaneChoice) -> Beside | None:
    """Read what the other HDUs of a list say of one of them.

    Parameters
    ----------
    hdus : sequence of HDUs
        As they are in memory, changes and all; the image is one of them.
    image : HDU
        The image.
    pixels : callable
        From an HDU to its pixels.
    name : str
        Of the list, for messages.
    choice : PlaneChoice
        Planes of the list that are asked for.

    Returns
    -------
    Beside or None
        None where there is nothing, or nothing that can be read: with a warning.

    Raises
    ------
    FrameError
        What is asked for is not there, or cannot be used.
    """
    index = next(i for i, hdu in enumerate(hdus) if hdu is image)
    named = {"mask_ext": choice.mask_ext, "error_ext": choice.error_ext}
    asked = {what: ext for what, ext in named.items() if ext is not None}
    if asked:
        found = outline(hdus, name=name)
        for what, ext in asked.items():
            check_structure(hdus[named_plane(found, found.hdus[index], ext, what).index])
    try:
        twins = [_twin(hdu, image, pixels, first=i == 0) for i, hdu in enumerate(hdus)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "planes.fits")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fits.HDUList(twins).writeto(path, output_verify="ignore")
            file = scan(path, warn=False)
            with contextlib.ExitStack() as stack:
                stack.callback(file.stream.close)
                file = replace(file, path=Path(name))
                return read_beside(file, file.hdus[index], open_planes(file, file.hdus[index], choice, stack))
    except (FrameError, MemoryError):
        raise
    except Exception as error:  # cards that cannot be written: the image itself can be used
        if asked:
            raise FrameError(f"{' and '.join(asked)} cannot be read ({error}).", path=name) from error
        message = f"{name}: what is beside the image cannot be read and is not used ({error})."
        warnings.warn(message, AmsdWarning, stacklevel=5)
        return None


def beside_hdu(hdu: Any) -> tuple[Beside | None, fits.Header | None]:
    """Read what the other HDUs of its file say of an HDU that was taken out of a list, and the primary's header.

    Returns
    -------
    Beside or None, Header or None
        None where the HDU is of no file, or the file has changed since; no header for a primary HDU.
    """
    info = hdu.fileinfo() if hasattr(hdu, "fileinfo") else None
    path = None if info is None else getattr(info["file"], "name", None)
    if info is None or not path or not os.path.isfile(path):
        return None, None
    place = info["hdrLoc"]
    try:
        file = scan(path, warn=False)
        with contextlib.closing(file.stream):
            image = next(one for one in file.hdus if one.header_offset == place)
            return read_beside(file, image), header_from_cards(file.hdus[0].cards) if image.index else None
    except (FrameError, OSError, StopIteration):
        return None, None


def outline(hdus: Sequence[Any], *, name: str) -> Outline:
    """Return the HDUs of a list as those of a file: what they are and what they are called, without bytes.

    Of the cards it has those that may tell what an HDU is.

    Parameters
    ----------
    hdus : sequence of HDUs
        As they are in memory.
    name : str
        Of the list, for messages.
    """
    return Outline(Path(name), tuple(_row(index, hdu) for index, hdu in enumerate(hdus)))


def _row(index: int, hdu: Any) -> RawHDU:
    shape = tuple(getattr(hdu, "shape", ()) or ()) if isinstance(hdu, (*IMAGE_HDUS, fits.GroupsHDU)) else ()
    kind = "table"
    if isinstance(hdu, IMAGE_HDUS):
        kind = "image" if shape else "empty"
    elif isinstance(hdu, fits.GroupsHDU):
        kind = "groups"
    name = str(hdu.name).strip().upper() or ("PRIMARY" if index == 0 else "")
    version = hdu.header.get("EXTVER")
    version = version if isinstance(version, int) and not isinstance(version, bool) else None
    return RawHDU(index, kind, name, version, _role_cards(hdu.header), int(hdu.header.get("BITPIX", 8)), shape, 0, 0, 0)


def _role_cards(header: fits.Header) -> tuple[bytes, ...]:
    """Return the cards that may tell what an HDU is."""
    cards = []
    for keyword in layout_table().roles_by_cards.keywords:
        with contextlib.suppress(fits.VerifyError, ValueError):  # of a card that cannot be parsed
            value = header.get(keyword)
            if isinstance(value, str) and value.isascii():
                cards.append(make_card(keyword, value.strip()[:60]))
    return tuple(cards)


def _twin(hdu: Any, image: Any, pixels: Pixels, *, first: bool) -> Any:
    """An HDU of the same header, with the pixels of planes of the image's shape, and zeros for the image itself."""
    if not isinstance(hdu, IMAGE_HDUS):
        return fits.ImageHDU(name=hdu.name)
    header = short_header(hdu.header)
    header.strip()
    for key in _SCALING:
        header.remove(key, ignore_missing=True, remove_all=True)
    data = None
    if hdu is image:
        data = np.zeros(hdu.shape, np.uint8)
    elif tuple(getattr(hdu, "shape", ()) or ())[-2:] == tuple(image.shape)[-2:]:
        data = pixels(hdu)
    if first:
        return fits.PrimaryHDU(data, header)
    return fits.ImageHDU(data, header, name=hdu.name)
