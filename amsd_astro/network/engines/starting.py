"""TensorFlow started once, when the first network is wanted."""

from __future__ import annotations

from amsd_astro.network.silent_import import import_tensorflow
from amsd_astro.resources import count_processors

__all__ = ["ensure_started", "start"]

_started = False


def start(n_threads: int | None) -> None:
    """Start TensorFlow with the threads asked for, or those the process may use; a MemoryError where it cannot.

    Nothing is printed.
    """
    global _started
    import_tensorflow(n_threads=n_threads)
    from amsd_astro.network.tensorflow_runtime import start_tensorflow

    start_tensorflow(n_threads or count_processors())
    _started = True


def ensure_started() -> None:
    """Start TensorFlow unless `start` has done so, with whatever threads."""
    if not _started:
        start(None)
