"""Bytes of a file from front to back, compressed or not, with a guard against decompression bombs.

The kind of compression is taken from the first bytes, never from the name.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import numpy as np

from amsd_astro.errors import FrameError, FrameNotFoundError

__all__ = ["STRIPE", "ByteStream", "FileStamp", "check_expansion", "file_stamp", "open_stream"]

STRIPE = 4 * 1024 * 1024
"""Bytes handled at a time when data pass through."""

# Noisy exposures compress by 2 to 4, sparse masks by some tens: beyond this the file is not a frame.
_MAX_EXPANSION = 100
_ALWAYS_ALLOWED = 128 * 1024 * 1024

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}

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
        raise FrameNotFoundError("no such file.", path=path) from None
    except PermissionError:
        raise FrameError("the file may not be read (permission denied).", path=path) from None
    except (ValueError, OSError) as error:  # an embedded NUL, a name that is too long, a loop of links
        raise FrameError(f"the name cannot be opened ({error}).", path=path) from error
    if stat.S_ISDIR(info.st_mode):
        raise FrameError("is a directory, a FITS file is needed.", path=path)
    if not stat.S_ISREG(info.st_mode):
        raise FrameError("is not a regular file.", path=path)
    return info.st_size, info.st_mtime_ns, info.st_ino


def check_expansion(
    n_bytes: int, stored: int, path: Path, *, hdu: int | None = None, limit: int = _MAX_EXPANSION
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
        Largest accepted ratio once the data are larger than 128 MiB.

    Raises
    ------
    FrameError
        The ratio is beyond the limit.
    """
    if n_bytes > _ALWAYS_ALLOWED and n_bytes > limit * stored:
        raise FrameError(
            f"{stored} stored bytes would unpack to {n_bytes}: taken for a decompression bomb and refused. "
            "Unpack it yourself if it is meant.",
            path=path,
            hdu=hdu,
        )


class ByteStream:
    """Forward reader over the (uncompressed) bytes of one file.

    Use it as a context manager. Damage in a compressed stream comes out as `FrameError`.

    Attributes
    ----------
    path : Path
        The file.
    compression : str or None
        "gzip", "bzip2", "xz" or None.
    stored : int
        Size on disk, bytes.
    position : int
        Bytes consumed so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stored = file_stamp(path)[0]
        self.position = 0
        try:
            self._raw: BinaryIO = open(path, "rb")  # noqa: SIM115 - closed by close()
        except FileNotFoundError:
            raise FrameNotFoundError("no such file.", path=path) from None
        except PermissionError:
            raise FrameError("the file may not be read (permission denied).", path=path) from None
        start = self._raw.read(8)
        self._raw.seek(0)
        self.compression = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
        self._file: BinaryIO = self._raw
        if self.compression == "gzip":
            self._file = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw, mode="rb"))
        elif self.compression == "bzip2":
            self._file = cast(BinaryIO, bz2.BZ2File(self._raw, "rb"))
        elif self.compression == "xz":
            self._file = cast(BinaryIO, lzma.LZMAFile(self._raw, "rb"))  # noqa: SIM115 - closed by close()

    @property
    def misnamed(self) -> bool:
        """Whether the name speaks of a compression that is not there."""
        return self.compression is None and self.path.suffix.lower() in _NAMES

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not self._raw:
            self._file.close()
        self._raw.close()

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer of bytes; return how many there were (fewer only at the end of the file)."""
        done = 0
        try:
            while done < len(buffer):
                n = cast(io.BufferedIOBase, self._file).readinto(buffer[done : done + STRIPE])
                if not n:
                    break
                done += n
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise self._damaged(error) from error
        except OSError as error:
            if self.compression is None or error.errno is not None:
                raise
            raise self._damaged(error) from error
        self.position += done
        if self.compression is not None:
            check_expansion(self.position, self.stored, self.path)
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
        if self.compression is None:
            n = max(0, min(n_bytes, self.stored - self.position))
            self._raw.seek(n, os.SEEK_CUR)
            self.position += n
            return n
        done = 0
        while done < n_bytes:
            n = len(self.read(min(STRIPE, n_bytes - done)))
            if not n:
                break
            done += n
        return done

    def seek(self, offset: int) -> None:
        """Go forward to a byte offset.

        Raises
        ------
        FrameError
            The file ends before.
        """
        missing = offset - self.position
        if missing < 0:
            raise ValueError(f"a stream only goes forward. Received: {offset} at {self.position}")
        if self.skip(missing) != missing:
            raise FrameError(f"the file ends before byte {offset}.", path=self.path)

    def _damaged(self, error: BaseException) -> FrameError:
        return FrameError(f"the {self.compression} stream is cut or damaged ({error}).", path=self.path)


def open_stream(path: str | os.PathLike[str]) -> ByteStream:
    """Open a file for reading from front to back, unpacking gzip, bzip2 and xz.

    Raises
    ------
    FrameNotFoundError, FrameError
        The file is missing, or is no readable regular file.
    """
    return ByteStream(Path(path))
