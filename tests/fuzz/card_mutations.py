"""Damage done to the cards of a header. Each function returns what it did, nothing where it does not apply."""

from __future__ import annotations

import math
import re

import numpy as np
from document import Document, Part, card_number, keyword_of

__all__ = [
    "any_part",
    "change_cards",
    "control_bytes",
    "hostile_card",
    "hostile_keyword",
    "rename",
    "reshape",
    "retile",
    "twist_value",
]

_STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|[PG]COUNT|GROUPS|EXTEND|NEXTEND|EXTNAME|EXTVER|INHERIT|BSCALE|BZERO|BLANK|THEAP|"
    r"TFIELDS|T(FORM|TYPE|NULL|DIM|SCAL|ZERO)\d+|Z(IMAGE|CMPTYPE|BITPIX|NAXIS\d*|TILE\d+|NAME\d+|VAL\d+|QUANTIZ|DITHER0|"
    r"BLANK|SCALE|ZERO|SIMPLE|TENSION|PCOUNT|GCOUNT)|AMSD\w+|MP_\w+|DATASEC"
)
_INSERTED = (
    *("BSCALE", "BZERO", "BLANK", "ZBLANK", "ZSCALE", "ZZERO", "THEAP", "GROUPS", "PCOUNT", "GCOUNT", "EXTVER"),
    *("EXTNAME", "XTENSION", "ZIMAGE", "ZNAXIS3", "NAXIS3", "ZTILE3", "ZDITHER0", "ZQUANTIZ", "ZVAL1", "ZNAME1"),
    *("DATASEC", "TRIMSEC", "AMSDVERS", "AMSDHDU", "NEXTEND", "INHERIT", "ZMASKCMP", "TNULL1", "TDIM1", "MP_BAD"),
)
_NUMBERS = (
    *("-1", "0", "1", "2", "3", "7", "8", "16", "-16", "31", "32", "-32", "64", "-64", "127", "999", "1000", "10001"),
    *("65537", "2147483647", "-2147483648", "4294967296", "9223372036854775807", "-9223372036854775808"),
    *("99999999999999999999", "1" + "0" * 60, "+0012", "-0", "00"),
)
_FLOATS = ("1.5", "-2.0", "1E400", "-1E39", "1D38", "NaN", "INF", "1e-320", "0.0", "1.0", "4.", ".5", "1_0", "0x10")
_TEXTS = (
    *("''", "'        '", "'IMAGE   '", "'BINTABLE'", "'TABLE   '", "'FOREIGN '", "'it''s'", "'open", "'1PB(9999)'"),
    *("'1QB(3)  '", "'1PI     '", "'1PJ(-1) '", "'PB      '", "'99999999999999999999PB'", "'0PB     '", "'1J      '"),
    *("'RICE_1  '", "'RICE_ONE'", "'GZIP_1  '", "'GZIP_2  '", "'HCOMPRESS_1'", "'PLIO_1  '", "'NOCOMPRESS'", "'X'"),
    *("'NO_DITHER'", "'SUBTRACTIVE_DITHER_1'", "'SUBTRACTIVE_DITHER_2'", "'NONE    '", "'NOISEBIT'", "'BYTEPIX '"),
    *("'BLOCKSIZE'", "'SMOOTH  '", "'SCALE   '", "'SCI     '", "'ERR     '", "'DQ      '", "'MASK    '", "'IVAR    '"),
    *("'AMSD_SIGMA'", "'AMSD_FLAGS'", "'ZSCALE  '", "'COMPRESSED_DATA'", "'GZIP_COMPRESSED_DATA'"),
    *("'UNCOMPRESSED_DATA'", "'[1:5,1:5]'", "'[48:1,40:1]'", "'[0:99999999,-3:2]'", "'[:,:]'", "'(4,4)   '"),
)
_WORDS = ("T", "F", "", "TRUE", "t", "/ no value", "&", "(1, 2)", "- 5", "5 5", "\xb2", "\u0663")
_KEYWORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("GAIN", "EGAIN", "RDNOISE", "EXPTIME"), (*_NUMBERS, *_FLOATS, *_WORDS, "'1.5     '", "1E-300")),
    "BUNIT": (
        *("'electron/s'", "'MJy/sr  '", "'e-      '", "'10**400 Jy'", "'1/0     '", "'m**99999999'", "'((((('"),
        *("'count/'", "'adu**0.5'", "'10^-99999999 adu'", "'erg/s/cm2/A'", "'\xb5Jy'", "5", "T", "'nanomaggy**-1'"),
        "'Jy.Jy.Jy'",
    ),
    "CTYPE1": ("'RA---SIP'", "'RA---TPV'", "'RA---TAB'", "'XXXX-ZZZ'", "5", "''"),
    "CRPIX1": (*_NUMBERS, *_FLOATS),
    "DATAMIN": (*_NUMBERS, *_FLOATS, *_TEXTS[:4]),
    "NEXTEND": (*_NUMBERS, *_WORDS),
    "EXTEND": ("F", "0", "'T'"),
    "AMSDVERS": ("'0.1'", "1", "", "NaN", "&"),
    "CHECKSUM": ("'0000000000000000'", "5", "''"),
    "HISTORY": ("", "= 5", "\x00"),
    "CONTINUE": ("'and so on&'", "5"),
}


