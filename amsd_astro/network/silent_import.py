"""TensorFlow imported without its banner."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator

from amsd_astro.network.address_space import check_address_space

__all__ = ["import_tensorflow", "silence_stderr"]

_log = logging.getLogger(__name__)
_lock = threading.Lock()  # two that exchange one descriptor would not give it back as it was
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_BANNER = (
    r"INFO: Created TensorFlow Lite XNNPACK delegate for CPU\.$"
    r"|WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    r"|To enable the following instructions: "
    r"|[IWEF]0000 00:00:\d+\.\d+ +\d+ \S+:\d+\] "  # written before its log has a clock
    r"|[IWEF]\d{{4}} [\d:.]+ +{thread} \S+:\d+\] "
    r"|\d{{4}}-\d\d-\d\d [\d:.]+: [IWEF] \S+\.(cc|h):\d+\] "
)


def import_tensorflow(*, n_threads: int | None = None) -> None:
    """Import TensorFlow and let it look for devices, in silence; what it says is shown if it fails.

    Where the log of amsd_astro is at DEBUG, all of it is shown as it comes. Nothing is done where TensorFlow has been
    imported already.

    Parameters
    ----------
    n_threads : int, optional
        Threads that it will have.

    Raises
    ------
    MemoryError
        A limit of the address space leaves too little for it.
    """
    check_address_space(n_threads)
    if _log.isEnabledFor(logging.DEBUG):
        importlib.import_module("tensorflow")
        return
    with _lock:
        if "tensorflow" in sys.modules:
            return
        with silence_stderr(), _log_level("2"):
            tensorflow = importlib.import_module("tensorflow")
            tensorflow.config.list_physical_devices()  # a second banner comes with the first look for a GPU


@contextlib.contextmanager
def _log_level(level: str) -> Iterator[None]:
    """Have a level of TensorFlow's log in the environment, unless there is one: it is read once."""
    if _LEVEL in os.environ:
        yield
        return
    os.environ[_LEVEL] = level
    try:
        yield
    finally:
        os.environ.pop(_LEVEL, None)


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, by libraries too, and leave TensorFlow's banner out of it.

    Its first lines come from C++, before any setting of its own is looked at. The descriptor is that of the whole
    process: other threads may write to it meanwhile. So only lines that have the form of the banner, and bear the mark
    of this thread where there is one, are left out; all else comes afterwards, and all of it after an exception.
    """
    _flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed from the start
        yield
        return
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, kept)
        try:
            held = stack.enter_context(tempfile.TemporaryFile(buffering=0))
        except OSError:  # no room: what comes is shown
            yield
            return
        inherited = os.get_inheritable(2)
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            _flush()
            if _is_open_as(2, held.fileno()):  # else somebody has put another file there
                os.dup2(kept, 2, inheritable=inherited)
            held.seek(0)
            _write(kept, held.read() if failed else _without_banner(held.read()))


def _without_banner(text: bytes) -> bytes:
    banner = re.compile(_BANNER.format(thread=threading.get_native_id()).encode())
    return b"".join(line for line in text.splitlines(keepends=True) if not banner.match(line))


def _flush() -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none, it is broken, or closed
        sys.stderr.flush()


def _is_open_as(descriptor: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(descriptor, other)
    except OSError:
        return False


def _write(descriptor: int, text: bytes) -> None:
    with contextlib.suppress(OSError):
        while text:
            text = text[os.write(descriptor, text) :]
