"""Overscan: which part of a raw frame was exposed, by its section cards.

Sections are IRAF's, ``[x1:x2,y1:y2]``, counted from one, both ends within (ccdgeometry of the IRAF package ccdred);
ends and the second axis may be left out.
TRIMSEC is the part to keep, DATASEC the part that was exposed; cameras with several amplifiers have one of them for
each (DATASECA, DATASEC1, TSEC11 ...), which come first. ESO has the numbers of pixels instead (ESO DET OUT1 NX, PRSCX,
OVSCX; Data Interface Control Document GEN-SPE-ESO-19400-0794).

Headers keep these cards when a frame is trimmed, cut out or resampled, so they are believed only where they fit: the
sections lie within the frame and leave some of it out, but not most of it.
"""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.arrays.scratch import new_array
from amsd_astro.errors import AmsdWarning
from amsd_astro.fits.cards import card_keyword, card_value, string_value

__all__ = ["Section", "data_sections", "overscan", "overscan_of_header"]

_log = logging.getLogger(__name__)

Section = tuple[slice, slice]
"""Rows and columns of a part of a frame."""

_Range = tuple[int, int]
_Part = tuple[_Range, _Range]

# An amplifier's suffix is a letter or a number (of its row and column, TSEC21).
_DATA = re.compile(r"(TRIMSEC|TSEC|DATASEC|DSEC)([A-Z]|\d{1,2})?\Z")
_BIAS = re.compile(r"(BIASSEC|BSEC|PRESEC|ORSEC|OCSEC)([A-Z]|\d{1,2})?\Z")
_OF_SECTIONS = re.compile(rf"{_DATA.pattern}|{_BIAS.pattern}|ESO DET OUT")
_FIRST = ("TRIMSEC", "TSEC", "DATASEC", "DSEC")
_SECTION = re.compile(r"\[?([^,\[\]]*),([^,\[\]]*)\]?\Z")
_RANGE = re.compile(r"(\d*):(\d*)\Z")  # an end that is left out is the frame's
_BINNING = re.compile(r"(\d+)[\s,x]+(\d+)\Z", re.IGNORECASE)
_ESO = re.compile(rb"HIERARCH ESO DET OUT(\d+) (NX|NY|PRSCX|PRSCY|OVSCX|OVSCY) *= *(\d+) *(?:/.*)?\Z", re.DOTALL)
_LEAST = 0.5  # of the frame that data cover: a chip's card in the coadd of many covers less, no camera's data do


def overscan(cards: Sequence[bytes], shape: tuple[int, int], *, where: str = "") -> NDArray[np.bool_] | None:
    """Return the part of a frame that was not exposed.

    Parameters
    ----------
    cards : sequence of bytes
        Raw cards of the image.
    shape : (ny, nx)
        Shape of the frame.
    where : str, optional
        File and HDU, for the warning.

    Returns
    -------
    ndarray of bool, shape (ny, nx), or None
        True outside of every data section; None where the cards tell of no overscan.
    """
    sections = data_sections(cards, shape, where=where)
    if sections is None:
        return None
    mask: NDArray[np.bool_] = new_array(shape, bool)
    mask[:] = True
    for section in sections:
        mask[section] = False
    return mask


