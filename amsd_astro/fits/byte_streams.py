"""Bytes of a file, packed or not, by plain reads, with a guard against decompression bombs.

The kind of packing is taken from the first bytes, never from the name. A packed file is unpacked once, as far as it is
asked for, to the disk. (No memory maps: one of a file that is cut meanwhile ends the interpreter.)
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import itertools
import lzma
import os
import re
import stat
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from amsd_astro.arrays.scratch import ScratchFile
from amsd_astro.errors import FrameChangedError, FrameError, FrameNotFoundError
from amsd_astro.printable import printable
from amsd_astro.regular_files import open_at_once
from amsd_astro.spelling import closest

__all__ = ["STRIPE", "ByteStream", "FileStamp", "check_expansion", "file_stamp"]

STRIPE = 4 * 1024 * 1024
"""Bytes handled at a time when data pass through."""

# Noisy exposures compress by 2 to 4, sparse masks by some tens: beyond this the file is not a frame.
_MAX_EXPANSION = 100
_ALWAYS_ALLOWED = 128 * 1024 * 1024

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}

_MOST_NAMES = 2000  # of a folder in which one that was misspelled is looked for
_DIGITS = re.compile(r"\d+")

FileStamp = tuple[int, int, int]
"""Size, modification time (ns) and inode of a file."""


def file_stamp(path: str | os.PathLike[str]) -> FileStamp:
    """Return what tells cheaply whether a file is still the same one.

    Raises
    ------
    FrameNotFoundError
        The file does not exist.
    FrameError
        It is no regular file.
    """
    try:
        info = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FrameNotFoundError(f"no such file.{_did_you_mean(path)}", path=path) from None
    except PermissionError:
        raise FrameError("the file may not be read (permission denied).", path=path) from None
    except (ValueError, OSError) as error:  # an embedded NUL, a name that is too long, a loop of links
        raise FrameError(f"the name cannot be opened ({error}).", path=path) from error
    if stat.S_ISDIR(info.st_mode):
        raise FrameError("is a directory, a FITS file is needed.", path=path)
    if not stat.S_ISREG(info.st_mode):
        raise FrameError("is not a regular file.", path=path)
    return info.st_size, info.st_mtime_ns, info.st_ino


def _did_you_mean(path: str | os.PathLike[str]) -> str:
    """Ask for the file of the same folder that is spelled most like a name; nothing where none is."""
    folder, name = os.path.split(os.fsdecode(path))
    try:
        with os.scandir(folder or ".") as entries:
            there = [entry.name for entry in itertools.islice(entries, _MOST_NAMES) if not entry.name.startswith(".")]
    except (OSError, ValueError):
        return ""
    meant = closest(name, there)
    # what differs by its number alone is another exposure
    return "" if not meant or _DIGITS.sub("", meant) == _DIGITS.sub("", name) else f" Did you mean {printable(meant)}?"


def check_expansion(
    n_bytes: int,
    stored: int,
    path: Path,
    *,
    hdu: int | None = None,
    limit: int = _MAX_EXPANSION,
    allowed: int = _ALWAYS_ALLOWED,
) -> None:
    """Refuse data that would grow out of all proportion when unpacked.

    Parameters
    ----------
    n_bytes : int
        Bytes after unpacking.
    stored : int
        Bytes as they are stored.
    path : Path
        For the message.
    hdu : int, optional
        For the message.
    limit : int, optional
        Largest accepted ratio once the data are larger than what is always allowed.
    allowed : int, optional
        Bytes that are always allowed, by default 128 MiB.

    Raises
    ------
    FrameError
        The ratio is beyond the limit.
    """
    if n_bytes > allowed and n_bytes > limit * stored:
        raise FrameError(
            f"{stored} stored bytes would unpack to {n_bytes}: taken for a decompression bomb and refused. "
            "Unpack it yourself if it is meant.",
            path=path,
            hdu=hdu,
        )


class ByteStream:
    """Reader of the (unpacked) bytes of one file, at any place; the file stays open until the last reference goes.

    Damage in a packed stream comes out as `FrameError`.

    Parameters
    ----------
    path : str or path-like
        The file.

    Attributes
    ----------
    path : Path
        The file.
    compression : str or None
        "gzip", "bzip2", "xz" or None.
    stored : int
        Size on disk, bytes.
    position : int
        Where the next read begins.

    Raises
    ------
    FrameNotFoundError, FrameError
        The file is missing, or is no readable regular file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        file_stamp(path)  # tells what is no regular file
        self.position = 0
        try:
            raw = open(path, "rb", buffering=0, opener=open_at_once)  # noqa: SIM115 - closed with the stream
        except FileNotFoundError:
            raise FrameNotFoundError("no such file.", path=path) from None
        except PermissionError:
            raise FrameError("the file may not be read (permission denied).", path=path) from None
        except IsADirectoryError:
            raise FrameChangedError("the input was replaced while it was opened.", path=path) from None
        self._close = weakref.finalize(self, raw.close)
        with _naming(path):
            info = os.fstat(raw.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise FrameChangedError("the input was replaced while it was opened.", path=path)
            self.stored = info.st_size
            start = os.pread(raw.fileno(), 8, 0)
        self.compression = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
        self._descriptor = raw.fileno()
        self._unpacker: BinaryIO | None = None
        if self.compression is not None:
            self._unpacker = _unpacker(self.compression, cast(BinaryIO, raw))
            self._spool = ScratchFile()
            self._descriptor = self._spool.descriptor

    def close(self) -> None:
        """Close the file now: the traceback of an error would keep it open."""
        self._close()
        if self._unpacker is not None:
            self._spool.close()

    @property
    def misnamed(self) -> bool:
        """Whether the name speaks of a packing that is not there."""
        return self.compression is None and self.path.suffix.lower() in _NAMES

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer of bytes; return how many there were (fewer only at the end of the file)."""
        done = 0
        while done < len(buffer):
            piece = buffer[done : done + STRIPE]
            self._unpack(self.position + len(piece))
            with _naming(self.path):
                n = os.preadv(self._descriptor, [piece], self.position)
            if not n:
                break
            done += n
            self.position += n
        return done

    def read(self, n_bytes: int) -> bytes:
        """Return the next bytes, fewer only at the end of the file."""
        buffer = bytearray(n_bytes)
        n = self.readinto(memoryview(buffer))
        return bytes(buffer[:n])

    def read_array(self, n_bytes: int) -> np.ndarray:
        """Return exactly `n_bytes` bytes as a writable uint8 array.

        Raises
        ------
        FrameError
            The file ends before.
        """
        array = np.empty(n_bytes, dtype=np.uint8)
        n = self.readinto(array.data)
        if n != n_bytes:
            raise FrameError(f"the data are cut: {n_bytes} bytes expected. Received: {n}", path=self.path)
        return array

    def skip(self, n_bytes: int) -> int:
        """Pass over bytes; return how many there were to pass."""
        self._unpack(self.position + n_bytes)
        end = self.stored if self._unpacker is None else self._spool.size
        n = max(0, min(n_bytes, end - self.position))
        self.position += n
        return n

    def seek(self, offset: int) -> None:
        """Go to a byte offset; beyond the end of the file there is nothing to read."""
        self.position = offset

    def _unpack(self, end: int) -> None:
        """Unpack as far as a byte offset, or to the end of the file."""
        if self._unpacker is None:
            return
        while self._spool.size < end:
            try:
                piece = self._unpacker.read(min(STRIPE, end - self._spool.size))
            except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
                raise self._damaged(error) from error
            except OSError as error:
                if error.errno is not None:
                    error.filename = os.fspath(self.path)
                    raise
                raise self._damaged(error) from error
            if not piece:
                return
            check_expansion(self._spool.size + len(piece), self.stored, self.path)
            self._spool.append(piece)

    def _damaged(self, error: BaseException) -> FrameError:
        return FrameError(f"the {self.compression} stream is cut or damaged ({error}).", path=self.path)


@contextlib.contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an error of the disk name the file."""
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def _unpacker(compression: str, raw: BinaryIO) -> BinaryIO:
    if compression == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb"))
    return cast(BinaryIO, bz2.BZ2File(raw, "rb") if compression == "bzip2" else lzma.LZMAFile(raw, "rb"))
