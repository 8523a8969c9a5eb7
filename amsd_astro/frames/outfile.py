"""Output files that appear whole or not at all."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import logging
import os
import re
import secrets
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from amsd_astro.errors import OutputError, OutputExistsError

try:
    import fcntl
except ImportError:  # pragma: no cover - systems without file locks of this kind
    fcntl = None  # type: ignore[assignment]

__all__ = ["check_output", "new_file"]

_log = logging.getLogger(__name__)
_MARK = ".amsd-"
_TEMPORARY = re.compile(rf".*{re.escape(_MARK)}(?P<host>[A-Za-z0-9_.]+)-(?P<pid>\d+)-[0-9a-f]+\.tmp\Z")
_UNSUPPORTED = (".xz", ".z", ".zip", ".zst", ".7z")


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
        It exists, or is the input.
    OutputError
        Its folder is missing or may not be written to, or it is no regular file.
    """
    name = os.fspath(path)
    if not name or "\0" in name:
        raise OutputError(f"the output needs a name. Received: {name!r}")
    target = Path(os.path.realpath(name))
    exists = target.exists()
    if source is not None:
        same = os.path.realpath(source) == str(target)
        if same or (exists and os.path.exists(source) and os.path.samefile(source, target)):
            raise OutputExistsError(f"{name}: the output is the input itself; it is never overwritten.")
    if target.is_dir():
        raise OutputError(f"{name}: is a directory, the output must be a file.")
    if exists and not stat.S_ISREG(target.stat().st_mode):
        raise OutputError(f"{name}: is not a regular file.")
    if exists and not overwrite:
        raise OutputExistsError(f"{name}: exists already, and overwriting was not asked for.")
    if target.suffix.lower() in _UNSUPPORTED:
        raise OutputError(f"{name}: packing as {target.suffix} is not supported; use .fits, .gz or .bz2.")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{name}: there is no folder {folder}.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{name}: the folder {folder} may not be written to.")
    return target


@contextlib.contextmanager
def new_file(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Write a file beside its final place, and move it there when it is whole and on the disk.

    Parameters
    ----------
    target : Path
        As returned by `check_output`. A name that ends in .gz or .bz2 is packed, without name and time.
    overwrite : bool
        Whether it may replace an existing file.

    Yields
    ------
    binary file
        To be written from front to back.

    Raises
    ------
    OutputExistsError
        The file came into being in the meantime.
    OutputError
        No file can be made in the folder.
    OSError
        The disk is full or fails. What was there before is untouched.
    """
    _sweep(target.parent)
    temporary = target.parent / _temporary_name(target.name)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENAMETOOLONG):
            raise OutputError(f"{target}: cannot be made ({error.strerror}).") from error
        raise
    try:
        with os.fdopen(descriptor, "wb") as raw:
            if fcntl is not None:
                with contextlib.suppress(OSError):
                    fcntl.flock(raw.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            if overwrite and target.exists():
                with contextlib.suppress(OSError):
                    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            with _packed(raw, target.suffix.lower()) as file:
                yield file
            raw.flush()
            os.fsync(raw.fileno())
            _move(temporary, target, overwrite=overwrite)
        _sync_folder(target.parent)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


@contextlib.contextmanager
def _packed(raw: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed:
            yield cast(BinaryIO, packed)
    elif suffix == ".bz2":
        with bz2.BZ2File(raw, "wb") as packed_bz2:
            yield cast(BinaryIO, packed_bz2)
    else:
        yield raw


def _move(temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Give the file its name; without `overwrite` a file that appeared since is not replaced."""
    if not overwrite:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise OutputExistsError(f"{target}: appeared while it was being made; left as it is.") from None
        except OSError:
            if target.exists():  # a file system without hard links
                raise OutputExistsError(f"{target}: appeared while it was being made; left as it is.") from None
        else:
            return
    os.replace(temporary, target)


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", socket.gethostname())[:60] or "host"


def _temporary_name(name: str) -> str:
    tail = f"{_MARK}{_host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    # File systems take names of 255 bytes.
    head = name.encode("utf-8", "surrogateescape")[: 254 - len(tail)].decode("utf-8", "ignore")
    return f".{head}{tail}"


def _sweep(folder: Path) -> None:
    """Remove temporary files whose writers are dead; those of other hosts are left alone."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            match = _TEMPORARY.match(entry.name)
            if match and match.group("host") == _host() and _is_dead(int(match.group("pid"))):
                _remove_unlocked(entry.path)


def _is_dead(pid: int) -> bool:
    if os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _remove_unlocked(path: str) -> None:
    """Remove a file unless a writer holds it: process numbers mean nothing across containers, locks do."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
            _log.info("removed %s, left by a writer that died", path)
        finally:
            os.close(descriptor)
