"""Temporary files beside their final place, temporary folders, and what becomes of those whose writer was killed.

A writer holds a lock on its temporary file, and the system drops it with the process: so the next writer in the
folder can tell what a dead one left, and removes it. Locks are known all over one kernel, containers included; the
name of a temporary file says under which kernel it was made. Elsewhere, and after the machine was started anew, a file
is left for a day.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import secrets
import shutil
import time
from pathlib import Path

__all__ = ["make_temporary", "make_temporary_folder", "remove_temporary", "shortened", "sweep"]

_log = logging.getLogger(__name__)
_NAME = re.compile(r"\..*\.amsd-(?P<kernel>[0-9a-f]{12})-[0-9a-f]{16}\.tmp\Z", re.DOTALL)
_LONGEST_NAME = 140  # bytes; encrypted folders take names of 143, others of 255
_IDLE = 24 * 3600.0  # seconds


def make_temporary(target: Path, mode: int, stack: contextlib.ExitStack) -> tuple[Path, int]:
    """Make a temporary file beside a target, and lock it.

    Parameters
    ----------
    target : Path
        What the file is to become.
    mode : int
        Its permissions, less the umask.
    stack : ExitStack
        Gets what closes and removes the file.

    Returns
    -------
    Path
        The file.
    int
        A descriptor for writing; as long as it is open, no sweep takes the file.

    Raises
    ------
    OSError
        No file can be made in the folder.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for _ in range(10):
        temporary = target.parent / _temporary_name(target.name)
        stack.callback(remove_temporary, temporary)  # before it is there: a signal may come in between
        descriptor = os.open(temporary, flags, mode)
        stack.callback(_close, descriptor)
        # A sweep of another writer that was quicker has the lock for a moment, then takes the file.
        if _lock(descriptor) is not False and os.path.lexists(temporary):
            break
    return temporary, descriptor


def make_temporary_folder(target: Path, stack: contextlib.ExitStack) -> Path:
    """Make a temporary folder that nobody else may look into, and lock it.

    Parameters
    ----------
    target : Path
        What it is called after, in the folder where it is to be.
    stack : ExitStack
        Gets what removes it with all that is in it.
    """
    for _ in range(10):
        folder = target.parent / _temporary_name(target.name)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY)
        stack.callback(_close, descriptor)
        if _lock(descriptor) is not False and os.path.lexists(folder):
            break
    return folder


def shortened(name: str, n_bytes: int) -> str:
    """Return the beginning of a file's name, no character cut in two, in the encoding of the file system.

    Parameters
    ----------
    name : str
        The name.
    n_bytes : int
        How long it may be.
    """
    whole = os.fsencode(name)
    if len(whole) <= n_bytes:
        return name
    return os.fsdecode(whole[:n_bytes].decode("utf-8", "ignore").encode())


def remove_temporary(temporary: Path) -> None:
    """Remove a temporary file if it is there; where that fails it is only said."""
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("%s could not be removed (%s)", temporary, error.strerror)


def sweep(folder: Path, *, folders: bool = False) -> None:
    """Remove the temporary files in a folder whose writers are dead, or with ``folders`` the temporary folders."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _NAME.match(entry.name)
            is_one = entry.is_dir if folders else entry.is_file
            if match and is_one(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_if_dead(entry.path, folders, same_kernel=match["kernel"] == _kernel())


def _remove_if_dead(path: str, is_folder: bool, *, same_kernel: bool) -> None:
    # A file is opened for writing: network file systems ask for that where a lock excludes others.
    access = os.O_RDONLY if is_folder else os.O_RDWR
    descriptor = os.open(path, access | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        free = _lock(descriptor)
        idle = time.time() - os.fstat(descriptor).st_mtime > _IDLE
        if (free and same_kernel) or (free is not False and idle):
            shutil.rmtree(path) if is_folder else os.unlink(path)
            _log.info("removed %s, left by a writer that died", path)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file; return False if another process has it, None where there are no locks."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (OSError, ImportError):
        return None
    return True


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # it is there for the lock; what was written went through another
        os.close(descriptor)


def _temporary_name(name: str) -> str:
    tail = f".amsd-{_kernel()}-{secrets.token_hex(8)}.tmp"
    head = shortened(name, _LONGEST_NAME - len(tail) - 1)
    return f".{head}{tail}"


@functools.cache
def _kernel() -> str:
    """Return a name of this run of this machine's kernel."""
    with contextlib.suppress(OSError):
        digits = re.sub("[^0-9a-f]", "", Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        if len(digits) >= 12:
            return digits[:12]
    return secrets.token_hex(6)  # none is told: then other processes count as those of other machines
