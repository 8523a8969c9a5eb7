"""Work without a network for processes, of which some is deadly; run as a script it is a parent to be killed."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from amsd_astro.many.processes import run_in_processes
from amsd_astro.many.work import Job

__all__ = ["Nap", "NeverBegins", "Sleep", "Tell"]


class Tell:
    """Tells its process; a job named "once" kills it the first time, one named "always" each time."""

    n_threads: int | None = None

    def __call__(self, job: Job) -> dict[str, Any]:
        name, been = Path(job.path).name, Path(job.output)
        number = {"once": signal.SIGKILL, "always": signal.SIGKILL, "ends": signal.SIGUSR1}.get(name)
        if number and not (name == "once" and been.exists()):
            been.touch()
            os.kill(os.getpid(), number)
        return {"ok": True, "kind": "denoised", "status": 0, "message": "", "process": os.getpid()}


class Nap(Tell):
    """Takes a moment."""

    def __call__(self, job: Job) -> dict[str, Any]:
        time.sleep(0.1)
        return super().__call__(job)


class Sleep:
    """Writes down its process, sleeps, and makes a file that is not whole before it has slept."""

    n_threads: int | None = None

    def __call__(self, job: Job) -> dict[str, Any]:
        Path(job.path).write_text(str(os.getpid()))
        time.sleep(600)
        return {}


class NeverBegins:
    """Cannot be brought to another process."""

    n_threads: int | None = None

    def __call__(self, job: Job) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: Any) -> None:
        os._exit(3)

    def __getstate__(self) -> Any:
        return {"some": "state"}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been started where that is ignored
    for _ in run_in_processes(Sleep(), [Job(str(folder / name), name) for name in "ab"], n_jobs=2):
        pass
