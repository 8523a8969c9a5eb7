"""What this process may use: processors, memory (by its affinity, its limits and its control groups), and bfloat16.

Limits alone count, not what happens to be free: what is chosen by them is chosen alike in every run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["count_processors", "has_bfloat16", "memory_limit"]

try:
    import resource
except ImportError:  # pragma: no cover - systems without such limits
    resource = None  # type: ignore[assignment]

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_BFLOAT16 = {"amx_bf16", "avx512_bf16"}
_UNKNOWN_MEMORY = 4 * 1024**3


def count_processors(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Return how many processors this process may use.

    Parameters
    ----------
    proc, cgroups : Path, optional
        Where the system tells of processes and of control groups.
    """
    n_allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _own_groups("cpu", proc, cgroups):
        words = [
            *_words(folder / "cpu.max"),
            *_words(folder / "cpu.cfs_quota_us"),
            *_words(folder / "cpu.cfs_period_us"),
        ]
        with contextlib.suppress(ValueError):  # no limit: "max", -1 or no such file
            quota, period = (int(word) for word in words)
            if quota > 0 and period > 0:
                n_allowed = min(n_allowed, max(1, quota // period))
    return n_allowed


def memory_limit(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Return how many bytes of memory this process may use.

    Parameters
    ----------
    proc, cgroups : Path, optional
        Where the system tells of processes and of control groups.
    """
    limits = [_physical(proc)]
    if resource is not None:
        limits += [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    for folder in _own_groups("memory", proc, cgroups):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            limits += [int(word) for word in _words(folder / name) if word.isdigit()]
    return min(limit for limit in limits if limit > 0)


def has_bfloat16(*, proc: Path = _PROC) -> bool:
    """Return whether the processor multiplies matrices of bfloat16 by itself, and ``AMSD_PRECISION`` is not float32.

    Parameters
    ----------
    proc : Path, optional
        Where the system tells of processors.
    """
    if os.environ.get("AMSD_PRECISION") == "float32":
        return False
    flags = next((line for line in _lines(proc / "cpuinfo") if line.startswith("flags")), "")
    return not _BFLOAT16.isdisjoint(flags.split())


def _physical(proc: Path) -> int:
    for line in _lines(proc / "meminfo"):
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _UNKNOWN_MEMORY


def _own_groups(controller: str, proc: Path, cgroups: Path) -> Iterator[Path]:
    """Yield the folders of the control groups this process is in (both versions), from the innermost outwards."""
    for line in _lines(proc / "self" / "cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            root = cgroups
        elif controller in controllers.split(","):
            root = cgroups / controller
        else:
            continue
        group = root / path.lstrip("/")
        while group != root and root in group.parents:
            yield group
            group = group.parent
        yield root


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]
