"""Arrays in an ``.npz`` whose bytes are not trusted: nothing is compressed, nothing pickled, every size is checked."""

from __future__ import annotations

import io
import math
import reprlib
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from amsd_astro.errors import ModelError

__all__ = ["LARGEST_FILE", "LARGEST_HEADER", "Archive", "pack_arrays", "sufficient_type"]

LARGEST_FILE = 64 * 2**20  # bytes
LARGEST_HEADER = 512  # bytes in front of an array's data
_LARGEST_ENTRY = 256  # bytes of a member in the archive's directory
_MOST_MEMBERS = 1000

_END = struct.Struct("<4s4H2LH")  # the record that ends a ZIP archive
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR_SIGNATURE, _LOCATOR_SIZE = b"PK\x06\x07", 20  # in front of it in archives of 64 bits
_ENCRYPTED = 0x1
_KNOWN_BEGINNINGS = {
    b"\x93NUMPY": "an .npy file of one array",
    _END_SIGNATURE: "an archive without members",
    b"\x89HDF": "an HDF5 file",
    b"SIMPLE  =": "a FITS file",
    b"\x1f\x8b": "a gzip file",
    b"\x80": "a pickle",
}


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as `numpy.savez` packs them, with nothing of the day or the system: the same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays by name.

    Returns
    -------
    bytes
        Content of an ``.npz`` file.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            archive.writestr(info, content.getvalue())
    return packed.getvalue()


def sufficient_type(arrays: Sequence[NDArray[np.float32]]) -> str:
    """Return float16 where no number of some float32 arrays loses a digit by it, else float32."""
    with np.errstate(over="ignore"):
        is_enough = all(np.array_equal(array, array.astype(np.float16)) for array in arrays)
    return "float16" if is_enough else "float32"


class Archive:
    """The arrays of an ``.npz`` file, none of which is read before `read` is told what it must be.

    Parameters
    ----------
    content : bytes
        Content of the file.

    Attributes
    ----------
    sizes : dict of str to int
        Bytes of each member, header and data, by the member's name.

    Raises
    ------
    ModelError
        It is no archive, damaged, larger than `LARGEST_FILE`, or has members that are compressed, encrypted or of one
        name.
    """

    def __init__(self, content: bytes) -> None:
        _check_ends(content)
        with _undamaged("the archive"):
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist():
            name = info.orig_filename  # the other one ends at a NUL
            if name in self._members:
                raise ModelError(f"members must have different names. Received: {name!r} twice")
            _check_stored(info)
            self._members[name] = info
        self.sizes = {name: info.file_size for name, info in self._members.items()}

    def read(self, member: str, dtype: str, shape: tuple[int, ...] | None, *, what: str) -> NDArray[Any]:
        """Read an array.

        Parameters
        ----------
        member : str
            Name of a member whose size has been found right.
        dtype : str
            Its type with the order of bytes, like ``"<f4"``.
        shape : tuple of int or None
            Its shape; None: one axis of any length.
        what : str
            What to call it in messages.

        Returns
        -------
        ndarray
            The array, read-only.

        Raises
        ------
        ModelError
            It is damaged, or of another type, shape or order.
        """
        with _undamaged(what):
            content = self._archive.read(self._members[member])
            file = io.BytesIO(content)
            version = npy.read_magic(file)
            if version != (1, 0):
                raise ModelError(f"{what} must be an .npy of version 1.0. Received: {version[0]}.{version[1]}")
            stated, fortran, kind = npy.read_array_header_1_0(file, max_header_size=LARGEST_HEADER)
        start = file.tell()
        expected = (len(content) - start,) if shape is None else shape
        if kind != np.dtype(dtype) or stated != expected or fortran:
            raise ModelError(
                f"{what} must be {np.dtype(dtype).name} ({dtype}) of shape {expected}, in C order. "
                f"Received: {kind.str}, shape {reprlib.repr(stated)}, in {'Fortran' if fortran else 'C'} order"
            )
        if len(content) - start != math.prod(expected) * kind.itemsize:
            raise ModelError(f"{what} must have the data of shape {expected}. Received: {len(content) - start} bytes")
        return np.frombuffer(content, kind, offset=start).reshape(expected)


@contextmanager
def _undamaged(what: str) -> Iterator[None]:
    """Make one error of whatever the readers of archives and arrays raise over damaged bytes."""
    try:
        yield
    except (MemoryError, ModelError):
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:100]}"
        raise ModelError(f"{what} must be undamaged. Received: {found}") from error


def _check_stored(info: zipfile.ZipInfo) -> None:
    name = reprlib.repr(info.orig_filename)
    if info.flag_bits & _ENCRYPTED:
        raise ModelError(f"members must not be encrypted. Received: {name}")
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise ModelError(
            "members must be stored without compression, as numpy.savez does. "
            f"Received: {name}, {info.file_size} bytes in {info.compress_size}, method {info.compress_type}"
        )


def _check_ends(content: bytes) -> None:
    """Refuse what does not begin and end like a whole archive, before zipfile searches for a directory of any size."""
    if not content.startswith(b"PK\x03\x04"):
        known = (kind for beginning, kind in _KNOWN_BEGINNINGS.items() if content.startswith(beginning))
        kind = next(known, f"a file that begins with {content[:8]!r}" if content else "an empty file")
        raise ModelError(f"a model file must be an .npz made by this program. Received: {kind}")
    if len(content) > LARGEST_FILE:
        raise ModelError(f"a model file must have at most {LARGEST_FILE} bytes. Received: more")
    if len(content) < _END.size:
        raise ModelError(f"the archive must be whole. Received: {len(content)} bytes")
    signature, _, _, _, n_members, size, offset, _ = _END.unpack(content[-_END.size :])
    before = content[-_END.size - _LOCATOR_SIZE : -_END.size]
    whole = signature == _END_SIGNATURE and offset + size + _END.size == len(content)
    if not whole or before.startswith(_LOCATOR_SIGNATURE):
        raise ModelError(
            "the archive must be whole and end with its directory. "
            f"Received: {len(content)} bytes, cut short or with something added"
        )
    if n_members > _MOST_MEMBERS or size > n_members * _LARGEST_ENTRY:
        raise ModelError(
            f"the archive must have at most {_MOST_MEMBERS} members, each of at most {_LARGEST_ENTRY} bytes in its "
            f"directory. Received: {n_members} members, {size} bytes"
        )
