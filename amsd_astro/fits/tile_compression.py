"""Tile-compressed results: float pixels packed without loss (GZIP_2), in the tiles of the source.

The layout is that of the FITS standard 4.0, section 10.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amsd_astro.arrays.scratch import ScratchFile
from amsd_astro.fits.byte_streams import STRIPE
from amsd_astro.fits.cards import card_keyword, make_card
from amsd_astro.fits.raw_hdus import RawHDU
from amsd_astro.fits.tile_decompression import tiling_of

__all__ = ["PackedImage", "pack_tiles"]

_ORIGIN = re.compile(r"(ZSIMPLE|ZTENSION|ZEXTEND|ZBLOCKED|ZPCOUNT|ZGCOUNT)\Z")


@dataclass(frozen=True)
class PackedImage:
    """A losslessly packed image.

    Attributes
    ----------
    head : list of bytes
        Cards of the table and the codec.
    descriptors : bytes
        The table: where the streams of the tiles lie.
    streams : ScratchFile
        The heap.
    """

    head: list[bytes]
    descriptors: bytes
    streams: ScratchFile

    def pieces(self) -> Iterator[bytes]:
        """Yield the data unit."""
        yield self.descriptors
        yield from self.streams.pieces(STRIPE)


def pack_tiles(path: Path, hdu: RawHDU, pixels: np.ndarray, dtype: np.dtype) -> PackedImage:
    """Pack float pixels without loss, in the tiles of the source.

    Parameters
    ----------
    path : Path
        For messages.
    hdu : RawHDU
        The tile-compressed HDU the pixels take the place of.
    pixels : ndarray
        Shape (ny, nx).
    dtype : dtype
        float32 or float64.

    Returns
    -------
    PackedImage
        GZIP_2: bytes shuffled by significance, then deflated, without time or name.
    """
    tiling = tiling_of(path, hdu)
    big = np.dtype(dtype).newbyteorder(">")
    heap = ScratchFile()
    places = []
    for where in tiling.slices():
        tile = np.ascontiguousarray(pixels[where], dtype=big)
        shuffled = np.ascontiguousarray(tile.reshape(-1).view(np.uint8).reshape(-1, big.itemsize).T)
        start = heap.size
        heap.append(_gzip(shuffled))
        places.append((heap.size - start, start))
    wide = heap.size >= 2**31
    descriptors = np.array(places, dtype=">i8" if wide else ">i4").tobytes()
    longest = max(length for length, _ in places)
    axes = tiling.axes
    head = [
        make_card("XTENSION", "BINTABLE", "binary table extension"),
        make_card("BITPIX", 8, "array data type"),
        make_card("NAXIS", 2, "number of array dimensions"),
        make_card("NAXIS1", 16 if wide else 8, "width of table in bytes"),
        make_card("NAXIS2", len(places), "number of tiles"),
        make_card("PCOUNT", heap.size, "size of the heap in bytes"),
        make_card("GCOUNT", 1, "number of groups"),
        make_card("TFIELDS", 1, "number of columns"),
        make_card("TTYPE1", "COMPRESSED_DATA", "packed tiles"),
        make_card("TFORM1", f"1{'Q' if wide else 'P'}B({longest})", "variable length array"),
        make_card("ZIMAGE", True, "this is a tile-compressed image"),
    ]
    # Unpackers turn these cards into those of the image in the order they come in.
    kept = [card for card in hdu.cards if _ORIGIN.match(card_keyword(card))]
    head += [card for card in kept if card_keyword(card) in ("ZSIMPLE", "ZTENSION")]
    head.append(make_card("ZBITPIX", -8 * big.itemsize, "data type of the image"))
    head.append(make_card("ZNAXIS", len(axes), "number of axes of the image"))
    head += [make_card(f"ZNAXIS{i + 1}", n, "length of axis") for i, n in enumerate(axes)]
    head += [card for card in kept if card_keyword(card) not in ("ZSIMPLE", "ZTENSION")]
    head += [make_card(f"ZTILE{i + 1}", n, "length of tiles") for i, n in enumerate(tiling.tile)]
    head.append(make_card("ZCMPTYPE", "GZIP_2", "shuffled bytes, lossless"))
    head.append(make_card("ZQUANTIZ", "NONE", "pixels are not quantized"))
    return PackedImage(head, descriptors, heap)


def _gzip(data: np.ndarray) -> bytes:
    """Return a gzip stream without time stamp."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data.data) + packer.flush()
