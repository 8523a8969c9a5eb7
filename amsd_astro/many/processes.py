"""Jobs shared out among processes on this machine; one that is killed is replaced, and its job is done again."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Generator, Sequence
from multiprocessing import connection
from typing import Any

from amsd_astro.many.failures import INTERNAL, NO_RESOURCES
from amsd_astro.many.work import Job, Work
from amsd_astro.many.worker_process import GRACE, READY, serve

__all__ = ["run_in_processes"]

_MOST_TRIES = 2  # of a job whose process dies
_MOST_FALSE_STARTS = 3  # one after another

Told = tuple[Job, dict[str, Any]]


def run_in_processes(work: Work, jobs: Sequence[Job], *, n_jobs: int) -> Generator[Told]:
    """Do jobs in processes that are spawned; a forked one could not run a network that had run here.

    Parameters
    ----------
    work : Work
        Does them. It is pickled for each process.
    jobs : sequence of Job
        What is to be done.
    n_jobs : int
        How many processes there are.

    Yields
    ------
    Job, dict
        A job and what there is to tell of it, as they are done. Close the generator to end the processes early.

    Raises
    ------
    RuntimeError
        No process can be started.
    """
    pool = _Pool(work, jobs, n_jobs)
    try:
        while pool.is_busy():
            yield from pool.step()
        pool.dismiss()
    finally:
        pool.end()


class _Pool:
    """Processes and the jobs they wait for."""

    def __init__(self, work: Work, jobs: Sequence[Job], n_jobs: int) -> None:
        self._work, self._n_jobs = work, n_jobs
        self._waiting = deque(jobs)
        self._n_tries: Counter[Job] = Counter()
        self._n_false_starts = 0
        self._workers: list[_Worker] = []

    def is_busy(self) -> bool:
        """Whether there are jobs to do."""
        return bool(self._waiting) or any(worker.job is not None for worker in self._workers)

    def step(self) -> Generator[Told]:
        """Wait until a process has something to say, and yield what was done."""
        n_wanted = min(self._n_jobs, len(self._waiting) + sum(worker.job is not None for worker in self._workers))
        while len(self._workers) < n_wanted:
            self._workers.append(_Worker(self._work))
        self._hand_out()
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in connection.wait(list(by_pipe)):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                said = worker.pipe.recv()
            except (EOFError, OSError):
                yield from self._bury(worker)
                continue
            job, worker.job, worker.is_ready = worker.job, None, True
            self._hand_out()
            if said == READY:
                self._n_false_starts = 0
            elif job is not None:
                yield job, said

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.is_ready and worker.job is None:
                worker.give(self._waiting.popleft())

    def _bury(self, worker: _Worker) -> Generator[Told]:
        """Put the job of a process that died back, or tell that it cannot be done."""
        self._workers.remove(worker)
        code = worker.end()
        if worker.job is None:
            self._n_false_starts += 1
            if self._n_false_starts == _MOST_FALSE_STARTS:
                raise RuntimeError(f"the processes end before they have begun, the last {_how(code)}")
            return
        self._n_tries[worker.job] += 1
        if self._n_tries[worker.job] < _MOST_TRIES:
            self._waiting.appendleft(worker.job)
        else:
            yield worker.job, _loss(code)

    def dismiss(self) -> None:
        """Let idle processes end by themselves."""
        for worker in self._workers:
            worker.give(None)
        for worker in self._workers:
            worker.process.join(GRACE)

    def end(self) -> None:
        """End all processes: at first they may clean up."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.end()


class _Worker:
    """A process and the job it is at."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.job: Job | None = None
        self.is_ready = False
        self.process = context.Process(target=serve, args=(theirs, work), daemon=True)
        self.process.start()
        theirs.close()  # so that the pipe ends with the process

    def give(self, job: Job | None) -> None:
        """Hand over a job, None for none any more; of a process that is dead the pipe will tell."""
        self.job = job
        try:
            self.pipe.send(job)
        except OSError:
            return

    def end(self) -> int:
        """Wait for the end of the process, which is asked to end or dead; return its exit code."""
        self.process.join(GRACE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.pipe.close()
        return self.process.exitcode or 0


def _loss(code: int) -> dict[str, Any]:
    """Return what there is to tell of a job whose processes died."""
    is_killed = code == -signal.SIGKILL
    told = f"the process that was at it ended without a word, {_how(code)}, {_MOST_TRIES} times"
    return {
        "ok": False,
        "kind": "resources" if is_killed else "internal",
        "status": NO_RESOURCES if is_killed else INTERNAL,
        "message": f"{told}: killed where memory runs out?" if is_killed else told,
    }


def _how(code: int) -> str:
    if code >= 0:
        return f"with status {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