def any_part(rng: np.random.Generator, document: Document) -> tuple[int, Part]:
    """Draw an HDU of a file that has some, those with data more often."""
    weights = np.array([4.0 if part.data else 1.0 for part in document.parts])
    at = int(rng.choice(len(weights), p=weights / weights.sum()))
    return at, document.parts[at]


def hostile_card(rng: np.random.Generator, document: Document) -> str:
    """Give one structural card a value it must not have, or lose, repeat or misspell it."""
    number, part = any_part(rng, document)
    places = [i for i, card in enumerate(part.cards) if _STRUCTURE.fullmatch(keyword_of(card))]
    if not places or rng.random() < 0.15:
        keyword = str(rng.choice(_INSERTED))
        at = int(rng.integers(len(part.cards) + 1))
        part.cards.insert(at, _card(keyword, _hostile(rng, b"")))
        return f"HDU {number}: {part.cards[at].decode('latin-1').rstrip()} inserted at {at}"
    at = int(rng.choice(places))
    old = part.cards[at]
    keyword = keyword_of(old)
    how = rng.random()
    if how < 0.08:
        del part.cards[at]
        return f"HDU {number}: {keyword} removed"
    if how < 0.16:
        part.cards.insert(int(rng.integers(len(part.cards) + 1)), _card(keyword, _hostile(rng, old)))
        return f"HDU {number}: {keyword} given twice"
    if how < 0.22:
        part.cards[at] = old[:8].lower() + old[8:]
        return f"HDU {number}: {keyword} in lower case"
    if how < 0.25:
        signs = (b"  ", b"==", b" =", b"=\0")
        part.cards[at] = old[:8] + signs[int(rng.integers(len(signs)))] + old[10:]
        return f"HDU {number}: {keyword} without its value indicator"
    part.cards[at] = _card(keyword, _hostile(rng, old))
    return f"HDU {number}: {part.cards[at].decode('latin-1').rstrip()}"


def hostile_keyword(rng: np.random.Generator, document: Document) -> str:
    """Give a card that the noise model, the units or the writer look at an odd value, at the end or in place."""
    number, part = any_part(rng, document)
    keyword = str(rng.choice(list(_KEYWORDS)))
    card = _card(keyword, str(rng.choice(_KEYWORDS[keyword])))
    at = part.find(keyword)
    if at < 0:
        part.cards.append(card)
    else:
        part.cards[at] = card
    return f"HDU {number}: {card.decode('latin-1').rstrip()}"


def change_cards(rng: np.random.Generator, document: Document) -> str:
    """Delete, repeat or swap cards of any kind."""
    number, part = any_part(rng, document)
    how = str(rng.choice(["delete", "repeat", "swap", "move", "shuffle"]))
    n_cards = len(part.cards)
    first, second = (int(i) for i in rng.integers(n_cards, size=2))
    if how == "delete":
        del part.cards[first : first + int(rng.integers(1, 4))]
    elif how == "repeat":
        part.cards[second:second] = [part.cards[first]] * int(rng.choice([1, 1, 2, 50]))
    elif how == "swap":
        part.cards[first], part.cards[second] = part.cards[second], part.cards[first]
    elif how == "move":
        part.cards.insert(second, part.cards.pop(first))
    else:
        part.cards = [part.cards[i] for i in rng.permutation(n_cards)]
    return f"HDU {number}: {how} cards {first}, {second} of {n_cards}"


def control_bytes(rng: np.random.Generator, document: Document) -> str:
    """Put bytes that are no text into a header."""
    number, part = any_part(rng, document)
    at = int(rng.integers(len(part.cards)))
    card = bytearray(part.cards[at].ljust(80))
    start = int(rng.integers(80))
    choices = [b"\0", b"\n", b"\r\n", b"\x1b[31m", b"\xff\xfe", b"\t", b"\x7f", b"\xe2\x80\xae", b"'", b"/", b"&", b"="]
    text = bytes(choices[int(rng.integers(len(choices)))]) * int(rng.choice([1, 1, 3, 40]))
    card[start : start + len(text)] = text
    part.cards[at] = bytes(card[:80])
    return f"HDU {number}: {text[:8]!r} at {start} of card {at}"


