"""Output files that appear whole or not at all.

A file is written under a temporary name beside its final place, and moved there once all of it is on the disk.
"""

from __future__ import annotations

import bz2
import contextlib
import errno
import io
import os
import shlex
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from amsd_astro.errors import OutputError, OutputExistsError
from amsd_astro.fits.temporary_files import make_temporary, remove_temporary, sweep

__all__ = ["check_output", "new_file"]

_UNSUPPORTED = (".xz", ".z", ".zip", ".zst", ".7z")
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_FAILING_DISK = (errno.EIO, errno.ENOSPC, errno.EDQUOT)
_ACCESS_LIST = "system.posix_acl_access"


def check_output(
    path: str | os.PathLike[str], *, overwrite: bool = False, source: str | os.PathLike[str] | None = None
) -> Path:
    """Make sure that an output can be made, before any work is done for it.

    Parameters
    ----------
    path : str or path-like
        The output.
    overwrite : bool, optional
        Whether it may exist.
    source : str or path-like, optional
        The input, which is never written to, also not through links.

    Returns
    -------
    Path
        The file to write, links resolved.

    Raises
    ------
    OutputExistsError
        It exists, is the input, or is a link to nothing.
    OutputError
        Its folder is missing or may not be written to, or it is no regular file.
    """
    name = os.fspath(path)
    if not name or "\0" in name:
        raise OutputError(f"the output needs a name. Received: {name!r}")
    target = Path(os.path.realpath(name))
    found = _find(name)  # by the name as given: what /dev/stdout leads to may have no name of its own
    if source is not None and _is_same(source, target, found):
        raise OutputExistsError(f"{name}: the output is the input itself; it is never overwritten.")
    if found and stat.S_ISDIR(found.st_mode):
        raise OutputError(f"{name}: is a directory, the output must be a file; name one in it.")
    if name.endswith(os.sep):
        raise OutputError(f"{name}: there is no such folder, and a file's name does not end like that.")
    if found and not stat.S_ISREG(found.st_mode):
        raise OutputError(f"{name}: is not a regular file.")
    if found and not overwrite:
        raise OutputExistsError(f"{name}: exists already.", cure="overwrite=True")
    if not found and os.path.islink(name):  # nobody knows what the file it would make is wanted for
        raise OutputExistsError(f"{name}: is a symbolic link to a file that is not there; left as it is.")
    if target.suffix.lower() in _UNSUPPORTED:
        raise OutputError(f"{name}: packing as {target.suffix} is not supported; use .fits, .gz or .bz2.")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{name}: there is no folder {folder}; make it first: mkdir -p {shlex.quote(str(folder))}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{name}: the folder {folder} may not be written to.")
    return target


def _is_same(path: str | os.PathLike[str], target: Path, found: os.stat_result | None) -> bool:
    try:
        same = os.path.realpath(path) == str(target)
        return same or (found is not None and os.path.samestat(os.stat(path), found))
    except (OSError, ValueError):  # whoever reads it will tell
        return False


