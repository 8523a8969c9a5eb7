"""Tile-compressed images: unpacking behind checks of our own, and lossless packing (GZIP_2) for results.

The layout is that of the FITS standard 4.0, section 10.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.frames.cards import card_keyword, int_value, make_card, string_value
from amsd_astro.frames.rawfits import BLOCK, RawHDU
from amsd_astro.frames.streams import check_expansion

__all__ = ["PackedImage", "image_cards", "is_structure", "pack_tiles", "unpack_tiles"]

_ALGORITHMS = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS")
_TABLE = r"XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DISP|DIM)\d+"
_CODEC = r"ZIMAGE|ZCMPTYPE|ZBITPIX|ZNAXIS\d*|ZTILE\d+|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZDITHER0|ZBLANK|ZSCALE|ZZERO|ZMASKCMP"
_ORIGIN = re.compile(r"(ZSIMPLE|ZTENSION|ZEXTEND|ZBLOCKED|ZPCOUNT|ZGCOUNT)\Z")
_STALE = r"ZHECKSUM|ZDATASUM"
_NEEDED = re.compile(rf"({_TABLE}|{_CODEC})\Z")
_STRUCTURE = re.compile(rf"({_TABLE}|{_CODEC}|ZSIMPLE|ZTENSION|ZEXTEND|ZBLOCKED|ZPCOUNT|ZGCOUNT|{_STALE})\Z")
_HCOMPRESS_MAGIC = b"\xdd\x99"
# Constant tiles pack down to a few bytes each, so the limit is wider than for whole files.
_MAX_EXPANSION = 2000
_COMPRESSED_COLUMNS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA")
_SIZES = {"L": 1, "X": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])([A-Z]?)")


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


@dataclass(frozen=True)
class _Tiling:
    """How an image is cut: lengths of axes and tiles, the fastest axis first."""

    axes: tuple[int, ...]
    tile: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(-(-n // t) for n, t in zip(self.axes, self.tile, strict=True))

    def slices(self) -> Iterator[tuple[slice, ...]]:
        """Yield the tiles in the order of the table's rows, as index of an array in numpy's order."""
        for place in np.ndindex(*reversed(self.counts)):
            sizes = zip(place, reversed(self.tile), reversed(self.axes), strict=True)
            yield tuple(slice(i * t, min((i + 1) * t, n)) for i, t, n in sizes)


def _tiling(path: Path, hdu: RawHDU) -> _Tiling:
    axes = tuple(reversed(hdu.shape))
    tile = []
    for i, length in enumerate(axes):
        try:
            size = int_value(hdu.cards, f"ZTILE{i + 1}")
        except ValueError as error:
            raise FrameError(f"ZTILE{i + 1} must be an integer. Received: {error}", path=path, hdu=hdu.index) from None
        size = (length if i == 0 else 1) if size is None else size
        if size < 1:
            raise FrameError(f"ZTILE{i + 1} must be positive. Received: {size}", path=path, hdu=hdu.index)
        tile.append(min(size, length))
    return _Tiling(axes, tuple(tile))


def unpack_tiles(path: Path, hdu: RawHDU, data: np.ndarray) -> np.ndarray:
    """Decompress the image of one HDU.

    Parameters
    ----------
    path : Path
        For messages.
    hdu : RawHDU
        Of kind "compressed".
    data : ndarray
        Its data unit, uint8.

    Returns
    -------
    ndarray
        Shape `hdu.shape`; stored integers (not scaled by BSCALE and BZERO), or floats.

    Raises
    ------
    FrameError
        The codec is unknown, the table does not fit the image, or a tile is damaged.
    """
    algorithm = string_value(hdu.cards, "ZCMPTYPE")
    if algorithm not in _ALGORITHMS:
        raise FrameError(f"ZCMPTYPE must be one of {_ALGORITHMS}. Received: {algorithm}", path=path, hdu=hdu.index)
    check_expansion(math.prod(hdu.shape) * abs(hdu.bitpix) // 8, len(data), path, hdu=hdu.index, limit=_MAX_EXPANSION)
    tiling = _tiling(path, hdu)
    try:
        _check_table(hdu, algorithm, tiling, data)
        dithered = "DITHER_" in (string_value(hdu.cards, "ZQUANTIZ") or "")
        needed = [card for card in hdu.cards if _NEEDED.match(card_keyword(card))]
        cards = b"".join(card for card in needed if dithered or card_keyword(card) != "ZDITHER0")
        return _unpack(cards, data)
    except FrameError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise FrameError(f"the compressed tiles cannot be unpacked ({reason}).", path=path, hdu=hdu.index) from error


def _unpack(cards: bytes, data: np.ndarray) -> np.ndarray:
    """Let astropy unpack a file in memory that holds nothing but the one table."""
    head = make_card("SIMPLE", True) + make_card("BITPIX", 8) + make_card("NAXIS", 0) + make_card("EXTEND", True)
    end = b"END".ljust(80)
    primary = (head + end).ljust(BLOCK)
    header = cards + end
    header = header.ljust(-(-len(header) // BLOCK) * BLOCK)
    body = b"".join([primary, header, data.tobytes(), b"\0" * (-len(data) % BLOCK)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(body), memmap=False, do_not_scale_image_data=True) as hdus:
            pixels = hdus[1].data
            if pixels is None:
                raise ValueError("no image found")
            return np.array(pixels, dtype=pixels.dtype.newbyteorder("="))


def _columns(hdu: RawHDU) -> dict[str, tuple[int, str]]:
    """Return offset in the row and format of each column."""
    columns: dict[str, tuple[int, str]] = {}
    offset = 0
    for i in range(1, (int_value(hdu.cards, "TFIELDS") or 0) + 1):
        form = (string_value(hdu.cards, f"TFORM{i}") or "").strip()
        match = _FORM.match(form)
        if not match:
            raise ValueError(f"TFORM{i} is unknown: {form!r}")
        columns[(string_value(hdu.cards, f"TTYPE{i}") or f"COL{i}").strip().upper()] = (offset, form)
        repeat = int(match.group(1) or 1)
        offset += -(-repeat // 8) if match.group(2) == "X" else repeat * _SIZES[match.group(2)]
    if offset != int_value(hdu.cards, "NAXIS1"):
        raise ValueError(f"the columns take {offset} bytes a row, NAXIS1 says {int_value(hdu.cards, 'NAXIS1')}")
    return columns


def _check_table(hdu: RawHDU, algorithm: str, tiling: _Tiling, data: np.ndarray) -> None:
    """Check what the codecs trust: number of tiles, place of each stream, and the size an HCOMPRESS stream states.

    The compiled codecs follow these numbers without looking, and a wrong one ends the interpreter.
    """
    n_rows = int_value(hdu.cards, "NAXIS2") or 0
    row_bytes = int_value(hdu.cards, "NAXIS1") or 0
    if math.prod(tiling.counts) != n_rows:
        raise ValueError(f"{math.prod(tiling.counts)} tiles are needed, the table has {n_rows} rows")
    columns = _columns(hdu)
    if not any(name in columns for name in _COMPRESSED_COLUMNS):
        raise ValueError("the table has no column COMPRESSED_DATA")
    _check_parameters(hdu, algorithm)
    heap_start = int_value(hdu.cards, "THEAP") or n_rows * row_bytes
    heap_size = len(data) - heap_start
    if heap_start < n_rows * row_bytes or heap_size < 0:
        raise ValueError(f"THEAP lies outside the data: {heap_start}")
    rows = data[: n_rows * row_bytes].reshape(n_rows, row_bytes)
    for name in _COMPRESSED_COLUMNS:
        if name not in columns:
            continue
        lengths, offsets = _descriptors(rows, *columns[name])
        if np.any((lengths < 0) | (offsets < 0) | (offsets + lengths > heap_size) & (lengths > 0)):
            raise ValueError("a tile lies outside the heap")
        if name != "COMPRESSED_DATA":
            continue
        if algorithm == "HCOMPRESS_1":
            _check_hcompress(tiling, lengths, offsets + heap_start, data)
        elif algorithm == "PLIO_1":
            _check_plio(columns[name][1], lengths, offsets + heap_start, data)


def _check_parameters(hdu: RawHDU, algorithm: str) -> None:
    """Check codec parameters that go to the compiled code as they are."""
    allowed = {"BLOCKSIZE": (16, 32), "BYTEPIX": (1, 2, 4, 8), "SMOOTH": (0, 1)}
    for i in range(1, 100):
        name = string_value(hdu.cards, f"ZNAME{i}")
        if name is None:
            break
        if name in allowed and int_value(hdu.cards, f"ZVAL{i}") not in allowed[name]:
            raise ValueError(f"{algorithm} needs {name} in {allowed[name]}")
    if (string_value(hdu.cards, "ZQUANTIZ") or "").startswith("SUBTRACTIVE_DITHER"):
        seed = int_value(hdu.cards, "ZDITHER0")
        if seed is None or not 1 <= seed <= 10000:
            raise ValueError(f"ZDITHER0 must lie in 1..10000, not {seed}")


def _descriptors(rows: np.ndarray, offset: int, form: str) -> tuple[np.ndarray, np.ndarray]:
    """Return bytes and heap offset of each tile's stream."""
    match = _FORM.match(form)
    assert match is not None  # _columns looked at it
    word = {"P": ">i4", "Q": ">i8"}.get(match.group(2))
    if word is None or match.group(3) not in _SIZES:
        raise ValueError(f"a column of tiles must be of variable length, not {form!r}")
    width = 2 * np.dtype(word).itemsize
    pairs = np.ascontiguousarray(rows[:, offset : offset + width]).view(word).astype(np.int64)
    return pairs[:, 0] * _SIZES[match.group(3)], pairs[:, 1]


