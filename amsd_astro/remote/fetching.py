"""Files at addresses, fetched whole to scratch, where they are as long as somebody needs them."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from amsd_astro.arrays.scratch import scratch_folder
from amsd_astro.errors import FrameError
from amsd_astro.fits.planes.own_files import split_hdu
from amsd_astro.fits.temporary_files import make_temporary_folder, sweep
from amsd_astro.printable import forget_name, tell_as
from amsd_astro.remote.addresses import file_name, is_address, protocol_of, shown_name
from amsd_astro.remote.file_systems import asked, opened_system

__all__ = ["LARGEST", "Fetched", "Fetches", "fetched"]

LARGEST = 16 * 2**30
"""Bytes of the largest file that is fetched."""

_PIECE = 4 * 2**20  # bytes
_STREAMED = ("http", "https")

_log = logging.getLogger(__name__)


class Fetched:
    """A file that was fetched: it is there until this object goes, or the process ends.

    Parameters
    ----------
    address : str
        Where it is fetched from.

    Attributes
    ----------
    path : str
        The file.
    close : callable
        Removes it now.

    Raises
    ------
    FrameNotFoundError, FrameError
        The host does not have it or refuses it; it is larger than `LARGEST`.
    OSError
        The connection failed on the way, or the disk is full.
    """

    def __init__(self, address: str) -> None:
        name = shown_name(address)
        root = Path(os.path.abspath(scratch_folder()))
        sweep(root, folders=True)
        with contextlib.ExitStack() as stack:
            folder = make_temporary_folder(root / "remote", stack)
            self.path = os.fspath(folder / file_name(address))
            stack.callback(forget_name, self.path)
            tell_as(self.path, name)
            _fetch(address, self.path)
            self.close: Any = weakref.finalize(self, stack.pop_all().close)
        _log.info("fetched %s, %d bytes", name, os.path.getsize(self.path))

    def __copy__(self) -> Fetched:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Fetched:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # The file stays this process's: another one does without.
        return _nothing, ()


class Fetches:
    """What was fetched under each address, each once."""

    def __init__(self) -> None:
        self._found: dict[str, Fetched] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Fetches, ()  # each process has files of its own

    def local(self, name: Any) -> Any:
        """Return a name, or FILE[HDU], as it is, but for an address that of the file that was fetched from there."""
        if not is_address(name):
            return name
        address, ext = split_hdu(name)
        path = self.local_file(address)
        return path if ext is None else f"{path}[{ext}]"

    def local_file(self, name: Any) -> Any:
        """Return what `local` returns, of a name that is that of a file to its end."""
        if not is_address(name):
            return name
        if name not in self._found:
            self._found[name] = Fetched(name)
        return self._found[name].path

    def close(self) -> None:
        """Remove all of it."""
        for file in self._found.values():
            file.close()

    def held(self) -> tuple[Fetched, ...]:
        """Return what was fetched."""
        return tuple(self._found.values())


@contextlib.contextmanager
def fetched(name: Any) -> Iterator[Any]:
    """Yield a name as it is, but for an address that of the file that was fetched from there, and is removed then."""
    if not is_address(name):
        yield name
        return
    file = Fetched(name)
    try:
        yield file.path
    finally:
        file.close()


def _nothing() -> None:
    return None


def _fetch(address: str, path: str) -> None:
    """Write what is at an address to a new file."""
    system, there = opened_system(address)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    n_bytes = 0
    with open(descriptor, "wb", buffering=0) as out:
        for piece in _pieces(system, there, address):
            n_bytes += len(piece)
            if n_bytes > LARGEST:
                raise FrameError(f"a file that is fetched must have at most {LARGEST} bytes.", path=shown_name(address))
            _write(out.fileno(), piece, path)


def _pieces(system: Any, there: str, address: str) -> Iterator[bytes]:
    # A stated size spares the question for it, whose failures fsspec all takes for a file that is missing.
    settings = {"block_size": 0, "size": 1} if protocol_of(address) in _STREAMED else {}
    with contextlib.closing(asked(address, lambda: system.open(there, "rb", **settings))) as file:
        size = None if settings else getattr(file, "size", None)
        if size is not None and size > LARGEST:
            raise FrameError(
                f"a file that is fetched must have at most {LARGEST} bytes. Received: {size}", path=shown_name(address)
            )
        n_bytes = 0
        while piece := asked(address, lambda: file.read(_PIECE)):
            n_bytes += len(piece)
            yield piece
        if size is not None and n_bytes != size:
            raise OSError(errno.EIO, f"{size} bytes were announced. Received: {n_bytes}", shown_name(address))


def _write(descriptor: int, piece: bytes, path: str) -> None:
    view = memoryview(piece)
    while len(view):
        try:
            view = view[os.write(descriptor, view) :]
        except OSError as error:
            error.filename = os.path.dirname(path)
            raise
