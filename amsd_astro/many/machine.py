"""How many processes a machine takes: their threads and their memory against what this process may use."""

from __future__ import annotations

from amsd_astro.resources import count_processors, memory_limit

__all__ = ["MEMORY_NEEDED", "check_processes", "share_of_threads", "told"]

MEMORY_NEEDED = 2 * 2**30
"""Bytes that a process takes at its peak, whatever the size of the frame: benchmarks/results/memory.md, the largest."""


def share_of_threads(n_jobs: int) -> int:
    """Return the threads of each of several processes that share the processors."""
    return max(1, count_processors() // n_jobs)


def check_processes(n_jobs: int, n_threads: int | None) -> int:
    """Make sure that there are processors and memory for so many processes.

    Parameters
    ----------
    n_jobs : int
        The processes.
    n_threads : int or None
        Threads of each; None for a fair share.

    Returns
    -------
    int
        Threads of each.

    Raises
    ------
    ValueError
        There is too little of either.
    """
    n_processors, memory = count_processors(), memory_limit()
    if n_jobs * (n_threads or 1) > n_processors:
        each = "1 thread" if (n_threads or 1) == 1 else f"{n_threads} threads"
        raise ValueError(
            f"processes times threads must be at most the processors that may be used, {n_processors}. "
            f"Received: {n_jobs} of {each} each"
        )
    if n_jobs * MEMORY_NEEDED > memory:
        raise ValueError(
            f"each process needs {told(MEMORY_NEEDED)} of memory, and {told(memory)} may be used: "
            f"{memory // MEMORY_NEEDED or 'not even one'} at a time. Received: {n_jobs}"
        )
    return n_threads or share_of_threads(n_jobs)


def told(n_bytes: float) -> str:
    """Return a number of bytes in words."""
    return f"{n_bytes / 2**30:.1f} GiB"