def _check_hcompress(tiling: _Tiling, lengths: np.ndarray, offsets: np.ndarray, data: np.ndarray) -> None:
    for length, offset, where in zip(lengths.tolist(), offsets.tolist(), tiling.slices(), strict=True):
        if length == 0:
            continue
        stream = data[offset : offset + length].tobytes()
        size = [part.stop - part.start for part in where if part.stop - part.start > 1] or [1]
        if length < 22 or stream[:2] != _HCOMPRESS_MAGIC:
            raise ValueError("an HCOMPRESS tile has no header")
        stated = struct.unpack(">2i", stream[2:10])
        if math.prod(stated) != math.prod(size) or sorted(n for n in stated if n > 1) != sorted(
            n for n in size if n > 1
        ):
            raise ValueError(f"an HCOMPRESS tile states a size of {stated}, the image needs {tuple(size)}")


def _check_plio(form: str, lengths: np.ndarray, offsets: np.ndarray, data: np.ndarray) -> None:
    """Check that each list of runs, two-byte words, ends within its stream."""
    if not re.match(r"\d*[PQ]I", form):
        raise ValueError(f"PLIO_1 needs a column of two-byte integers, not {form!r}")
    for length, offset in zip(lengths.tolist(), offsets.tolist(), strict=True):
        if length == 0:
            continue
        words = data[offset : offset + length].view(">i2").astype(np.int64)
        if len(words) < 5:
            raise ValueError("a PLIO tile has no header")
        stated, first = (words[2], 3) if words[2] > 0 else ((words[4] << 15) + words[3], words[1])
        if not (0 <= first <= len(words) and 0 <= stated <= len(words)):
            raise ValueError(f"a PLIO tile states a length of {stated} words, it has {len(words)}")


