"""A FITS file in parts that can be damaged one by one: the cards and the data of each HDU, and how it is packed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from dataclasses import dataclass, field

__all__ = ["BLOCK", "PACKINGS", "Document", "Part", "card_number", "keyword_of", "pack", "parse", "render"]

BLOCK = 2880
PACKINGS = ("", "gzip", "bzip2", "xz")
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_NUMBER = re.compile(rb"[A-Za-z0-9_\- ]{8}= *([+-]?\d+) *(?:/|\Z)")


@dataclass
class Part:
    """One HDU: raw cards without END, and the data with their padding."""

    cards: list[bytes]
    data: bytearray

    def find(self, keyword: str) -> int:
        """Return the index of the first card with a keyword, -1 without one."""
        return next((i for i, card in enumerate(self.cards) if keyword_of(card) == keyword), -1)

    def number(self, keyword: str, default: int = 0) -> int:
        """Return the integer of a card."""
        at = self.find(keyword)
        value = None if at < 0 else card_number(self.cards[at])
        return default if value is None else value

    @property
    def compressed(self) -> bool:
        """Whether this is a tile-compressed image."""
        return self.find("ZIMAGE") >= 0


@dataclass
class Document:
    """A file."""

    parts: list[Part] = field(default_factory=list)
    tail: bytes = b""
    packing: str = ""


def keyword_of(card: bytes) -> str:
    """Return the keyword of a raw card."""
    return card[:8].decode("latin-1").rstrip()


def card_number(card: bytes) -> int | None:
    """Return the integer value of a raw card, None where it has no such value."""
    match = _NUMBER.match(card)
    return int(match.group(1)) if match else None


def parse(body: bytes) -> Document:
    """Take a sound file apart; what is not understood becomes the tail."""
    packing = next((kind for magic, kind in _MAGIC.items() if body.startswith(magic)), "")
    if packing:
        body = _unpack(body, packing)
    document = Document(packing=packing)
    at = 0
    while body[at : at + 8] in (b"SIMPLE  ", b"XTENSION"):
        end = next((i for i in range(at, len(body), 80) if body[i : i + 8] == b"END     "), None)
        if end is None:
            break
        part = Part([body[i : i + 80] for i in range(at, end, 80)], bytearray())
        start = at + -(-(end + 80 - at) // BLOCK) * BLOCK
        size = -(-_data_size(part) // BLOCK) * BLOCK
        part.data = bytearray(body[start : start + size])
        document.parts.append(part)
        at = start + size
    document.tail = body[at:]
    return document


def _data_size(part: Part) -> int:
    axes = [part.number(f"NAXIS{i + 1}") for i in range(min(part.number("NAXIS"), 999))]
    if not axes:
        return 0
    groups = axes[0] == 0 and len(axes) > 1
    n_pixels = 1
    for length in axes[1:] if groups else axes:
        n_pixels *= max(length, 0)
    return abs(part.number("BITPIX")) // 8 * max(part.number("GCOUNT", 1), 0) * (part.number("PCOUNT") + n_pixels)


def render(document: Document) -> bytes:
    """Put a file together again, without its packing."""
    pieces = []
    for part in document.parts:
        header = b"".join(card.ljust(80)[:80] for card in [*part.cards, b"END"])
        pieces += [header.ljust(-(-len(header) // BLOCK) * BLOCK), bytes(part.data)]
    return b"".join([*pieces, document.tail])


def pack(body: bytes, packing: str) -> bytes:
    """Pack a file as a whole; no packing for an empty name."""
    if packing == "gzip":
        return gzip.compress(body, compresslevel=1, mtime=0)
    if packing == "bzip2":
        return bz2.compress(body, 1)
    if packing == "xz":
        return lzma.compress(body, preset=0)
    return body


def _unpack(body: bytes, packing: str) -> bytes:
    try:
        if packing == "gzip":
            return gzip.decompress(body)
        return bz2.decompress(body) if packing == "bzip2" else lzma.decompress(body)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return body
