"""A scheduler and two workers of dask.distributed, each a process of its own that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

__all__ = ["LocalCluster"]

_PATIENCE = 120.0  # seconds


class LocalCluster:
    """Processes on this machine: a scheduler, and two workers of one thread, which nannies start anew when they die.

    Parameters
    ----------
    folder : Path
        For what dask writes.

    Attributes
    ----------
    address : str
        Of the scheduler.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        told = folder / "scheduler.json"
        told.unlink(missing_ok=True)
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", "scheduler.json")
        _wait_for(lambda: told.exists() and told.stat().st_size > 0)
        self.address = str(json.loads(told.read_text())["address"])
        for _ in range(2):
            self._start("worker", self.address, "--nthreads", "1", "--memory-limit", "3GiB", "--no-dashboard")

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill_worker(self) -> None:
        """Kill a worker, not its nanny."""
        nanny = self._processes[1].pid
        (worker,) = _workers_of(nanny)
        os.kill(worker, signal.SIGKILL)

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        self._processes[0].kill()

    def _start(self, what: str, *words: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
        with open(self._folder / f"{what}.log", "ab") as log:
            self._processes.append(subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log))


def _workers_of(nanny: int) -> list[int]:
    """Return the processes that a nanny started, without the one that looks after its resources."""
    threads = Path(f"/proc/{nanny}/task").iterdir()
    children = {int(one) for thread in threads for one in (thread / "children").read_text().split()}
    return [one for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def _wait_for(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not seen():
        if time.monotonic() > end:
            raise TimeoutError("the scheduler does not begin")
        time.sleep(0.1)
