"""Tile-compressed images: their layout, and unpacking behind checks of our own.

The layout is that of the FITS standard 4.0, section 10.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.fits.byte_streams import check_expansion
from amsd_astro.fits.cards import card_keyword, int_value, make_card, string_value
from amsd_astro.fits.hdu_bytes import header_bytes
from amsd_astro.fits.raw_hdus import RawFile, RawHDU, padded
from amsd_astro.fits.tile_cards import is_needed
from amsd_astro.fits.tile_codecs import check_stream, codec_of

__all__ = ["Tiling", "tiling_of", "unpack_tiles"]

_ALGORITHMS = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS")
_MAX_EXPANSION = 2000
_COMPRESSED_COLUMNS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA")
_SIZES = {"L": 1, "X": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])([A-Z]?)")
_PART = 4 * 1024 * 1024
"""Pixels unpacked at a time, or one row of tiles."""


@dataclass(frozen=True)
class Tiling:
    """How an image is cut: lengths of axes and tiles, the fastest axis first; beyond the first two they are 1."""

    axes: tuple[int, ...]
    tile: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """Tiles along x and y."""
        return -(-self.axes[0] // self.tile[0]), -(-self.axes[1] // self.tile[1])

    def slices(self) -> Iterator[tuple[slice, slice]]:
        """Yield the tiles in the order of the table's rows, as index of an array of shape (ny, nx)."""
        n_across, n_along = self.counts
        for k in range(n_across * n_along):
            yield self.where(k)

    def where(self, k: int) -> tuple[slice, slice]:
        """Return the place of the tile in row k of the table."""
        y, x = (k // self.counts[0]) * self.tile[1], (k % self.counts[0]) * self.tile[0]
        return slice(y, min(y + self.tile[1], self.axes[1])), slice(x, min(x + self.tile[0], self.axes[0]))

    def groups(self) -> Iterator[tuple[slice, int, int]]:
        """Yield whole rows of tiles: rows of the image, and the rows of the table from and up to."""
        n_across, n_along = self.counts
        step = max(1, _PART // (self.axes[0] * self.tile[1]))
        for first in range(0, n_along, step):
            last = min(first + step, n_along)
            rows = slice(first * self.tile[1], min(last * self.tile[1], self.axes[1]))
            yield rows, first * n_across, last * n_across


def tiling_of(path: Path, hdu: RawHDU) -> Tiling:
    """Return how the image of a tile-compressed HDU is cut; FrameError where its cards do not tell."""
    axes = tuple(reversed(hdu.shape))
    tile = []
    cards = [card for card in hdu.cards if card[:5].upper() == b"ZTILE"]  # there can be 999 axes
    for i, length in enumerate(axes):
        try:
            size = int_value(cards, f"ZTILE{i + 1}")
        except ValueError as error:
            raise FrameError(f"ZTILE{i + 1} must be an integer. Received: {error}", path=path, hdu=hdu.index) from None
        size = (length if i == 0 else 1) if size is None else size
        if size < 1:
            raise FrameError(f"ZTILE{i + 1} must be positive. Received: {size}", path=path, hdu=hdu.index)
        tile.append(min(size, length))
    return Tiling(axes, tuple(tile))


def unpack_tiles(file: RawFile, hdu: RawHDU) -> Iterator[tuple[slice, np.ndarray]]:
    """Decompress the image of one HDU, some rows of tiles at a time.

    Parameters
    ----------
    file : RawFile
        The file.
    hdu : RawHDU
        Of kind "compressed", with `is_plane` true.

    Returns
    -------
    iterator of (slice, ndarray)
        Rows of the image and their pixels, shape (n_rows, nx): stored integers (not scaled by BSCALE and BZERO), or
        floats.

    Raises
    ------
    FrameError
        The codec is unknown, the table does not fit the image (both told before anything is unpacked), or a tile is
        damaged.
    """
    path = file.path
    algorithm = string_value(hdu.cards, "ZCMPTYPE")
    if algorithm not in _ALGORITHMS:
        raise FrameError(f"ZCMPTYPE must be one of {_ALGORITHMS}. Received: {algorithm}", path=path, hdu=hdu.index)
    n_bytes = math.prod(hdu.shape) * abs(hdu.bitpix) // 8
    check_expansion(n_bytes, hdu.data_size, path, hdu=hdu.index, limit=_MAX_EXPANSION)
    tiling = tiling_of(path, hdu)
    with _as_frame_error(path, hdu):
        table = _Table(file, hdu, algorithm, tiling)
    return _unpack_groups(table, tiling, path, hdu)


def _unpack_groups(table: _Table, tiling: Tiling, path: Path, hdu: RawHDU) -> Iterator[tuple[slice, np.ndarray]]:
    for rows, first, last in tiling.groups():
        n_rows = rows.stop - rows.start
        with _as_frame_error(path, hdu):
            pixels = _unpack(table.cards(first, last, n_rows), table.data(first, last))
            pixels = pixels.reshape(n_rows, hdu.shape[-1])
            if hdu.bitpix < 0:  # quantized floats may come back wider than they were
                pixels = pixels.astype(f"f{-hdu.bitpix // 8}", copy=False)
        yield rows, pixels


@contextlib.contextmanager
def _as_frame_error(path: Path, hdu: RawHDU) -> Iterator[None]:
    """Turn what a codec raises, whatever it is, into one kind of error."""
    try:
        yield
    except (FrameError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:  # that of a damaged gzip stream has no number
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise FrameError(f"the compressed tiles cannot be unpacked ({reason}).", path=path, hdu=hdu.index) from error


class _Table:
    """The table of the tiles, checked: the compiled codecs follow its numbers without looking.

    Raises ValueError where it does not fit the image.
    """

    def __init__(self, file: RawFile, hdu: RawHDU, algorithm: str, tiling: Tiling) -> None:
        self._stream, self._hdu, self._tiling = file.stream, hdu, tiling
        n_rows = int_value(hdu.cards, "NAXIS2") or 0
        row_bytes = int_value(hdu.cards, "NAXIS1") or 0
        if math.prod(tiling.counts) != n_rows:
            raise ValueError(f"{math.prod(tiling.counts)} tiles are needed, the table has {n_rows} rows")
        columns = _columns(hdu)
        if not any(name in columns for name in _COMPRESSED_COLUMNS):
            raise ValueError("the table has no column COMPRESSED_DATA")
        self._codec = codec_of(hdu, algorithm)
        heap_start = int_value(hdu.cards, "THEAP") or n_rows * row_bytes
        self._heap_size = hdu.data_size - heap_start
        if heap_start < n_rows * row_bytes or self._heap_size < 0:
            raise ValueError(f"THEAP lies outside the data: {heap_start}")
        self._heap_offset = hdu.data_offset + heap_start
        self._stream.seek(hdu.data_offset)
        self._rows = self._stream.read_array(n_rows * row_bytes).reshape(n_rows, row_bytes)
        self._columns = {
            name: (offset, form)
            for name, (offset, form) in columns.items()
            if name in _COMPRESSED_COLUMNS or form.lstrip("01").startswith(("P", "Q"))
        }
        self._places = {name: _descriptors(self._rows, *column) for name, column in self._columns.items()}
        for lengths, offsets in self._places.values():
            if np.any((lengths < 0) | (offsets < 0) | (offsets + lengths > self._heap_size) & (lengths > 0)):
                raise ValueError("a tile lies outside the heap")

    def cards(self, first: int, last: int, n_rows: int) -> list[bytes]:
        """Return the header of a table of some of the rows, for an image of ``n_rows`` rows."""
        dithered = "DITHER_" in (string_value(self._hdu.cards, "ZQUANTIZ") or "")
        changed = {
            "NAXIS2": last - first,
            "ZNAXIS2": n_rows,
            "ZTILE2": min(self._tiling.tile[1], n_rows),
            "THEAP": None,
        }
        changed["ZDITHER0"] = self._dither_seed(first) if dithered else None
        changed["PCOUNT"] = sum(int(lengths[first:last].sum()) for lengths, _ in self._places.values())
        kept = []
        for card in self._hdu.cards:
            keyword = card_keyword(card)
            value = changed.get(keyword)
            if value is not None:
                kept.append(make_card(keyword, value))
            elif keyword not in changed and is_needed(keyword):
                kept.append(card)
        return kept

    def data(self, first: int, last: int) -> bytes:
        """Return the data unit of a table of some of the rows: descriptors anew, streams checked."""
        rows = self._rows[first:last].copy()
        heap = bytearray()
        for name, (offset, form) in self._columns.items():
            lengths, offsets = (values[first:last] for values in self._places[name])
            if lengths.sum() > self._heap_size:
                raise ValueError("the tiles are longer than the heap")
            starts = np.empty(len(rows), np.int64)
            for k, (length, place) in enumerate(zip(lengths.tolist(), offsets.tolist(), strict=True)):
                self._stream.seek(self._heap_offset + place)
                piece = self._stream.read_array(length)
                if length and name != "UNCOMPRESSED_DATA":
                    codec = replace(self._codec, algorithm="GZIP_1") if name.startswith("GZIP") else self._codec
                    check_stream(codec, form, piece, self._tiling.where(first + k))
                starts[k] = len(heap)
                heap += piece.data
            word, _ = _descriptor_type(form)
            width = np.dtype(word).itemsize
            rows[:, offset + width : offset + 2 * width] = starts.astype(word).view(np.uint8).reshape(-1, width)
        return rows.tobytes() + bytes(heap)

    def _dither_seed(self, first: int) -> int:
        """Return the seed for tiles from the given one on: the seed goes up by one from tile to tile."""
        seed = int_value(self._hdu.cards, "ZDITHER0") or 1
        return (seed - 1 + first) % 10000 + 1


def _unpack(cards: list[bytes], data: bytes) -> np.ndarray:
    """Let astropy unpack a file in memory that holds nothing but the one table."""
    head = [make_card("SIMPLE", True), make_card("BITPIX", 8), make_card("NAXIS", 0), make_card("EXTEND", True)]
    body = b"".join([header_bytes(head), header_bytes(cards), data, b"\0" * (padded(len(data)) - len(data))])
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


def _descriptor_type(form: str) -> tuple[str, int]:
    """Return the type of the two numbers in a descriptor, and the bytes of an element of what it describes."""
    match = _FORM.match(form)
    assert match is not None  # _columns looked at it
    word = {"P": ">i4", "Q": ">i8"}.get(match.group(2))
    if word is None or match.group(3) not in _SIZES:
        raise ValueError(f"a column of tiles must be of variable length, not {form!r}")
    return word, _SIZES[match.group(3)]


def _descriptors(rows: np.ndarray, offset: int, form: str) -> tuple[np.ndarray, np.ndarray]:
    """Return bytes and heap offset of each tile's stream."""
    word, element = _descriptor_type(form)
    pairs = np.ascontiguousarray(rows[:, offset : offset + 2 * np.dtype(word).itemsize]).view(word).astype(np.int64)
    return pairs[:, 0] * element, pairs[:, 1]
