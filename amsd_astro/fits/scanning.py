"""A strict look at the raw headers of a FITS file: where each HDU lies, its raw cards, the size of its data.

It comes before astropy: of files with one damaged card astropy opens many with the wrong shape or without the image.
Sizes are checked against the file before anything is allocated.
"""

from __future__ import annotations

import logging
import math
import os
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.byte_streams import ByteStream, check_expansion, file_stamp
from amsd_astro.fits.cards import card_keyword, card_value, find_card, int_value, string_value
from amsd_astro.fits.raw_hdus import BLOCK, RawFile, RawHDU, padded

__all__ = ["scan"]

Structure = dict[str, set[str | None]]
"""Values of structural cards, by keyword."""

_log = logging.getLogger(__name__)

_MAX_HEADER = 16 * 1024 * 1024
_BITPIX = (8, 16, 32, 64, -32, -64)
_INTEGER = re.compile(r"[+-]?\d+\Z")
_STRUCTURAL = re.compile(r"(BITPIX|NAXIS\d*|PCOUNT|GCOUNT|ZBITPIX|ZNAXIS\d*)\Z")
_MOST_BYTES = 2**63 - 1  # of any file; far larger numbers cannot even be printed
_IMAGE_KINDS = ("IMAGE", "IUEIMAGE")
_OTHER_FORMATS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF (or raw camera) picture"),
    (b"MM\0*", "a TIFF (or raw camera) picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"#ASDF", "an ASDF file"),
    (b"XISF", "an XISF picture"),
    (b"\x93NUMPY", "a numpy array file"),
    (b"\x1f\x9d", "packed by 'compress' (.Z): unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd: unpack it first"),
)


def scan(path: str | os.PathLike[str], *, warn: bool = True) -> RawFile:
    """Find and check every HDU of a file; its pixels are not read.

    Parameters
    ----------
    path : str or path-like
        A FITS file, possibly packed as a whole by gzip, bzip2 or xz.
    warn : bool, optional
        Whether oddities that are accepted give an `AmsdWarning`.

    Raises
    ------
    FrameNotFoundError, FrameError
        The file is missing, is not FITS, or breaks the standard in a way that makes its pixels uncertain.
    """
    stamp = file_stamp(path)
    hdus: list[RawHDU] = []
    notes: list[str] = []
    stream = ByteStream(path)
    try:
        if stream.misnamed:
            notes.append(f"the file is named {stream.path.suffix} but is not packed; read as it is.")
        while (hdu := _next_hdu(stream, len(hdus), notes)) is not None:
            hdus.append(hdu)
        junk = bool(hdus) and stream.position > hdus[-1].end
        if junk:
            stream.skip(sys.maxsize)  # damage and bombs in what is packed are told before there is work to lose
            notes.append(f"bytes follow the last HDU that are no HDU (from byte {hdus[-1].end}); kept as they are.")
    except BaseException:
        stream.close()
        raise
    if warn:
        for note in notes:
            warnings.warn(f"{stream.path}: {note}", AmsdWarning, stacklevel=2)
    _log.debug("%s: %d HDUs", stream.path, len(hdus))
    return RawFile(stream.path, tuple(hdus), stamp, stream.compression, junk, stream)


def _next_hdu(stream: ByteStream, index: int, notes: list[str]) -> RawHDU | None:
    """Read one header and pass over its data; None at the end of the HDUs."""
    offset = stream.position
    block = stream.read(BLOCK)
    if index == 0:
        _check_start(block, stream)
    elif not block.startswith(b"XTENSION"):
        return None
    cards, n_lost = _read_cards(stream, block, index)
    hdu = _describe(stream.path, index, cards, offset, stream.position + n_lost)
    if stream.compression is not None:
        check_expansion(hdu.end, stream.stored, stream.path, hdu=index)
    n_missing = n_lost
    if hdu.data_size:
        if stream.skip(hdu.data_size) < hdu.data_size:
            raise FrameError(
                f"the data are cut: the header declares {hdu.data_size} bytes. "
                f"Received: {max(0, stream.position - hdu.data_offset)}",
                path=stream.path,
                hdu=index,
            )
        padding = padded(hdu.data_size) - hdu.data_size
        n_missing = padding - stream.skip(padding)
    if n_missing:
        notes.append(f"HDU {index}: the last {n_missing} bytes of padding are missing; supplied on writing.")
        return RawHDU(**{**hdu.__dict__, "n_missing": n_missing})
    return hdu


