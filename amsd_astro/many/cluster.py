"""Jobs shared out among the workers of a dask cluster: they get paths, and what comes back is let go at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import os
import secrets
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from amsd_astro.many.cluster_worker import describe_worker, do_job
from amsd_astro.many.failures import NO_RESOURCES, describe_failure
from amsd_astro.many.machine import MEMORY_NEEDED, told
from amsd_astro.many.work import Job, Work
from amsd_astro.remote.addresses import absolute, file_name, is_address
from amsd_astro.version import __version__

__all__ = ["calm_cluster", "check_workers", "connected", "run_on_cluster"]

_PATIENCE = 60  # seconds for the scheduler, and for the first worker
_AHEAD = 2  # jobs that wait for each worker; all at once would fill the scheduler
_LOST = {
    "ok": False,
    "kind": "resources",
    "status": NO_RESOURCES,
    "message": "the workers that were at it died, one after another: killed where memory runs out?",
}
_SHARE_USED = 0.8  # of its memory, before a worker takes no more work: dask's default


Told = tuple[Job, dict[str, Any]]


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler, and yield the client.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    OSError
        There is none.
    ImportError
        The package distributed is not installed.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=_PATIENCE, name="amsd-astro")
    except (OSError, ValueError) as error:
        raise OSError(f"no scheduler answers at {address}: {error}") from error
    with contextlib.closing(client):
        yield client


def calm_cluster() -> None:
    """Keep the loggers of distributed, which write to standard error, from it: what matters is told by the results."""
    import distributed  # noqa: F401 - gives its loggers their levels

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def run_on_cluster(client: Any, work: Work, jobs: Sequence[Job]) -> Generator[Told]:
    """Do jobs on the workers of a cluster.

    A job whose worker dies is given to another by the scheduler; one that fails is told of and not tried again.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    work : Work
        Does the jobs: on each worker one at a time, whose threads it has unless it says how many.
    jobs : sequence of Job
        What is to be done; all workers must see the files.

    Yields
    ------
    Job, dict
        A job and what there is to tell of it, as they are done.

    Raises
    ------
    MemoryError, RuntimeError
        A worker is too small, or has another version of the package.
    OSError
        There is no worker, or the scheduler is lost.
    """
    check_workers(client)
    run = _Run(client, work)
    try:
        yield from run.do(jobs)
        yield from run.do_suspects()
    finally:
        run.cancel()


class _Run:
    """Jobs of one call, those under way and those whose workers died.

    A worker that dies takes all jobs with it that wait for it, and the scheduler blames each: so those that it gives up
    are done once more, one at a time.
    """

    def __init__(self, client: Any, work: Work) -> None:
        self._client, self._work, self._name = client, work, secrets.token_hex(8)
        self._under_way: dict[Any, tuple[Job, Any]] = {}
        self._suspects: list[Job] = []

    def do(self, jobs: Sequence[Job]) -> Generator[Told]:
        """Do jobs, as many at a time as workers take."""
        from distributed import as_completed

        waiting = iter(jobs)
        done = as_completed([self._submit(job) for job in itertools.islice(waiting, self._n_wanted())])
        for future in done:
            job, result = self._take(future)
            n_new = max(0, self._n_wanted() - len(self._under_way))  # workers come and go
            done.update([self._submit(job) for job in itertools.islice(waiting, n_new)])
            if result is None:
                self._suspects.append(job)
            else:
                yield job, result

    def do_suspects(self) -> Generator[Told]:
        """Do the jobs whose workers died, each alone."""
        from distributed import wait

        for job in self._suspects:
            future = self._submit(job)
            wait(future)
            yield job, self._take(future)[1] or _LOST

    def cancel(self) -> None:
        """Let the cluster forget what has not begun; what has ends by itself."""
        if self._under_way and self._client.status == "running":
            self._client.cancel([future for _, future in self._under_way.values()])

    def _n_wanted(self) -> int:
        return _AHEAD * max(1, len(self._client.nthreads()))

    def _submit(self, job: Job) -> Any:
        # the dashboard counts by the first part of a key and shows all of it
        name = file_name(job.path) if is_address(job.path) else os.path.basename(job.path)
        key = ("denoise", name, secrets.token_hex(4))
        there = replace(job, path=absolute(job.path), output=absolute(job.output))
        future = self._client.submit(do_job, self._name, self._work, there, key=key, pure=False, retries=0)
        self._under_way[future.key] = job, future
        return future

    def _take(self, future: Any) -> tuple[Job, dict[str, Any] | None]:
        """Return a job that is over and what there is to tell of it, None where its workers died."""
        job, _ = self._under_way.pop(future.key)
        result = _result_of(future)
        future.release()
        return job, result


def _result_of(future: Any) -> dict[str, Any] | None:
    from distributed import KilledWorker

    lost = "the scheduler is lost: what is done is whole, and what is missing is to be done again"
    try:
        if future.status == "finished":
            result: dict[str, Any] = future.result()
            return result
        error = future.exception() if future.status == "error" else None
    except (OSError, concurrent.futures.CancelledError, asyncio.CancelledError):  # it went just then
        raise OSError(lost) from None
    if error is None:
        raise OSError(lost)
    if isinstance(error, KilledWorker):
        return None
    failure = describe_failure(error)
    return {"ok": False, "kind": failure.kind, "status": failure.status, "message": failure.message}


def check_workers(client: Any) -> None:
    """Make sure that each worker has the memory and the package that are needed.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.

    Raises
    ------
    MemoryError, RuntimeError, OSError
        One is too small; one has another version of the package or none; there is none.
    """
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise OSError(f"the scheduler has no worker after {_PATIENCE} s") from error
    needed = MEMORY_NEEDED / _SHARE_USED
    workers = client.run(describe_worker, on_error="return")
    for address, found in workers.items():
        if isinstance(found, Exception):
            raise RuntimeError(f"worker {address} cannot work: {type(found).__name__}: {found}") from found
        version, memory = found
        if version != __version__:
            raise RuntimeError(f"worker {address} must have amsd_astro {__version__}. Received: {version}")
        if memory and memory < needed:
            raise MemoryError(f"worker {address} must have {told(needed)} of memory. Received: {told(memory)}")
