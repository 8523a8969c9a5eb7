"""Pixels of an HDU that is in memory, in the units its header states, without loading them into it."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.fits.byte_streams import check_expansion

__all__ = ["blank_of", "check_structure", "pixels_of"]

_STRUCTURE = re.compile(r"(BITPIX|NAXIS\d*)\Z")
_MAX_EXPANSION = 2000  # of tiles, as for files


def check_structure(hdu: Any) -> None:
    """Make sure that the cards an image was read by do not contradict one another: astropy takes one of them.

    Raises
    ------
    FrameError
        They do, or there is no number to scale the pixels by.
    """
    found: dict[str, set[str]] = {}
    for card in hdu.header.cards:
        if _STRUCTURE.match(str(card.keyword)):
            found.setdefault(card.keyword, set()).add(repr(card.value))
    for keyword, values in found.items():
        if len(values) > 1:
            raise FrameError(
                f"{keyword} must be given once. Received: {' and '.join(sorted(values)[:4])}", hdu=hdu.name
            )
        if values & {"True", "False"}:
            raise FrameError(f"{keyword} must be an integer. Received: {next(iter(values))}", hdu=hdu.name)
    if not isinstance(hdu, fits.CompImageHDU):
        counts = hdu.header.get("PCOUNT", 0), hdu.header.get("GCOUNT", 1)
        if counts != (0, 1):
            raise FrameError(
                f"an image must have PCOUNT 0 and GCOUNT 1. Received: {counts[0]}, {counts[1]}", hdu=hdu.name
            )
    for keyword, value in zip(("BSCALE", "BZERO"), _scaling(hdu), strict=True):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise FrameError(f"{keyword} must be a finite number. Received: {value!r}", hdu=hdu.name)
        if keyword == "BSCALE" and value == 0:
            raise FrameError("BSCALE must not be zero.", hdu=hdu.name)


def pixels_of(hdu: Any) -> np.ndarray | None:
    """Return the pixels without loading them into the HDU: loading would change its header."""
    if _is_loaded(hdu) or not hdu.shape:
        pixels = None if hdu.data is None else np.asarray(hdu.data)
    else:
        info = hdu.fileinfo()
        if isinstance(hdu, fits.CompImageHDU) and info is not None:
            n_bytes = math.prod(hdu.shape) * abs(int(hdu.header["BITPIX"])) // 8
            check_expansion(n_bytes, info["datSpan"], hdu.name, limit=_MAX_EXPANSION)
        pixels = np.asarray(hdu.section[...])
    if pixels is None or not _is_raw(hdu):
        return pixels
    scale, zero = _scaling(hdu)
    return pixels if (scale, zero) == (1, 0) else pixels * float(scale) + zero


def blank_of(hdu: Any, stated: Any, pixels: np.ndarray) -> float | None:
    """Return what a blank pixel of integers is among the pixels, None where none can be left of them.

    Parameters
    ----------
    hdu : HDU
        The image.
    stated : object
        BLANK of its header.
    pixels : ndarray
        By `pixels_of`. Astropy leaves BLANK = 0, also among floats, and BLANK of unsigned integers, as they are.
    """
    integers = (
        pixels.dtype.kind in "iu" or _is_raw(hdu) or (not _is_loaded(hdu) and getattr(hdu, "_orig_bitpix", 0) > 0)
    )
    blank = stated if integers else None
    if blank is None and _is_of_file(hdu) and getattr(hdu, "_orig_bitpix", 0) > 0:
        blank = 0 if getattr(hdu, "_orig_blank", None) == 0 else None
    if not isinstance(blank, int) or isinstance(blank, bool):
        return None
    scale, zero = _scaling(hdu)
    return blank * scale + zero


def _scaling(hdu: Any) -> tuple[Any, Any]:
    """Return BSCALE and BZERO as the file has them, also after astropy applied them and dropped the cards."""
    scale, zero = getattr(hdu, "_orig_bscale", 1), getattr(hdu, "_orig_bzero", 0)
    return (1 if scale is None else scale), (0 if zero is None else zero)


def _is_raw(hdu: Any) -> bool:
    """Return whether the pixels are as they are stored, not scaled yet."""
    return bool(getattr(hdu, "_do_not_scale_image_data", False))


def _is_loaded(hdu: Any) -> bool:
    """Return whether the pixels are in memory already."""
    return bool(getattr(hdu, "_data_loaded", True)) or hdu.fileinfo() is None


def _is_of_file(hdu: Any) -> bool:
    """Return whether the array is the one that was read from the file, pixels changed in it aside."""
    return not getattr(hdu, "_data_replaced", True)
