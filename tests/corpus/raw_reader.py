"""A reader of FITS files that shares nothing with the package: blocks, cards, sums and plain pixels."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 2880
_KINDS = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def keyword_of(card: bytes) -> str:
    return card[:8].decode("latin-1").rstrip().upper()


@dataclass(frozen=True)
class Hdu:
    """One HDU: its cards without END, all of its bytes, and those of its data with their padding."""

    cards: tuple[bytes, ...]
    segment: bytes
    data: bytes

    def text(self, keyword: str) -> str | None:
        """Return a value without quotes and trailing blanks, None without a card."""
        for card in self.cards:
            if keyword_of(card) == keyword and card[8:9] == b"=":
                field = card[9:].decode("latin-1")
                quoted = re.match(r" *'((?:[^']|'')*)'", field)
                return quoted.group(1).rstrip() if quoted else field.split("/")[0].strip()
        return None

    def number(self, keyword: str, default: float = 0) -> float:
        text = self.text(keyword)
        return default if text is None else float(text.replace("D", "E"))

    @property
    def axes(self) -> tuple[int, ...]:
        """Lengths of the axes, the slowest first."""
        prefix = "Z" if self.is_packed else ""
        n_axes = int(self.number(f"{prefix}NAXIS"))
        return tuple(int(self.number(f"{prefix}NAXIS{i}")) for i in range(n_axes, 0, -1))

    @property
    def is_plane(self) -> bool:
        """Whether it is an image of two axes, others of length one aside."""
        images = self.is_packed or self.text("XTENSION") in (None, "IMAGE")
        return images and len(self.axes) > 1 and min(self.axes) > 0 and math.prod(self.axes[:-2]) == 1

    @property
    def is_packed(self) -> bool:
        return self.text("ZIMAGE") == "T"

    def stored(self) -> NDArray[Any]:
        """Return the numbers of a plain image as they are stored."""
        kind = np.dtype(_KINDS[int(self.number("BITPIX"))])
        return np.frombuffer(self.data, kind, math.prod(self.axes)).reshape(self.axes)

    def physical(self) -> NDArray[np.float64]:
        """Return the values of a plain image, NaN where BLANK; large integers lose no digit before they are moved."""
        stored = self.stored()
        zero, scale = self.number("BZERO"), self.number("BSCALE", 1)
        if stored.dtype.kind == "f":
            return stored.astype(np.float64) * scale + zero
        values = stored.astype(np.longdouble) + np.longdouble(zero) if scale == 1 else stored * scale + zero
        blank = self.text("BLANK")
        if blank is not None and re.fullmatch(r"[+-]?\d+", blank):
            values = np.where(stored == int(blank), np.nan, values)
        return values.astype(np.float64)

    @property
    def holds_its_sums(self) -> bool:
        """Whether CHECKSUM and DATASUM are there and true."""
        if self.text("CHECKSUM") is None or self.text("DATASUM") is None:
            return False
        return sum32(self.segment) in (0, 2**32 - 1) and sum32(self.data) == int(self.text("DATASUM") or -1)


def split_hdus(body: bytes) -> tuple[list[Hdu], bytes]:
    """Return the HDUs of a file, and what follows the last of them; missing padding is supplied."""
    hdus: list[Hdu] = []
    start = 0
    while body.startswith(b"XTENSION" if start else b"SIMPLE", start):
        at = start
        cards: list[bytes] = []
        while (card := body[at : at + 80]).rstrip() != b"END":
            assert card, "a header without END"
            cards.append(card)
            at += 80
        data_at = start + _padded(at + 80 - start)
        bare = Hdu(tuple(cards), b"", b"")
        n_axes = int(bare.number("NAXIS"))
        axes = [int(bare.number(f"NAXIS{i + 1}")) for i in range(n_axes)]
        if axes and axes[0] == 0 and bare.text("GROUPS") == "T":
            axes = axes[1:]
        size = math.prod(axes) + int(bare.number("PCOUNT")) if axes else 0
        size *= abs(int(bare.number("BITPIX"))) // 8 * int(bare.number("GCOUNT", 1))
        end = data_at + _padded(size)
        fill = b" " if bare.text("XTENSION") == "TABLE" or not size else b"\0"
        segment = body[start:end].ljust(end - start, fill)
        hdus.append(Hdu(tuple(cards), segment, segment[data_at - start :]))
        start = end
    return hdus, body[start:]


def sum32(body: bytes) -> int:
    """Return the ones' complement sum of big-endian 32-bit words (FITS standard 4.0, appendix J)."""
    total = int(np.frombuffer(body, ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def _padded(n_bytes: int) -> int:
    return -(-n_bytes // BLOCK) * BLOCK
