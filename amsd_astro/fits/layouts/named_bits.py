"""Masks that name their bits in their header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amsd_astro.fits.cards import card_keyword, int_value, string_value
from amsd_astro.fits.layouts.table import layout_table

__all__ = ["BitsByName", "named_bits"]

_NUMBER_CARD = re.compile(rb"(?:HIERARCH )?MP_(\w+) *= *(\d+) *(?:/.*)?\Z", re.DOTALL | re.IGNORECASE)
_PAIRS = (("MSKN", "MSKM", 4), ("MSKNAM", "MSKVAL", 2))
"""Keywords of names and of values, and the digits of the number behind both."""

_MOST_BITS = 64


@dataclass(frozen=True)
class BitsByName:
    """What the names of a mask's bits say.

    Attributes
    ----------
    bad : dict of int to str
        Values of bits that make a pixel bad, and their names.
    unknown : dict of int to str
        Those whose names are not in the table: they make no pixel bad.
    """

    bad: dict[int, str]
    unknown: dict[int, str]


def named_bits(cards: Sequence[bytes]) -> BitsByName | None:
    """Return the bits that a mask names; None where it names none that is known.

    Parameters
    ----------
    cards : sequence of bytes
        Of the mask.
    """
    named = {name: value for name, value in (*_by_number(cards), *_by_value(cards)) if 0 < value < 1 << _MOST_BITS}
    table = layout_table().named_bits
    if not named.keys() & (table.bad | table.good):
        return None
    bad = table.bad_in_coadds if named.keys() & table.signs_of_coadds else table.bad
    known = table.bad | table.good
    return BitsByName(
        {value: name for name, value in named.items() if name in bad},
        {value: name for name, value in named.items() if name not in known},
    )


def _by_number(cards: Sequence[bytes]) -> Iterator[tuple[str, int]]:
    """Cards of LSST's older files, of HSC and SPHEREx: MP_SAT = 1."""
    for card in cards:
        if card_keyword(card).startswith(("MP_", "HIERARCH")):
            match = _NUMBER_CARD.match(card)
            if match and int(match[2]) < _MOST_BITS:
                yield match[1].decode("ascii").upper(), 1 << int(match[2])


def _by_value(cards: Sequence[bytes]) -> Iterator[tuple[str, int]]:
    """Pairs of cards: MSKN0003 = 'COSMIC_RAY', MSKM0003 = 8 (without it, that of the bit of its number)."""
    for names, values, n_digits in _PAIRS:
        pattern = re.compile(rf"{names}(\d{{{n_digits}}})")
        for keyword in dict.fromkeys(map(card_keyword, cards)):
            match = pattern.fullmatch(keyword)
            if match is None or int(match[1]) >= _MOST_BITS:
                continue
            name = string_value(cards, keyword)
            if not name or not name.strip():
                continue
            try:
                value = int_value(cards, values + match[1])
            except ValueError:
                continue
            yield name.strip().upper(), 1 << int(match[1]) if value is None else value
