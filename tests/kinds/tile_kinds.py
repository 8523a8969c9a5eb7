"""Tile-compressed images whose table, heap or streams are broken. The compiled codecs trust all of them."""

from __future__ import annotations

import functools
import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits
from kind_registry import bad_input, put
from raw_files import image_cards, raw_file

Spoil = Callable[[bytearray], None]

N_TILES, N_X = 20, 30
HEAP = 8 * N_TILES
"""Where the streams begin: behind one descriptor of two words for each tile."""


@functools.cache
def _packed(codec: str) -> tuple[tuple[bytes, ...], bytes]:
    """Return cards and data unit of an image of 20 tiles; HCOMPRESS takes no tile of one row, and has two."""
    image = np.random.default_rng(5).poisson(100, (N_TILES, N_X)).astype(np.int16)
    shape = (N_TILES // 2, N_X) if codec == "HCOMPRESS_1" else (1, N_X)
    file = io.BytesIO()
    fits.HDUList(
        [fits.PrimaryHDU(), fits.CompImageHDU(image, name="SCI", compression_type=codec, tile_shape=shape)]
    ).writeto(file)
    body = file.getvalue()[2880:]
    cards = [body[i : i + 80] for i in range(0, len(body), 80)]
    n_cards = cards.index(b"END".ljust(80))
    start = -(-(n_cards + 1) * 80 // 2880) * 2880
    return tuple(cards[:n_cards]), body[start:]


def _put(folder: Path, codec: str = "RICE_1", spoil: Spoil | None = None, **values: str | None) -> Path:
    """Write a compressed image with other values of some cards (None: without them) and its data spoilt."""
    cards, data = _packed(codec)
    changed = []
    for card in cards:
        keyword = card[:8].decode().strip()
        if keyword not in values:
            changed.append(card)
        elif values[keyword] is not None:
            changed.append(f"{keyword:<8}= {values[keyword]:>20}".encode())
    body = bytearray(data)
    if spoil is not None:
        spoil(body)
    return put(folder, raw_file([(image_cards(8, ()), b""), (changed, bytes(body))]))


def _descriptor(row: int, n_bytes: int | None = None, offset: int | None = None) -> Spoil:
    """Return what makes one descriptor point elsewhere."""

    def spoil(data: bytearray) -> None:
        stated = struct.unpack_from(">2i", data, 8 * row)
        struct.pack_into(
            ">2i", data, 8 * row, stated[0] if n_bytes is None else n_bytes, stated[1] if offset is None else offset
        )

    return spoil


def _overwrite(at: int, new: bytes) -> Spoil:
    """Return what puts other bytes into the first stream."""

    def spoil(data: bytearray) -> None:
        data[HEAP + at : HEAP + at + len(new)] = new

    return spoil


@bad_input("ZCMPTYPE must be one of .* Received: NEW_1")
def unknown_codec(folder: Path) -> Path:
    return _put(folder, ZCMPTYPE="'NEW_1   '")


@bad_input("ZCMPTYPE must be one of")
def no_codec(folder: Path) -> Path:
    return _put(folder, ZCMPTYPE=None)


@bad_input("unpack|HCOMPRESS")
def codec_of_another_name(folder: Path) -> Path:
    return _put(folder, "GZIP_1", ZCMPTYPE="'HCOMPRESS_1'")


@bad_input("ZTILE1 must be positive. Received: 0")
def tiles_of_no_width(folder: Path) -> Path:
    return _put(folder, ZTILE1="0")


@bad_input("ZTILE2 must be positive. Received: -1")
def tiles_of_negative_height(folder: Path) -> Path:
    return _put(folder, ZTILE2="-1")


@bad_input("ZTILE1 must be an integer")
def tiles_in_words(folder: Path) -> Path:
    return _put(folder, ZTILE1="'wide    '")


@bad_input("tiles are needed, the table has 20 rows")
def tiles_of_another_height(folder: Path) -> Path:
    return _put(folder, ZTILE2="3")


@bad_input("900 tiles are needed, the table has 20 rows", lies=True)
def image_higher_than_its_tiles(folder: Path) -> Path:
    return _put(folder, ZNAXIS2="900")


@bad_input("unpacked|size")
def image_wider_than_its_tiles(folder: Path) -> Path:
    return _put(folder, ZNAXIS1="33", ZTILE1="33")


@bad_input("ZNAXIS1 must not be negative. Received: -30")
def negative_width(folder: Path) -> Path:
    return _put(folder, ZNAXIS1="-30")


@bad_input("ZNAXIS1 must be given once. Received: no")
def missing_width(folder: Path) -> Path:
    return _put(folder, ZNAXIS1=None)


@bad_input("ZNAXIS must be an integer")
def axes_in_words(folder: Path) -> Path:
    return _put(folder, ZNAXIS="'two     '")


@bad_input("bomb", lies=True)
def a_million_squared_in_tiles(folder: Path) -> Path:
    return _put(folder, "GZIP_1", ZNAXIS1="1000000", ZNAXIS2="1000000", ZTILE1="1000000", ZTILE2="50000")


@bad_input("ZBITPIX must be one of .* Received: 12")
def unknown_pixel_type(folder: Path) -> Path:
    return _put(folder, ZBITPIX="12")


@bad_input("ZBITPIX must be given once. Received: no")
def missing_pixel_type(folder: Path) -> Path:
    return _put(folder, ZBITPIX=None)


@bad_input("BLOCKSIZE")
def negative_block_size(folder: Path) -> Path:
    return _put(folder, ZVAL1="-3")


@bad_input("BYTEPIX")
def pixels_of_three_bytes(folder: Path) -> Path:
    return _put(folder, ZVAL2="3")


@bad_input("COMPRESSED_DATA")
def no_column_of_tiles(folder: Path) -> Path:
    return _put(folder, TTYPE1="'SOMETHING'")


@bad_input("TFORM1 is unknown")
def column_of_unknown_form(folder: Path) -> Path:
    return _put(folder, TFORM1="'1Z      '")


@bad_input("variable length")
def column_of_fixed_length(folder: Path) -> Path:
    return _put(folder, TFORM1="'8B      '")


@bad_input("the columns take 8 bytes a row, NAXIS1 says 9")
def rows_of_another_length(folder: Path) -> Path:
    return _put(folder, NAXIS1="9", PCOUNT="40")


@bad_input("THEAP lies outside the data")
def heap_behind_the_data(folder: Path) -> Path:
    return _with_theap(folder, 10**8)


@bad_input("THEAP lies outside the data")
def heap_over_the_table(folder: Path) -> Path:
    return _with_theap(folder, 8)


def _with_theap(folder: Path, theap: int) -> Path:
    cards, data = _packed("GZIP_1")
    card = b"THEAP   = %20d" % theap
    return put(folder, raw_file([(image_cards(8, ()), b""), ([*cards, card], data)]))


@bad_input("outside the heap")
def heap_shorter_than_its_streams(folder: Path) -> Path:
    return _put(folder, PCOUNT="100")


@bad_input("the data are cut", lies=True)
def heap_longer_than_the_file(folder: Path) -> Path:
    return _put(folder, PCOUNT="100000")


@bad_input("outside the heap")
def stream_behind_the_heap(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(3, offset=10**6))


@bad_input("outside the heap")
def stream_before_the_heap(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(3, offset=-8))


@bad_input("outside the heap")
def stream_of_negative_length(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(3, n_bytes=-1))


@bad_input("outside the heap", lies=True)
def stream_longer_than_the_heap(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(0, n_bytes=2**31 - 1))


@bad_input("cannot be unpacked")
def stream_missing(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(3, n_bytes=0))


@bad_input("cannot be unpacked")
def rice_stream_cut(folder: Path) -> Path:
    return _put(folder, spoil=_descriptor(3, n_bytes=5))


@bad_input("cannot be unpacked")
def gzip_stream_with_a_flipped_byte(folder: Path) -> Path:
    return _put(folder, "GZIP_1", lambda data: _overwrite(20, bytes([data[HEAP + 20] ^ 0x55]))(data))


@bad_input("cannot be unpacked")
def gzip_stream_cut(folder: Path) -> Path:
    return _put(folder, "GZIP_2", _descriptor(3, n_bytes=12))


@bad_input("cannot be unpacked")
def gzip_stream_of_too_few_pixels(folder: Path) -> Path:
    short = gzip.compress(bytes(20), mtime=0)
    return _put(folder, "GZIP_1", lambda data: (_overwrite(0, short)(data), _descriptor(0, len(short), 0)(data))[0])


@bad_input("cannot be unpacked")
def stored_stream_of_too_few_pixels(folder: Path) -> Path:
    return _put(folder, "NOCOMPRESS", _descriptor(0, n_bytes=20))


@functools.cache
def _packed_zeros() -> bytes:
    """Return a megabyte of gzip that unpacks to a quarter of a gigabyte."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([packer.compress(bytes(2**24)) for _ in range(16)]) + packer.flush()


@bad_input("cannot be unpacked|bomb", lies=True)
def gzip_stream_that_is_a_bomb(folder: Path) -> Path:
    streams = [_packed_zeros(), *[gzip.compress(bytes(2 * N_X), mtime=0)] * (N_TILES - 1)]
    starts = np.cumsum([0, *(len(stream) for stream in streams)])
    data = b"".join(struct.pack(">2i", len(stream), start) for stream, start in zip(streams, starts, strict=False))
    data += b"".join(streams)
    cards = [
        b"PCOUNT  = %20d" % (len(data) - HEAP) if card.startswith(b"PCOUNT") else card for card in _packed("GZIP_1")[0]
    ]
    return put(folder, raw_file([(image_cards(8, ()), b""), (cards, data)]))


@bad_input("HCOMPRESS tile states a size of", lies=True)
def hcompress_stream_that_states_a_larger_tile(folder: Path) -> Path:
    return _put(folder, "HCOMPRESS_1", _overwrite(2 - HEAP + 16, struct.pack(">2i", 10**4, 10**5)))


@bad_input("HCOMPRESS tile has no header")
def hcompress_stream_without_its_mark(folder: Path) -> Path:
    return _put(folder, "HCOMPRESS_1", _overwrite(16 - HEAP, b"\0\0"))


@bad_input("HCOMPRESS tile has no header")
def hcompress_stream_of_a_few_bytes(folder: Path) -> Path:
    return _put(folder, "HCOMPRESS_1", _descriptor(1, n_bytes=10))


@bad_input("HCOMPRESS tile states a size of")
def hcompress_image_wider_than_its_tiles(folder: Path) -> Path:
    return _put(folder, "HCOMPRESS_1", ZNAXIS1="31", ZTILE1="31")


@bad_input("PLIO tile states a length")
def plio_list_longer_than_its_stream(folder: Path) -> Path:
    return _put(folder, "PLIO_1", _overwrite(4, struct.pack(">h", 30000)))


@bad_input("PLIO tile has no header")
def plio_list_without_header(folder: Path) -> Path:
    return _put(folder, "PLIO_1", _descriptor(0, n_bytes=2))


@bad_input("two-byte")
def plio_list_of_bytes(folder: Path) -> Path:
    return _put(folder, "PLIO_1", TFORM1="'1PB(99) '")
