"""Headers that astropy tests its coordinates with, put over the scene."""

from __future__ import annotations

import re
from pathlib import Path

import astropy
from awkward_case import counts, plane
from raw_files import raw_file
from raw_reader import keyword_of

FEW_HEADERS = (
    *("2wcses.hdr", "3d_cd.hdr", "chandra-pixlist-wcs.hdr", "defunct_keywords.hdr", "invalid_header.hdr", "locale.hdr"),
    *("nonstandard_units.hdr", "outside_sky.hdr", "sip-broken.hdr", "sip.fits", "unit.hdr", "zpn-hole.hdr"),
    *("maps/1904-66_AZP.hdr", "maps/1904-66_BON.hdr", "maps/1904-66_HPX.hdr", "maps/1904-66_ZPN.hdr"),
)
"""Those that differ most from each other."""

FOLDER = Path(astropy.__file__).parent / "wcs" / "tests" / "data"
_OF_THE_FILE = re.compile(r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|END|BSCALE|BZERO|BLANK|CONTINUE)\Z")


def known_headers() -> list[str]:
    """Return the names of the headers that are installed."""
    names = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.rglob("*.hdr"))]
    return [*names, *(name for name in ("sip.fits", "sip2.fits") if (FOLDER / name).exists())]


def under_header(name: str) -> bytes:
    """Return a file with the scene under one of the headers; its structure is that of the scene."""
    text = (FOLDER / name).read_bytes()
    lines = text.splitlines() if b"\n" in text else [text[i : i + 80] for i in range(0, len(text), 80)]
    cards = [line.ljust(80)[:80] for line in lines]
    ends = [i for i, card in enumerate(cards) if card.rstrip() == b"END"]
    cards = [card for card in cards[: ends[0] if ends else None] if not _OF_THE_FILE.match(keyword_of(card))]
    return raw_file([plane(counts().astype("i2"), *cards)])
