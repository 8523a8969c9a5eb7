"""Pixels of one image HDU: the stored numbers, and what they mean in the frame's unit."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.frames.cards import card_value, find_card, float_value
from amsd_astro.frames.compressed import unpack_tiles
from amsd_astro.frames.rawfits import RawHDU
from amsd_astro.frames.streams import STRIPE, open_stream

__all__ = ["StoredPixels", "read_pixels"]

_DTYPES = {8: "u1", 16: "i2", 32: "i4", 64: "i8", -32: "f4", -64: "f8"}
_EXACT = 2**24
"""Largest integer up to which float32 holds every integer."""


@dataclass(frozen=True)
class StoredPixels:
    """Numbers as they are stored, native byte order, and the cards that scale them.

    Attributes
    ----------
    stored : ndarray
        Shape (ny, nx).
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
        """Return physical values: NaN where BLANK, float32 unless that would lose digits.

        Returns
        -------
        ndarray
            Shape (ny, nx), float64 where the file has float64, or integers so far from zero that float32 could not
            tell neighbouring ones apart; else float32.
        """
        stored = self.stored
        trivial = self.scale == 1.0 and self.zero == 0.0
        if stored.dtype.kind == "f" and trivial:
            return stored
        dtype = stored.dtype if stored.dtype.kind == "f" else self._float_type()
        if trivial and self.blank is None:
            return stored.astype(dtype)
        values = np.empty(stored.shape, dtype=dtype)
        step = max(1, STRIPE // (8 * stored.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(0, stored.shape[0], step):
                part = stored[i : i + step]
                values[i : i + step] = part.astype(np.float64) * self.scale + self.zero
                if self.blank is not None:
                    values[i : i + step][part == self.blank] = np.nan
        return values

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
        largest = max(abs(low * self.scale + self.zero), abs(high * self.scale + self.zero))
        return np.dtype(np.float32 if largest <= _EXACT * abs(self.scale) else np.float64)

    def to_integer(self) -> np.ndarray:
        """Return physical integers, for planes of bits.

        Returns
        -------
        ndarray
            Shape (ny, nx), int64. A BLANK pixel has all bits set.

        Raises
        ------
        ValueError
            The plane does not hold integers.
        """
        if self.stored.dtype.kind == "f" or self.scale != 1.0 or not float(self.zero).is_integer():
            raise ValueError("bits need a plane of integers.")
        offset = int(self.zero)
        with np.errstate(over="ignore"):
            if offset == 2**63:
                values = (self.stored.view(np.uint64) ^ np.uint64(2**63)).view(np.int64)
            else:
                values = self.stored.astype(np.int64) + offset
        if self.blank is not None:
            values[self.stored == self.blank] = -1
        return values

    def is_zero(self) -> np.ndarray:
        """Return where the physical value is a valid zero (bool, shape (ny, nx))."""
        zero = self.to_float() == 0 if self.scale != 1.0 or self.stored.dtype.kind == "f" else self.to_integer() == 0
        return np.asarray(zero)


def read_pixels(path: Path, hdu: RawHDU) -> StoredPixels:
    """Read the image of an HDU by plain reads, two axes left.

    Parameters
    ----------
    path : Path
        The file.
    hdu : RawHDU
        One with `is_plane` true.

    Raises
    ------
    FrameError
        The data cannot be read, or the cards that scale them make no sense.
    """
    if hdu.problem:
        raise FrameError(f"{hdu.problem}.", path=path, hdu=hdu.index)
    scale = _scaling(path, hdu, "BSCALE", 1.0)
    zero = _scaling(path, hdu, "BZERO", 0.0)
    if scale == 0.0:
        raise FrameError("BSCALE must not be zero. Received: 0", path=path, hdu=hdu.index)
    blank = _blank(path, hdu) if hdu.bitpix > 0 else None
    with open_stream(path) as stream:
        stream.seek(hdu.data_offset)
        if hdu.kind == "compressed":
            heap = stream.read_array(hdu.data_size)
            stored = unpack_tiles(path, hdu, heap)
        else:
            raw = stream.read_array(math.prod(hdu.shape) * abs(hdu.bitpix) // 8)
            stored = raw.view(_DTYPES[hdu.bitpix]).reshape(hdu.shape)
            if np.little_endian:
                stored.byteswap(inplace=True)
    stored = stored.reshape(hdu.shape[-2:])
    if hdu.kind == "compressed" and stored.dtype.kind == "f":
        # The quantization was undone with ZSCALE and ZZERO already.
        stored = np.asarray(stored, dtype=_DTYPES[hdu.bitpix])
    return StoredPixels(stored, scale, zero, blank)


def _scaling(path: Path, hdu: RawHDU, keyword: str, default: float) -> float:
    try:
        value = float_value(hdu.cards, keyword)
    except ValueError as error:
        raise FrameError(f"{keyword} must be a number. Received: {error}", path=path, hdu=hdu.index) from None
    if value is None:
        return default
    if not math.isfinite(value):
        raise FrameError(f"{keyword} must be finite. Received: {value}", path=path, hdu=hdu.index)
    return value


def _blank(path: Path, hdu: RawHDU) -> int | None:
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
            f"{path}[{hdu.index}]: {keyword} must be an integer, ignored. Received: {card_value(card)}",
            AmsdWarning,
            stacklevel=4,
        )
    return None
