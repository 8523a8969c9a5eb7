"""TensorFlow as the command line wants it: imported late, and without what it would import for plots."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from amsd_astro.network import silent_import

__all__ = ["import_tensorflow", "without_plots"]


def import_tensorflow(*, n_threads: int | None = None) -> None:
    """Import TensorFlow; what it says meanwhile is only shown if it fails, or with ``-vv``.

    Parameters
    ----------
    n_threads : int, optional
        Threads that it will have.

    Raises
    ------
    MemoryError
        A limit of the address space leaves too little for it.
    """
    with without_plots():
        silent_import.import_tensorflow(n_threads=n_threads)


@contextlib.contextmanager
def without_plots() -> Iterator[None]:
    """Hide matplotlib: where Keras finds it, it imports it for plots of its own and loses half a second."""
    hidden = sys.modules.setdefault("matplotlib", None) is None  # type: ignore[arg-type]
    try:
        yield
    finally:
        if hidden and sys.modules.get("matplotlib", ...) is None:
            del sys.modules["matplotlib"]