def twist_value(rng: np.random.Generator, document: Document) -> str:
    """Change a number in a header by a little, or one digit of any card."""
    number, part = any_part(rng, document)
    places = [i for i, card in enumerate(part.cards) if any(48 <= byte < 58 for byte in card[9:40])]
    if not places:
        return ""
    at = int(rng.choice(places))
    card = bytearray(part.cards[at])
    digits = [i for i in range(9, 40) if 48 <= card[i] < 58]
    card[int(rng.choice(digits))] = int(rng.integers(48, 58))
    part.cards[at] = bytes(card)
    return f"HDU {number}: {part.cards[at].decode('latin-1').rstrip()}"


def reshape(rng: np.random.Generator, document: Document) -> str:
    """Give an image another shape, sound and no larger, so that odd shapes get past the reader."""
    number, part = any_part(rng, document)
    axes = [part.number(f"NAXIS{i + 1}") for i in range(min(part.number("NAXIS"), 9))]
    if part.compressed or len(axes) < 2 or not 0 < math.prod(axes) <= 10**6:
        return ""
    n_pixels = math.prod(axes)
    n_x = int(rng.choice([1, 2, 3, 4, 5, 9, 17, n_pixels, axes[0]]))
    n_y = int(rng.choice([1, 2, 3, 4, 5, 9, max(n_pixels // max(n_x, 1), 1)]))
    n_y = min(n_y, max(n_pixels // max(n_x, 1), 1))
    for i, length in enumerate((n_x, n_y, *[1] * (len(axes) - 2))):
        part.cards[part.find(f"NAXIS{i + 1}")] = _card(f"NAXIS{i + 1}", str(length))
    size = abs(part.number("BITPIX")) // 8 * n_x * n_y
    part.data = part.data[: -(-size // 2880) * 2880]
    return f"HDU {number}: {n_x} x {n_y} pixels"


def retile(rng: np.random.Generator, document: Document) -> str:
    """Give a tile-compressed image axes and tiles that agree with the number of rows, but not with the streams."""
    tiled = [i for i, part in enumerate(document.parts) if part.compressed]
    if not tiled:
        return ""
    number = int(rng.choice(tiled))
    part = document.parts[number]
    axis = int(rng.integers(1, min(max(part.number("ZNAXIS"), 1), 9) + 1))
    tile, length = part.find(f"ZTILE{axis}"), part.find(f"ZNAXIS{axis}")
    if tile < 0 or length < 0:
        return ""
    old = max(part.number(f"ZTILE{axis}"), 1)
    n_tiles = -(-part.number(f"ZNAXIS{axis}") // old)
    new = int(rng.choice([1, 2, old - 1 or 1, old + 1, 2 * old, 1000, 33_000, 10**5, 3 * 10**7]))
    part.cards[tile] = _card(f"ZTILE{axis}", str(new))
    part.cards[length] = _card(f"ZNAXIS{axis}", str(new * n_tiles - int(rng.integers(2)) * (new // 2)))
    kind = ""
    if rng.random() < 0.3:
        kind = f"'{rng.choice(['RICE_1', 'GZIP_1', 'GZIP_2', 'HCOMPRESS_1', 'PLIO_1', 'NOCOMPRESS'])}'"
        part.cards[part.find("ZCMPTYPE")] = _card("ZCMPTYPE", kind)
    return f"HDU {number}: {n_tiles} tiles of {new} (not {old}) along axis {axis} {kind}".rstrip()


def rename(rng: np.random.Generator, document: Document) -> str:
    """Give an HDU the name and version of a plane that the reader looks for."""
    number, part = any_part(rng, document)
    names = ("SCI", "IMAGE", "ERR", "VAR", "IVAR", "WHT", "DQ", "MASK", "AMSD_SIGMA", "AMSD_FLAGS", "sci", "")
    for keyword, value in (("EXTNAME", f"'{rng.choice(names):<8}'"), ("EXTVER", str(rng.choice([1, 1, 2, 0, -7])))):
        at = part.find(keyword)
        if at < 0:
            part.cards.append(_card(keyword, value))
        else:
            part.cards[at] = _card(keyword, value)
    return f"HDU {number}: {part.cards[part.find('EXTNAME')][10:25]!r}, {part.number('EXTVER')}"


def _hostile(rng: np.random.Generator, old: bytes) -> str:
    """Return a value; sometimes the old one a little off."""
    value = card_number(old)
    if value is not None and rng.random() < 0.3:
        return str(rng.choice([value + 1, value - 1, -value, value * 2, value + 256, value // 2]))
    pool = (_NUMBERS, _FLOATS, _TEXTS, _WORDS)[int(rng.choice(4, p=[0.4, 0.2, 0.25, 0.15]))]
    return str(rng.choice(pool))


def _card(keyword: str, value: str) -> bytes:
    if keyword in ("HISTORY", "CONTINUE"):
        return f"{keyword:<8}  {value}".encode("latin-1", "replace")[:80].ljust(80)
    field = f"{value:<20}" if value.startswith("'") else f"{value:>20}"
    return f"{keyword:<8}= {field}".encode("utf-8", "replace")[:80].ljust(80)
