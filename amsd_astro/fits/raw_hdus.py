"""A FITS file as it lies on the disk: its HDUs, their raw cards, and where their data are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from amsd_astro.fits.byte_streams import ByteStream, FileStamp

__all__ = ["BLOCK", "Outline", "RawFile", "RawHDU", "padded"]

BLOCK = 2880
"""Headers and data come in multiples of this many bytes."""


def padded(n_bytes: int) -> int:
    """Return a size rounded up to whole blocks of 2880 bytes."""
    return -(-n_bytes // BLOCK) * BLOCK


@dataclass(frozen=True)
class RawHDU:
    """One HDU as it lies in the file.

    Attributes
    ----------
    index : int
        0 for the primary.
    kind : str
        "image", "compressed" (tile-compressed image), "table", "groups" (random groups), "empty" or "other".
    name : str
        EXTNAME in upper case without trailing blanks; "PRIMARY" for an unnamed primary; else empty.
    version : int or None
        EXTVER, None without one.
    cards : tuple of bytes
        Raw 80-byte cards, without END.
    bitpix : int
        Of the pixels (ZBITPIX where tile-compressed).
    shape : tuple of int
        Of the image, in numpy's order; empty where there is none.
    header_offset, data_offset, data_size : int
        Bytes in the (uncompressed) file; the size without padding.
    n_missing : int
        Bytes of padding that the file lacks at its end.
    problem : str
        Why the image cannot be used; empty where it can.
    """

    index: int
    kind: str
    name: str
    version: int | None
    cards: tuple[bytes, ...] = field(repr=False)
    bitpix: int
    shape: tuple[int, ...]
    header_offset: int
    data_offset: int
    data_size: int
    n_missing: int = 0
    problem: str = ""

    @property
    def end(self) -> int:
        """Offset of the byte after the HDU, padding included."""
        return self.data_offset + padded(self.data_size)

    @property
    def extver(self) -> int:
        """EXTVER, 1 where there is none (FITS standard 4.0, section 4.4.2.6)."""
        return 1 if self.version is None else self.version

    @property
    def label(self) -> str:
        """The HDU in words, for lists in messages."""
        name = self.name + (f",{self.version}" if self.version is not None else "")
        shape = " x ".join(str(n) for n in reversed(self.shape))
        words = (str(self.index), name, self.kind, shape)
        return " ".join(word for word in words if word)

    @property
    def is_plane(self) -> bool:
        """Whether it is an image of two axes, others of length one aside."""
        return (
            self.kind in ("image", "compressed")
            and len(self.shape) >= 2
            and min(self.shape) > 0
            and math.prod(self.shape[:-2]) == 1
        )


@dataclass(frozen=True)
class Outline:
    """What HDUs there are, in a file or in a list in memory.

    Attributes
    ----------
    path : Path
        The file, or what the list is called.
    hdus : tuple of RawHDU
        In their order.
    """

    path: Path
    hdus: tuple[RawHDU, ...]

    @property
    def listing(self) -> str:
        """The HDUs in one line, for messages."""
        return "; ".join(hdu.label for hdu in self.hdus)


@dataclass(frozen=True)
class RawFile(Outline):
    """The HDUs of a file.

    Attributes
    ----------
    stamp : tuple of int
        Size, time and inode when it was scanned.
    compression : str or None
        Of the file as a whole.
    junk : bool
        Whether bytes that are no HDU follow the last one.
    stream : ByteStream
        Its bytes.
    """

    stamp: FileStamp
    compression: str | None
    junk: bool
    stream: ByteStream = field(repr=False, compare=False)
