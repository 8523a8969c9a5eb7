"""Which values of a data-quality plane say that a pixel has no good value, by the layout of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.fits.cards import string_value
from amsd_astro.fits.layouts.named_bits import named_bits
from amsd_astro.fits.layouts.plane_names import plane_name
from amsd_astro.fits.layouts.table import Layout, layout_table
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["ANY_VALUE", "BadValues", "bad_values"]


@dataclass(frozen=True)
class BadValues:
    """Values of a plane that make a pixel bad.

    Parameters
    ----------
    bits : int
        Some of these bits set; -1, which has every bit, is any value but zero.
    codes : tuple of int
        One of these values, in planes of codes.
    meanings : mapping of int to str
        Of the values of single bits, or of the codes.
    unknown : mapping of int to str
        Bits that have a name which says nothing to us: they do not mask.
    layout : str
        What told.
    """

    bits: int = 0
    codes: tuple[int, ...] = ()
    meanings: Mapping[int, str] = field(default_factory=dict, compare=False)
    unknown: Mapping[int, str] = field(default_factory=dict, compare=False)
    layout: str = field(default="", compare=False)

    def find(self, values: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return where values are bad.

        Parameters
        ----------
        values : ndarray of int64
            Of the plane; unsigned ones of 64 bits in two's complement.
        """
        bits = self.bits & (2**64 - 1)
        bad = (values & np.int64(bits - 2**64 if bits >= 2**63 else bits)) != 0
        # a BLANK pixel, -1, is bad by all of its bits, and so it is among codes
        return np.asarray(bad | np.isin(values, (*self.codes, -1))) if self.codes else np.asarray(bad)


ANY_VALUE = BadValues(bits=-1)
"""Every value but zero is bad."""


def bad_values(file: RawFile, plane: RawHDU) -> BadValues | None:
    """Return which values of a data-quality plane make a pixel bad.

    Parameters
    ----------
    file : RawFile
        The file, whose cards tell the layout.
    plane : RawHDU
        The plane: DQ, MASK, MSK or what else it is called.

    Returns
    -------
    BadValues or None
        None where the layout is not known.
    """
    named = named_bits(plane.cards)
    if named is not None:
        return BadValues(_all(named.bad), meanings=named.bad, unknown=named.unknown, layout="names of its bits")
    for layout in layout_table().layouts:
        if layout.bad is not None and any(_holds(sign, file, plane) for sign in layout.signs):
            return _by_layout(layout)
    return None


def _by_layout(layout: Layout) -> BadValues:
    flags = layout.bad or {}
    if not flags:
        return BadValues(bits=-1, layout=layout.title)
    if layout.codes:
        return BadValues(codes=tuple(flags), meanings=flags, layout=layout.title)
    return BadValues(bits=_all(flags), meanings=flags, layout=layout.title)


def _all(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


def _holds(sign: Mapping[str, Any], file: RawFile, plane: RawHDU) -> bool:
    """Return whether a file with a plane has a sign of the table."""
    for key, wanted in sign.items():
        if key == "plane":
            names = [wanted] if isinstance(wanted, str) else wanted
            if plane_name(plane.name).word not in names:
                return False
        elif key == "hdu":
            if all(hdu.name != wanted for hdu in file.hdus):
                return False
        elif not _agrees(_word(file, plane, key), wanted):
            return False
    return True


def _agrees(value: str, wanted: str) -> bool:
    """Return whether the value of a card is the one of a sign, or a version ("V4.8.2A", "DES 2.1") within its limit."""
    comparison = re.fullmatch(r"(>=|<) (\d+)\.(\d+)", wanted)
    if comparison is None:
        return value == wanted
    version = re.search(r"(\d+)\.(\d+)", value)
    if version is None:
        return False
    later = (int(version[1]), int(version[2])) >= (int(comparison[2]), int(comparison[3]))
    return later == (comparison[1] == ">=")


def _word(file: RawFile, plane: RawHDU, keyword: str) -> str:
    """Return a string value in upper case: the plane's own, else the primary's, else that of another HDU."""
    for hdu in (plane, *file.hdus):
        value = string_value(hdu.cards, keyword)
        if value and value.strip():
            return value.strip().upper()
    return ""
