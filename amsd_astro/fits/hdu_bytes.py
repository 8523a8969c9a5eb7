"""HDUs as bytes: header blocks, pixels in stripes, checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from amsd_astro.fits.byte_streams import STRIPE
from amsd_astro.fits.cards import card_keyword, make_card
from amsd_astro.fits.checksum import Sum32, encode_sum
from amsd_astro.fits.raw_hdus import BLOCK, padded

__all__ = ["Pieces", "header_bytes", "stripes", "with_sums", "write_hdu"]

_SUMS = ("CHECKSUM", "DATASUM")

Pieces = Callable[[], Iterable[Any]]
"""Makes the pieces of a data unit; called twice, for the checksum and for the file."""


def stripes(array: np.ndarray, dtype: np.dtype) -> Iterator[np.ndarray]:
    """Yield an image as big-endian bytes (uint8 arrays), some rows at a time."""
    big = dtype.newbyteorder(">")
    step = max(1, STRIPE // max(1, dtype.itemsize * array.shape[1]))
    for i in range(0, array.shape[0], step):
        yield np.ascontiguousarray(array[i : i + step], dtype=big).reshape(-1).view(np.uint8)


def header_bytes(cards: Sequence[bytes]) -> bytes:
    """Return cards, END and blanks up to a whole block."""
    header = b"".join(cards) + b"END".ljust(80)
    return header.ljust(padded(len(header)))


def write_hdu(out: BinaryIO, cards: Sequence[bytes], pieces: Pieces) -> None:
    """Write one HDU with fresh checksums."""
    total = Sum32()
    for piece in pieces():
        total.update(piece)
    out.write(header_bytes(with_sums(cards, total.value)))
    for piece in pieces():
        out.write(piece)
    out.write(b"\0" * (-total.n_bytes % BLOCK))


def with_sums(cards: Sequence[bytes], data_sum: int, *, add: bool = True) -> list[bytes]:
    """Return cards with true checksums.

    Parameters
    ----------
    cards : sequence of bytes
        Raw cards, perhaps with checksums that are no longer true.
    data_sum : int
        Sum of the data unit.
    add : bool, optional
        Whether CHECKSUM and DATASUM are added at the end where they are missing. In place otherwise.
    """
    result: list[bytes] = []
    missing = list(_SUMS)
    new = {
        "CHECKSUM": make_card("CHECKSUM", "0" * 16, "HDU checksum"),
        "DATASUM": make_card("DATASUM", str(data_sum), "data unit checksum"),
    }
    for card in cards:
        keyword = card_keyword(card)
        if keyword not in _SUMS:
            result.append(card)
        elif keyword in missing:
            missing.remove(keyword)
            result.append(new[keyword])
    if add:
        result += [new[keyword] for keyword in missing]
    if new["CHECKSUM"] in result:
        total = Sum32()
        total.update(header_bytes(result))
        total.update(data_sum.to_bytes(4, "big"))
        at = result.index(new["CHECKSUM"])
        result[at] = make_card("CHECKSUM", encode_sum(total.value), "HDU checksum")
    return result
