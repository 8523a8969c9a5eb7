"""FITS files put together byte by byte, oddities included."""

from __future__ import annotations

ODD_CARDS = [
    b"lowcase =                   12 / lower-case keyword",
    b"UNQUOTED= no quotes at all",
    b"DOT.KEY =                  1.5 / dotted keyword",
    b"NOTANUM =                  NaN / not a number",
    b"TABBED  =                    1 / a\ttab",
    b"LATIN   = '20\xb0 and \xb5m' / \xe9",
    b"HIERARCH ESO DET OUT1 CONAD = 1.9 / e/adu",
    b"LONGSTR = 'a string that goes on and on and on and on and on and on and on &'",
    b"CONTINUE  'and on to its end' / long comment",
    b"FREE='x'",
    b"EXPTIME = 60. / seconds, free format",
    b"DP1     = 'EXTVER: 1'",
    b"",
    b"COMMENT   three   blanks",
    b"HISTORY made for a test",
    b"",
    b"NOVALUE =                      / undefined",
    b"        indented comment",
    b"BIGEXP  =               1.0D+3",
    b"",
    b"",
]


def raw_file(hdus: list[tuple[list[bytes], bytes]]) -> bytes:
    """Return a file of raw cards and data units."""
    body = b""
    for cards, data in hdus:
        header = b"".join(card.ljust(80) for card in [*cards, b"END"])
        body += header.ljust(-(-len(header) // 2880) * 2880)
        body += data.ljust(-(-len(data) // 2880) * 2880, b"\0")
    return body


def image_cards(bitpix: int, shape: tuple[int, ...], *, extension: bool = False) -> list[bytes]:
    """Return the structural cards of an image."""
    start = b"XTENSION= 'IMAGE   '" if extension else b"SIMPLE  =                    T"
    cards = [start, b"BITPIX  = %20d / bits" % bitpix, b"NAXIS   = %20d" % len(shape)]
    cards += [b"NAXIS%-3d= %20d" % (i + 1, n) for i, n in enumerate(reversed(shape))]
    if extension:
        cards += [b"PCOUNT  =                    0", b"GCOUNT  =                    1"]
    return cards
