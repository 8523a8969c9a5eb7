"""TensorFlow as the command line wants it: imported late and without its banner."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["calm_tensorflow", "import_tensorflow", "silence_stderr"]


def import_tensorflow(*, silent: bool = True) -> None:
    """Import TensorFlow; what it says meanwhile is only shown if it fails.

    Parameters
    ----------
    silent : bool
        False shows all of it as it comes.
    """
    if "tensorflow" in sys.modules:
        return
    with calm_tensorflow(silent=silent):
        tensorflow = importlib.import_module("tensorflow")
        if silent:
            tensorflow.config.list_physical_devices()  # a second banner comes with the first look for a GPU


@contextlib.contextmanager
def calm_tensorflow(*, silent: bool = True) -> Iterator[None]:
    """Do what may import TensorFlow; what it says meanwhile is only shown if that fails.

    Parameters
    ----------
    silent : bool
        False shows all of it as it comes.
    """
    with _without_plots():
        if not silent:
            yield
            return
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        with silence_stderr():
            yield


@contextlib.contextmanager
def _without_plots() -> Iterator[None]:
    """Hide matplotlib: where Keras finds it, it imports it for plots of its own and loses half a second."""
    hidden = sys.modules.setdefault("matplotlib", None) is None  # type: ignore[arg-type]
    try:
        yield
    finally:
        if hidden and sys.modules.get("matplotlib", ...) is None:
            del sys.modules["matplotlib"]


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, by libraries too; on an exception it comes after all.

    TensorFlow's first lines come from C++, before any setting of its own is looked at.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed from the start
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                held.seek(0)
                with contextlib.suppress(OSError):
                    os.write(2, held.read())
