"""Pixels of one image HDU: the stored numbers, and what they mean in the frame's unit."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.scratch import new_array
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.cards import card_value, find_card, float_value
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.tile_decompression import unpack_tiles

__all__ = ["StoredPixels", "iter_pixels", "read_floats", "read_plane"]

_DTYPES = {8: "u1", 16: "i2", 32: "i4", 64: "i8", -32: "f4", -64: "f8"}
_EXACT = 2**24
"""Largest integer up to which float32 holds every integer."""


@dataclass(frozen=True)
class StoredPixels:
    """Numbers as they are stored, native byte order, and the cards that scale them.

    Attributes
    ----------
    stored : ndarray
        Shape (n_rows, nx).
    scale, zero : float
        BSCALE and BZERO.
    blank : int or None
        Stored integer that marks a pixel without a value.
    """

    stored: np.ndarray
    scale: float
    zero: float
    blank: int | None

    def to_float(self) -> np.ndarray:
        """Return physical values, NaN where BLANK: float32, or float64 where that would lose digits."""
        stored = self.stored
        if self.scale == 1.0 and self.zero == 0.0 and stored.dtype.kind == "f":
            return stored
        if self.blank is None and self._is_exact:
            values = stored.astype(np.float32)
            values += np.float32(self.zero)
            return values
        dtype = stored.dtype if stored.dtype.kind == "f" else self._float_type()
        with np.errstate(over="ignore"):
            return self.to_double().astype(dtype)

    def to_double(self) -> np.ndarray:
        """Return physical values in float64, NaN where BLANK."""
        if self._is_unsigned:
            values = self._as_unsigned().astype(np.float64)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                values = self.stored.astype(np.float64) * self.scale + self.zero
        if self.blank is not None:
            values[self.stored == self.blank] = np.nan
        return values

    @property
    def _is_exact(self) -> bool:
        """Whether these are short integers, offset by an integer: float32 has digits enough for all that is done."""
        short = self.stored.dtype.kind in "iu" and self.stored.dtype.itemsize <= 2
        return short and self.scale == 1.0 and abs(self.zero) <= _EXACT // 2 and float(self.zero).is_integer()

    @property
    def _is_unsigned(self) -> bool:
        """Whether these are unsigned integers of eight bytes, whose stored numbers float64 cannot tell apart."""
        return self.stored.dtype == np.int64 and self.scale == 1.0 and self.zero == 2.0**63

    def _as_unsigned(self) -> np.ndarray:
        """Return what integers of eight bytes mean where BZERO is 2**63: only their highest bit is another."""
        return self.stored.view(np.uint64) ^ np.uint64(2**63)

    def _float_type(self) -> np.dtype:
        """Return the float type that keeps every stored integer apart from its neighbours."""
        stored = self.stored
        if stored.dtype.itemsize <= 2 and self.scale == 1.0 and abs(self.zero) <= _EXACT // 2:
            return np.dtype(np.float32)
        valid = True if self.blank is None else stored != self.blank
        # Initial values that lose every comparison: an image may be blank throughout.
        low = int(np.min(stored, where=valid, initial=np.iinfo(stored.dtype).max))
        high = int(np.max(stored, where=valid, initial=np.iinfo(stored.dtype).min))
        if low > high:
            return np.dtype(np.float32)
        scale, zero = (1, 2**63) if self._is_unsigned else (self.scale, self.zero)
        largest = max(abs(low * scale + zero), abs(high * scale + zero))
        return np.dtype(np.float32 if largest <= _EXACT * abs(self.scale) else np.float64)

    def to_integer(self) -> np.ndarray:
        """Return physical integers, for planes of bits.

        Returns
        -------
        ndarray
            Shape (n_rows, nx), int64. A BLANK pixel has all bits set.

        Raises
        ------
        ValueError
            The plane does not hold integers.
        """
        if self.stored.dtype.kind == "f" or self.scale != 1.0 or not float(self.zero).is_integer():
            raise ValueError("bits need a plane of integers.")
        offset = int(self.zero)
        with np.errstate(over="ignore"):
            shifted = self._as_unsigned().view(np.int64) if offset == 2**63 else self.stored.astype(np.int64) + offset
        if self.blank is not None:
            shifted[self.stored == self.blank] = -1
        return shifted

    def is_zero(self) -> np.ndarray:
        """Return where the physical value is a valid zero (bool, shape (n_rows, nx))."""
        zero = self.to_float() == 0 if self.scale != 1.0 or self.stored.dtype.kind == "f" else self.to_integer() == 0
        return np.asarray(zero)


def iter_pixels(file: RawFile, hdu: RawHDU) -> Iterator[tuple[slice, StoredPixels]]:
    """Read the image of an HDU some rows at a time.

    Parameters
    ----------
    file : RawFile
        The file.
    hdu : RawHDU
        One of its HDUs with `is_plane` true.

    Returns
    -------
    iterator of (slice, StoredPixels)
        Rows of the image, and their pixels.

    Raises
    ------
    FrameError
        The data cannot be read, or the cards that describe them make no sense (that before anything is read).
    """
    if hdu.problem:
        raise FrameError(f"{hdu.problem}.", path=file.path, hdu=hdu.index)
    scale = _scaling(file, hdu, "BSCALE", 1.0)
    zero = _scaling(file, hdu, "BZERO", 0.0)
    if scale == 0.0:
        raise FrameError("BSCALE must not be zero. Received: 0", path=file.path, hdu=hdu.index)
    blank = _blank(file, hdu) if hdu.bitpix > 0 else None
    parts = unpack_tiles(file, hdu) if hdu.kind == "compressed" else _stored(file, hdu)
    return ((rows, StoredPixels(stored, scale, zero, blank)) for rows, stored in parts)


def _stored(file: RawFile, hdu: RawHDU) -> Iterator[tuple[slice, np.ndarray]]:
    dtype = np.dtype(_DTYPES[hdu.bitpix])
    shape = hdu.shape[-2:]
    row_bytes = shape[1] * dtype.itemsize
    for block in row_blocks(shape):
        file.stream.seek(hdu.data_offset + block.rows.start * row_bytes)
        raw = file.stream.read_array((block.rows.stop - block.rows.start) * row_bytes)
        stored = raw.view(dtype).reshape(-1, shape[1])
        if np.little_endian:
            stored.byteswap(inplace=True)
        yield block.rows, stored


def read_floats(file: RawFile, hdu: RawHDU) -> np.ndarray:
    """Read the physical values of an image.

    Parameters
    ----------
    file, hdu : RawFile, RawHDU
        As for `iter_pixels`.

    Returns
    -------
    ndarray
        Shape (ny, nx), NaN where BLANK; float64 where the file has float64, or integers so far from zero that float32
        could not tell neighbouring ones apart; else float32.
    """
    parts = iter_pixels(file, hdu)  # before there is an array: the shape may be a lie
    values = new_array(hdu.shape[-2:], np.float64 if hdu.bitpix == -64 else np.float32)
    for rows, pixels in parts:
        part = pixels.to_float()
        if part.dtype.itemsize > values.dtype.itemsize:  # not told by the rows before
            return _read_doubles(file, hdu)
        values[rows] = part
    return values


def _read_doubles(file: RawFile, hdu: RawHDU) -> np.ndarray:
    values = new_array(hdu.shape[-2:], np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were given the first time
        for rows, pixels in iter_pixels(file, hdu):
            values[rows] = pixels.to_double()
    return values


def read_plane(
    file: RawFile, hdu: RawHDU, convert: Callable[[StoredPixels], np.ndarray], dtype: np.dtype | type
) -> np.ndarray:
    """Read what a plane says of each pixel.

    Parameters
    ----------
    file, hdu : RawFile, RawHDU
        As for `iter_pixels`.
    convert : callable
        From some rows of stored pixels to an array of their shape.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray
        Shape (ny, nx).
    """
    parts = iter_pixels(file, hdu)
    result = new_array(hdu.shape[-2:], dtype)
    for rows, pixels in parts:
        result[rows] = convert(pixels)
    return result


def _scaling(file: RawFile, hdu: RawHDU, keyword: str, default: float) -> float:
    try:
        value = float_value(hdu.cards, keyword)
    except ValueError as error:
        raise FrameError(f"{keyword} must be a number. Received: {error}", path=file.path, hdu=hdu.index) from None
    if value is None:
        return default
    if not math.isfinite(value):
        raise FrameError(f"{keyword} must be finite. Received: {value}", path=file.path, hdu=hdu.index)
    return value


def _blank(file: RawFile, hdu: RawHDU) -> int | None:
    """Return the integer that marks missing pixels, with a warning where the card makes no sense."""
    for keyword in ("BLANK", "ZBLANK") if hdu.kind == "compressed" else ("BLANK",):
        card = find_card(hdu.cards, keyword)
        if card is None:
            continue
        try:
            value = float_value([card], keyword)
        except ValueError:
            value = None
        if value is not None and value.is_integer():
            text = card_value(card) or ""
            return int(text) if text.lstrip("+-").isdigit() else int(value)
        warnings.warn(
            f"{file.path}[{hdu.index}]: {keyword} must be an integer, ignored. Received: {card_value(card)}",
            AmsdWarning,
            stacklevel=4,
        )
    return None