def _find(name: str | Path) -> os.stat_result | None:
    try:
        return os.stat(name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # a loop of links, a folder that may not be searched, a name too long
        raise OutputError(f"{name}: cannot be made ({getattr(error, 'strerror', None) or error}).") from error


@contextlib.contextmanager
def new_file(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Write a file beside its final place, and move it there when it is whole and on the disk.

    Parameters
    ----------
    target : Path
        As returned by `check_output`. A name that ends in .gz or .bz2 is packed, without name and time.
    overwrite : bool
        Whether it may replace an existing file, whose mode, owner and access list it then takes over as far as the
        system lets it.

    Yields
    ------
    binary file
        To be written from front to back.

    Raises
    ------
    OutputExistsError
        The file came into being in the meantime. (Where there are no hard links this is noticed until just before
        the move.)
    OutputError
        No file can be made in the folder.
    OSError
        The disk is full or fails. What was there before is untouched; only where the disk fails after the move,
        the new file is there, whole.
    """
    sweep(target.parent)
    old = _find(target) if overwrite else None
    with contextlib.ExitStack() as stack:
        with _naming(target):
            # One that replaces a file is nobody else's to read until it has that file's rights.
            temporary, descriptor = make_temporary(target, 0o666 if old is None else 0o600, stack)
            # A second descriptor, so that the lock outlives the file that is written through.
            output = _Output(os.dup(descriptor), target)
        with _closing(cast(BinaryIO, io.BufferedWriter(output))) as raw:
            with _packed(raw, target.suffix.lower()) as file:
                yield file
            raw.flush()
            with _naming(target):
                if old is not None:
                    _take_over(descriptor, target, old)
                os.fsync(descriptor)
        with _naming(target):
            _move(descriptor, temporary, target, overwrite=overwrite)
            remove_temporary(temporary)
            _sync_folder(target.parent)


class _Output(io.FileIO):
    """A file whose errors name the output."""

    def __init__(self, descriptor: int, target: Path) -> None:
        super().__init__(descriptor, "wb")
        self._target = target

    def write(self, data: Any, /) -> int:
        with _naming(self._target):
            return super().write(data)

    def close(self) -> None:
        with _naming(self._target):
            super().close()


@contextlib.contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Let the system's errors name the output, not temporary files, and give those of permission their own kind."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        if error.errno in _REFUSED:
            raise OutputError(f"{target}: cannot be made ({error.strerror}).") from error
        error.filename, error.filename2 = os.fspath(target), None
        raise


@contextlib.contextmanager
def _closing(file: BinaryIO) -> Iterator[BinaryIO]:
    """Close a file; what goes wrong with that does not hide what went wrong before."""
    try:
        yield file
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        raise
    file.close()


class _Packer(io.RawIOBase):
    """Packs what is written; unlike a GzipFile it has nothing to close, which could fail once more."""

    def __init__(self, raw: BinaryIO, compressor: Any) -> None:
        self._raw, self._compressor = raw, compressor

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._raw.write(self._compressor.compress(data))
        return memoryview(data).nbytes


@contextlib.contextmanager
def _packed(raw: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    if suffix not in (".gz", ".bz2"):
        yield raw
        return
    # 31 asks for gzip's frame; it comes without name and time.
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31) if suffix == ".gz" else bz2.BZ2Compressor()
    yield cast(BinaryIO, _Packer(raw, compressor))
    raw.write(compressor.flush())


def _take_over(descriptor: int, target: Path, old: os.stat_result) -> None:
    """Give the new file access list, owner, group and mode of the one it replaces, as far as the system lets us."""
    mode = stat.S_IMODE(old.st_mode) & 0o777
    new = os.fstat(descriptor)
    if new.st_uid != old.st_uid:
        with contextlib.suppress(OSError):
            os.fchown(descriptor, old.st_uid, -1)
    try:
        if new.st_gid != old.st_gid:
            os.fchown(descriptor, -1, old.st_gid)
    except OSError:
        mode &= 0o707 | (mode & 0o007) << 3  # what one group was allowed is not for another
    else:
        with contextlib.suppress(OSError, AttributeError):  # access lists are Linux's
            try:
                access_list = os.getxattr(target, _ACCESS_LIST)
            except OSError:
                os.removexattr(descriptor, _ACCESS_LIST)  # one from the folder
            else:
                os.setxattr(descriptor, _ACCESS_LIST, access_list)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, mode)


def _move(descriptor: int, temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Give the file its name; without `overwrite` a file that appeared since is not replaced."""
    try:
        if not overwrite:
            with contextlib.suppress(OSError):
                os.link(temporary, target)
                return
            if os.path.lexists(target):
                raise FileExistsError
        os.replace(temporary, target)  # also for a new file on a file system without hard links
    except OSError as error:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), os.stat(target)):
                return  # network file systems may report a failure of what they have done
        if isinstance(error, FileExistsError):
            raise OutputExistsError(f"{target}: appeared while it was being made.", cure="overwrite=True") from None
        raise


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk, where the system can do that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in _FAILING_DISK:
            raise