def _check_start(block: bytes, stream: ByteStream) -> None:
    """Say what the file is if it is not FITS."""
    if block.startswith(b"XTENSION"):
        raise FrameError("the file begins with an extension: its primary HDU is missing.", path=stream.path, hdu=0)
    if block.startswith(b"SIMPLE"):
        value = card_value(block[:80])
        if value != "T":
            raise FrameError(
                f"SIMPLE must be T in a FITS file. Received: {value or 'no value'}", path=stream.path, hdu=0
            )
        return
    inside = f" once unpacked ({stream.compression})" if stream.compression else ""
    raise FrameError(f"is not a FITS file{inside}: {_diagnose(block)}.", path=stream.path)


def _diagnose(block: bytes) -> str:
    if not block:
        return "it is empty"
    for magic, name in _OTHER_FORMATS:
        if block.startswith(magic):
            return f"it is {name}"
    start = block.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "it is an HTML page, perhaps the error page of a download"
    if start.startswith(b"<"):
        return "it is XML or HTML text"
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in block):
        return "it is plain text"
    return "it does not begin with the keyword SIMPLE"


def _read_cards(stream: ByteStream, block: bytes, index: int) -> tuple[tuple[bytes, ...], int]:
    """Return the cards up to END, and how many bytes the last block lacks."""
    cards: list[bytes] = []
    n_read = 0
    while True:
        if b"\r\n" in block or block[80:81] == b"\n":
            raise FrameError(
                "the header has line ends (CRLF) in it: the file was damaged by a transfer in text mode.",
                path=stream.path,
                hdu=index,
            )
        for i in range(0, len(block) - 79, 80):
            card = block[i : i + 80]
            if card[:8] == b"END     ":
                return tuple(cards), BLOCK - len(block)
            cards.append(card)
        n_read += len(block)
        if len(block) % 80 and block[len(block) // 80 * 80 :].rstrip() == b"END":
            return tuple(cards), BLOCK - len(block)
        if len(block) < BLOCK:
            raise FrameError("the header is cut: the file ends before an END card.", path=stream.path, hdu=index)
        if n_read >= _MAX_HEADER:
            raise FrameError(f"no END card in the first {n_read} bytes of the header.", path=stream.path, hdu=index)
        block = stream.read(BLOCK)


def _describe(path: Path, index: int, cards: tuple[bytes, ...], header_offset: int, data_offset: int) -> RawHDU:
    """Check the structural cards of one header."""
    structure = _structure(cards)
    bitpix = _structural(structure, "BITPIX", path, index)
    if bitpix not in _BITPIX:
        raise FrameError(f"BITPIX must be one of {_BITPIX}. Received: {bitpix}", path=path, hdu=index)
    axes = _axes(structure, "NAXIS", path, index)
    xtension = string_value(cards, "XTENSION") if cards[0].startswith(b"XTENSION") else None
    groups = xtension is None and len(axes) > 1 and axes[0] == 0 and _value(cards, "GROUPS") == "T"
    n_pixels = math.prod(axes[1:] if groups else axes) if axes else 0
    counted = xtension is not None or bool(axes)
    n_parameters = _structural(structure, "PCOUNT", path, index, default=0) if counted else 0
    n_groups = _structural(structure, "GCOUNT", path, index, default=1) if counted else 1
    if n_parameters < 0 or n_groups < 0:
        raise FrameError(
            f"PCOUNT and GCOUNT must not be negative. Received: {n_parameters}, {n_groups}", path=path, hdu=index
        )
    size = abs(bitpix) // 8 * n_groups * (n_parameters + n_pixels) if axes else 0
    if size > _MOST_BYTES:
        rule = "the data are cut: the header declares more bytes than a file can have"
        raise FrameError(f"{rule}. Received: NAXIS = {len(axes)}, {_shortened(axes)}", path=path, hdu=index)
    shape: tuple[int, ...] = ()
    problem = ""
    if groups:
        kind = "groups"
    elif xtension is None or xtension.upper() in _IMAGE_KINDS:
        kind = "image" if axes else "empty"
        shape = tuple(reversed(axes))
        if size != abs(bitpix) // 8 * n_pixels:
            problem = f"an image must have PCOUNT 0 and GCOUNT 1. Received: {n_parameters}, {n_groups}"
    elif xtension.upper() == "BINTABLE" and _value(cards, "ZIMAGE") == "T":
        kind = "compressed"
        try:
            bitpix = _structural(structure, "ZBITPIX", path, index)
            shape = tuple(reversed(_axes(structure, "ZNAXIS", path, index)))
            if bitpix not in _BITPIX:
                problem = f"ZBITPIX must be one of {_BITPIX}. Received: {bitpix}"
            elif math.prod(shape) > _MOST_BYTES:
                problem = f"the image is larger than a file can be. Received: {_shortened(shape[::-1])}"
        except FrameError as error:
            problem = error.message
    else:
        kind = "table" if xtension.upper() in ("TABLE", "BINTABLE", "A3DTABLE") else "other"
    name = (string_value(cards, "EXTNAME") or "").strip().upper() or ("PRIMARY" if index == 0 else "")
    try:
        version = int_value(cards, "EXTVER")
    except ValueError:
        version = None
    return RawHDU(index, kind, name, version, cards, bitpix, shape, header_offset, data_offset, size, problem=problem)


def _value(cards: Sequence[bytes], keyword: str) -> str | None:
    card = find_card(cards, keyword)
    return None if card is None else card_value(card)


def _shortened(axes: Sequence[int]) -> str:
    return " x ".join(f"{length:.4g}" for length in axes[:6]) + (" x ..." if len(axes) > 6 else "")


def _structure(cards: Sequence[bytes]) -> Structure:
    """Return the values of the structural cards by their keywords, in one walk: there can be 999 axes."""
    found: Structure = {}
    for card in cards:
        if card[:1] in b"BNPGZ" and _STRUCTURAL.match(keyword := card_keyword(card)):
            found.setdefault(keyword, set()).add(card_value(card))
    return found


def _axes(structure: Structure, keyword: str, path: Path, index: int) -> list[int]:
    """Return the lengths of the axes, the fastest first."""
    n_axes = _structural(structure, keyword, path, index)
    if not 0 <= n_axes <= 999:
        raise FrameError(f"{keyword} must lie in 0..999. Received: {n_axes}", path=path, hdu=index)
    axes = [_structural(structure, f"{keyword}{i + 1}", path, index) for i in range(n_axes)]
    for i, length in enumerate(axes):
        if length < 0:
            raise FrameError(f"{keyword}{i + 1} must not be negative. Received: {length}", path=path, hdu=index)
    return axes


def _structural(structure: Structure, keyword: str, path: Path, index: int, *, default: int | None = None) -> int:
    """Return the value of an integer card that must be there, once or with the same value."""
    values = structure.get(keyword, set())
    if not values and default is not None:
        return default
    if len(values) != 1:
        found = "no such card" if not values else " and ".join(sorted(str(value) for value in values)[:4])
        raise FrameError(f"{keyword} must be given once. Received: {found}", path=path, hdu=index)
    value = next(iter(values))
    if value is None or not _INTEGER.match(value):
        raise FrameError(f"{keyword} must be an integer. Received: {value or 'no value'}", path=path, hdu=index)
    return int(value)
