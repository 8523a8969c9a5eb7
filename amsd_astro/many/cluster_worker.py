"""What a worker of a dask cluster does: one job at a time, with one network for all of a run."""

from __future__ import annotations

import threading
from typing import Any

from amsd_astro.many.work import Job, Work
from amsd_astro.version import __version__

__all__ = ["describe_worker", "do_job"]

_lock = threading.Lock()
_kept: dict[str, Work] = {}


def describe_worker(dask_worker: Any) -> tuple[str, int | None]:
    """Return the version of this package and the bytes of memory that a worker may use, None for no limit."""
    return __version__, dask_worker.memory_manager.memory_limit


def do_job(run: str, work: Work, job: Job) -> dict[str, Any]:
    """Do a job.

    Parameters
    ----------
    run : str
        Names the call that it belongs to: the work that came with its first job is kept for the others.
    work : Work
        Does it, with the threads of the worker unless it says how many.
    job : Job
        What is to be done.
    """
    from distributed import get_worker

    with _lock:  # warnings are gathered for a whole process
        if run not in _kept:
            _kept.clear()
            work.n_threads = work.n_threads or get_worker().state.nthreads
            _kept[run] = work
        return _kept[run](job)
