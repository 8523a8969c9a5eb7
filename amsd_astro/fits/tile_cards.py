"""The cards of a tile-compressed image: those that say how it is packed, and those of the image itself."""

from __future__ import annotations

import re

from amsd_astro.fits.cards import card_keyword, make_card
from amsd_astro.fits.raw_hdus import RawHDU

__all__ = ["image_cards", "is_needed", "is_structure"]

_TABLE = r"XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DISP|DIM)\d+"
_CODEC = r"ZIMAGE|ZCMPTYPE|ZBITPIX|ZNAXIS\d*|ZTILE\d+|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZDITHER0|ZBLANK|ZSCALE|ZZERO|ZMASKCMP"
_STALE = r"ZHECKSUM|ZDATASUM"
_NEEDED = re.compile(rf"({_TABLE}|{_CODEC})\Z")
_STRUCTURE = re.compile(rf"({_TABLE}|{_CODEC}|ZSIMPLE|ZTENSION|ZEXTEND|ZBLOCKED|ZPCOUNT|ZGCOUNT|{_STALE})\Z")
# Constant tiles pack down to a few bytes each, so the limit is wider than for whole files.


def is_needed(keyword: str) -> bool:
    """Return whether a card of this keyword is needed to unpack the tiles."""
    return bool(_NEEDED.match(keyword))


def is_structure(card: bytes) -> bool:
    """Return whether a card of a tile-compressed HDU describes the table or the codec, not the image."""
    return _STRUCTURE.match(card_keyword(card)) is not None


def image_cards(hdu: RawHDU) -> list[bytes]:
    """Return the header a tile-compressed image would have if it were not compressed.

    Parameters
    ----------
    hdu : RawHDU
        Of kind "compressed".

    Returns
    -------
    list of bytes
        Structural cards made anew, all other cards as they are.
    """
    axes = tuple(reversed(hdu.shape))
    cards = [
        make_card("XTENSION", "IMAGE", "Image extension"),
        make_card("BITPIX", hdu.bitpix, "array data type"),
        make_card("NAXIS", len(axes), "number of array dimensions"),
    ]
    cards += [make_card(f"NAXIS{i + 1}", length) for i, length in enumerate(axes)]
    cards += [make_card("PCOUNT", 0, "number of parameters"), make_card("GCOUNT", 1, "number of groups")]
    return cards + [card for card in hdu.cards if not is_structure(card)]
