"""The file an image came from, and whether it is still the one that was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.errors import FrameChangedError, FrameError
from amsd_astro.fits.byte_streams import STRIPE, FileStamp, file_stamp
from amsd_astro.fits.cards import header_from_cards
from amsd_astro.fits.planes.choice import PlaneRole
from amsd_astro.fits.planes.use import PlaneUse
from amsd_astro.regular_files import open_at_once

__all__ = ["FrameSource", "OwnFile"]


@dataclass(frozen=True)
class OwnFile:
    """A file besides the image's that one of its planes is from.

    Attributes
    ----------
    path : Path
        Absolute.
    stamp : tuple of int
        Size, modification time (ns) and inode when it was read.
    hdu : int
        Index of the plane.
    role : {"mask", "error"}
        What it is.
    """

    path: Path
    stamp: FileStamp
    hdu: int
    role: PlaneRole

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal; worked out when first asked for."""
        return _fingerprint(self.path, self.stamp)


@dataclass(frozen=True)
class FrameSource:
    """The file an image came from.

    Attributes
    ----------
    path : Path
        Absolute.
    hdu : int
        Index of the image's HDU, 0 for the primary.
    name : str
        EXTNAME in upper case, "PRIMARY" for an unnamed primary, else empty.
    version : int
        EXTVER, 1 where there is none.
    shape : tuple of int
        As in the file, such as (1, 1, ny, nx).
    dtype : dtype
        Of the pixels when the frame is written: float32 or float64.
    stamp : tuple of int
        Size, modification time (ns) and inode when the file was read.
    cards, primary_cards : tuple of bytes
        Raw cards of the image (as if uncompressed) and of the primary HDU, without END.
    raw_cards : tuple of bytes
        Raw cards of the image's HDU as they are in the file.
    planes : tuple of PlaneUse
        What was made of the planes beside the image.
    own_files : tuple of OwnFile
        Files of their own that planes are from.
    held : tuple
        Those of all these files that were fetched: they are there as long as this is.
    """

    path: Path
    hdu: int
    name: str
    version: int
    shape: tuple[int, ...]
    dtype: np.dtype
    stamp: FileStamp
    cards: tuple[bytes, ...] = field(repr=False)
    raw_cards: tuple[bytes, ...] = field(repr=False)
    primary_cards: tuple[bytes, ...] = field(repr=False)
    planes: tuple[PlaneUse, ...] = field(default=(), repr=False)
    own_files: tuple[OwnFile, ...] = field(default=(), repr=False)
    held: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    @property
    def header(self) -> fits.Header:
        """The header as read: a new copy each time, so that it cannot be changed by accident."""
        return self._parsed[0].copy()

    @property
    def primary(self) -> fits.Header:
        """The header of the primary HDU as read, a new copy each time."""
        return self._parsed[1].copy()

    @cached_property
    def _parsed(self) -> tuple[fits.Header, fits.Header]:
        return header_from_cards(self.cards), header_from_cards(self.primary_cards)

    def keyword(self, name: str, default: Any = None) -> Any:
        """Look a keyword up in the image's header, then in the primary.

        Parameters
        ----------
        name : str
            Keyword; long ones such as "ESO DET OUT1 CONAD" without HIERARCH.
        default : optional
            For a keyword that is in neither, has no value or cannot be parsed.
        """
        found = self.card(name)
        return default if found is None else found[0]

    def card(self, name: str) -> tuple[Any, str] | None:
        """Look value and comment of a keyword up in the image's header, then in the primary.

        Parameters
        ----------
        name : str
            As for `keyword`.

        Returns
        -------
        tuple or None
            None for a keyword that is in neither, has no value or cannot be parsed.
        """
        for header in self._parsed:
            try:
                value, comment = header[name], header.comments[name]
            except (KeyError, ValueError, IndexError, OSError, fits.VerifyError):
                continue
            if value is not None:
                return value, str(comment)
        return None

    def check_unchanged(self) -> None:
        """Make sure that the file is still the one that was read, and so those that planes are from.

        Raises
        ------
        FrameChangedError
            One is gone, or its size, time or inode differ.
        """
        for path, stamp in ((self.path, self.stamp), *((own.path, own.stamp) for own in self.own_files)):
            _check(path, stamp)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal; worked out when first asked for.

        Raises
        ------
        FrameChangedError
            The file changed since it was read.
        """
        return _fingerprint(self.path, self.stamp)


def _check(path: Path, stamp: FileStamp) -> None:
    try:
        now = file_stamp(path)
    except FrameError as error:
        raise FrameChangedError(f"the input can no longer be read: {error.message}", path=path) from error
    if now != stamp:
        raise FrameChangedError(
            f"the input changed since it was read (size, time, inode {stamp}). Received: {now}", path=path
        )


def _fingerprint(path: Path, stamp: FileStamp) -> str:
    _check(path, stamp)
    found = _digest(path, stamp)
    _check(path, stamp)
    return found


@lru_cache(maxsize=8)
def _digest(path: Path, stamp: FileStamp) -> str:  # the stamp tells files of one name apart
    digest = hashlib.sha256()
    with open(path, "rb", opener=open_at_once) as file:
        while piece := file.read(STRIPE):
            digest.update(piece)
    return digest.hexdigest()