@dataclass(frozen=True)
class PackedImage:
    """A losslessly packed image.

    Attributes
    ----------
    head : list of bytes
        Cards of the table and the codec.
    pieces : list of bytes
        The data unit: descriptors, then the tiles' streams.
    """

    head: list[bytes]
    pieces: list[bytes]

    @property
    def size(self) -> int:
        """Bytes of the data unit."""
        return sum(len(piece) for piece in self.pieces)


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
    tiling = _tiling(path, hdu)
    image = pixels.reshape(hdu.shape)
    big = np.dtype(dtype).newbyteorder(">")
    streams = []
    for where in tiling.slices():
        tile = np.ascontiguousarray(image[where], dtype=big)
        shuffled = np.ascontiguousarray(tile.reshape(-1).view(np.uint8).reshape(-1, big.itemsize).T)
        streams.append(_gzip(shuffled))
    lengths = np.array([len(stream) for stream in streams], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    wide = int(lengths.sum()) >= 2**31
    descriptors = np.stack([lengths, offsets], axis=1).astype(">i8" if wide else ">i4").tobytes()
    longest = int(lengths.max())
    axes = tiling.axes
    head = [
        make_card("XTENSION", "BINTABLE", "binary table extension"),
        make_card("BITPIX", 8, "array data type"),
        make_card("NAXIS", 2, "number of array dimensions"),
        make_card("NAXIS1", 16 if wide else 8, "width of table in bytes"),
        make_card("NAXIS2", len(streams), "number of tiles"),
        make_card("PCOUNT", int(lengths.sum()), "size of the heap in bytes"),
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
    return PackedImage(head, [descriptors, *streams])


def _gzip(data: np.ndarray) -> bytes:
    """Return a gzip stream without time stamp."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data.data) + packer.flush()
