"""How many processors this process may use."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["count_processors"]

_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def count_processors(limit_file: Path = _CGROUP_LIMIT) -> int:
    """Return how many processors this process may use, by its affinity and its container's limit."""
    n_allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = limit_file.read_text().split()
        n_allowed = min(n_allowed, max(1, int(quota) // int(period)))
    return n_allowed
