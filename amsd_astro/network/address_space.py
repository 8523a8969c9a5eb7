"""Whether TensorFlow has the address space to be imported and to work: without, it ends the process without a word."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from amsd_astro.resources import count_processors

try:
    import resource
except ImportError:  # pragma: no cover - systems without such limits
    resource = None  # type: ignore[assignment]

__all__ = ["check_address_space"]

NEEDED = 2_050_000_000
"""Bytes: 1.31e9 for the import, 0.63e9 for a short training on a frame of 96 x 96 pixels (by VmPeak, TensorFlow 2.21
with 2 threads), and a margin of 5 % for other builds. What a larger frame asks for is refused by exceptions, which are
understood."""

OF_A_THREAD = 72_000_000
"""Bytes: 8 MiB of stack, and the 64 MiB that the C library sets aside for what a thread
allocates (measured: 70 MB each, 16 threads for 2)."""

_STATM = Path("/proc/self/statm")


def check_address_space(n_threads: int | None = None) -> None:
    """Make sure that a limit of the address space (``ulimit -v``) leaves enough for TensorFlow, if it is not there yet.

    Parameters
    ----------
    n_threads : int, optional
        Threads that TensorFlow will have, by default all that the process may use.

    Raises
    ------
    MemoryError
        It does not.
    """
    if resource is None or "tensorflow" in sys.modules:
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    needed = NEEDED + OF_A_THREAD * (n_threads or count_processors())
    left = limit - _used()
    if left < needed:
        raise MemoryError(
            f"TensorFlow needs {needed // 10**6} MB of address space. Received: {max(left, 0) // 10**6} MB of a limit "
            f"of {limit // 10**6} MB (ulimit -v)"
        )


def _used() -> int:
    try:
        return int(_STATM.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):  # pragma: no cover - systems that do not tell
        return 0