def overscan_of_header(header: fits.Header, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels were not exposed, for an image whose header is in memory; none where it tells nothing.

    Parameters
    ----------
    header : Header
        Of the image.
    shape : (ny, nx)
        Shape of the frame.
    """
    cards = []
    for card in header.cards:
        with contextlib.suppress(ValueError, fits.VerifyError):  # cards that cannot be written say nothing
            if _OF_SECTIONS.match(card.keyword):
                cards.append(card.image.encode("ascii", "replace"))
    found = overscan(cards, shape)
    return np.zeros(shape, bool) if found is None else found


def data_sections(cards: Sequence[bytes], shape: tuple[int, int], *, where: str = "") -> tuple[Section, ...] | None:
    """Return the parts of a frame that were exposed, one for each amplifier.

    Parameters
    ----------
    cards, shape, where
        As for `overscan`.

    Returns
    -------
    tuple of (slice, slice), or None
        Rows and columns. None without section cards, or where they do not fit: they lie beyond the frame, as in one
        trimmed already, cover all of it, or cover less than half. Sections in pixels that were not binned are scaled
        by CCDSUM.

    Warns
    -----
    AmsdWarning
        A card cannot be parsed; it is ignored.
    """
    found: dict[tuple[str, bool], list[_Part]] = {}
    biases: list[_Part] = []
    for card in cards:
        keyword = card_keyword(card)
        data, bias = _DATA.match(keyword), _BIAS.match(keyword)
        if data is None and bias is None:
            continue
        section = _parse(card, keyword, shape, where)
        if section is None:
            continue
        if data is None:
            biases.append(section)
        else:
            found.setdefault((data.group(1), data.group(2) is not None), []).append(section)
    candidates = [found.get((name, several), []) for several in (True, False) for name in _FIRST]
    for sections in candidates:
        for factors in ((1, 1), _binning(cards)):
            parts = [_scaled(section, factors) for section in sections]
            covered = _covered(parts, shape)
            if covered == 1.0:  # trimmed already, whatever the other cards still say
                return None
            if covered >= _LEAST and _is_raw(parts, [_scaled(section, factors) for section in biases], shape):
                return tuple(_slices(part) for part in parts)
    if any(candidates):
        _log.debug("%s the section cards do not fit a frame of %d x %d pixels", where, shape[1], shape[0])
    eso = _eso_section(cards, shape)
    return None if eso is None else (_slices(eso),)


def _parse(card: bytes, keyword: str, shape: tuple[int, int], where: str) -> _Part | None:
    """Return first and last pixel along x and y, None where the card is blank or cannot be parsed."""
    text = (string_value([card], keyword) or "").strip()
    if not text:
        return None
    text = "".join(text.split())
    match = _SECTION.match(text)
    # of one range alone, which is along the first axis, the other is whole
    parts = match.groups() if match else (text.strip("[]"), "*")
    ranges = [_parse_range(part, length) for part, length in zip(parts, shape[::-1], strict=True)]
    if ranges[0] is not None and ranges[1] is not None:
        return ranges[0], ranges[1]
    warnings.warn(
        f"{where}{': ' if where else ''}{keyword} must be a section like [1:2048,1:4096], ignored. "
        f"Received: {card_value(card)}",
        AmsdWarning,
        stacklevel=4,
    )
    return None


def _parse_range(text: str, length: int) -> _Range | None:
    if text in ("*", "-*"):
        return 1, length
    match = _RANGE.match(text)
    if match is None:
        return None
    first, last = sorted((int(match.group(1) or 1), int(match.group(2) or length)))
    return first, last


def _binning(cards: Iterable[bytes]) -> tuple[int, int]:
    """Return how many pixels of the detector are one of the frame, along x and y."""
    match = _BINNING.match((string_value(cards, "CCDSUM") or "").strip())
    return (int(match.group(1)) or 1, int(match.group(2)) or 1) if match else (1, 1)


def _scaled(section: _Part, factors: tuple[int, int]) -> _Part:
    """Return a section of detector pixels in binned ones that lie wholly within it."""
    (x1, x2), (y1, y2) = section
    x, y = factors
    return (-(-(x1 - 1) // x) + 1, x2 // x), (-(-(y1 - 1) // y) + 1, y2 // y)


def _eso_section(cards: Sequence[bytes], shape: tuple[int, int]) -> _Part | None:
    """Return the section of a frame of one output from ESO's numbers of pixels, if they add up to the frame."""
    numbers: dict[int, dict[str, int]] = {}
    for card in cards:
        match = _ESO.match(card)
        if match:
            numbers.setdefault(int(match.group(1)), {})[match.group(2).decode("ascii")] = int(match.group(3))
    if len(numbers) != 1:
        return None
    (output,) = numbers.values()
    ranges = []
    for axis, length in zip("XY", shape[::-1], strict=True):
        before, n, after = (output.get(name + axis, 0) for name in ("PRSC", "N", "OVSC"))
        if n == 0 or before + n + after != length:
            return None
        ranges.append((before + 1, before + n))
    return ranges[0], ranges[1]


def _covered(sections: list[_Part], shape: tuple[int, int]) -> float:
    """Return the part of a frame that sections cover; 0 where there is none, one lies beyond it or two overlap."""
    ny, nx = shape
    area = 0
    for i, ((x1, x2), (y1, y2)) in enumerate(sections):
        if not (1 <= x1 <= x2 <= nx and 1 <= y1 <= y2 <= ny):
            return 0.0
        if any(_overlap(sections[i], other) for other in sections[:i]):
            return 0.0
        area += (x2 - x1 + 1) * (y2 - y1 + 1)
    return area / (nx * ny)


def _is_raw(sections: list[_Part], biases: list[_Part], shape: tuple[int, int]) -> bool:
    """Whether what sections leave out of a frame looks like overscan.

    One section that leaves out a part of both axes may be an old card in a frame that was resampled or padded; in a raw
    frame there is a card of the bias beside it.
    """
    ny, nx = shape
    x, y = sections[0]
    if len(sections) > 1 or x == (1, nx) or y == (1, ny):
        return True
    return any(_covered([bias], shape) > 0 and not _overlap(bias, sections[0]) for bias in biases)


def _slices(section: _Part) -> Section:
    (x1, x2), (y1, y2) = section
    return slice(y1 - 1, y2), slice(x1 - 1, x2)


def _overlap(one: _Part, other: _Part) -> bool:
    return all(a1 <= b2 and b1 <= a2 for (a1, a2), (b1, b2) in zip(one, other, strict=True))
