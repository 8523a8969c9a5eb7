"""Jobs in processes: all are done, whatever becomes of a process, and no process is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from works import NeverBegins, Tell

from amsd_astro.many.processes import run_in_processes
from amsd_astro.many.work import Job

WORKS = Path(__file__).with_name("works.py")
LONGEST = 60.0  # seconds that anything here may take


def wait_for(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    """Whether a process is there and not merely unburied."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def jobs(folder: Path, *names: str) -> list[Job]:
    return [Job(str(folder / name), str(folder / f"{name}.been")) for name in names]


def test_all_jobs_are_done_in_as_many_processes(tmp_path: Path) -> None:
    given = jobs(tmp_path, *"abcdefgh")
    told = list(run_in_processes(Tell(), given, n_jobs=2))
    assert sorted(job.path for job, _ in told) == [job.path for job in given]
    processes = {record["process"] for _, record in told}
    assert 1 <= len(processes) <= 2 and os.getpid() not in processes
    assert not any(map(is_alive, processes))


def test_the_job_of_a_killed_process_is_done_by_another(tmp_path: Path) -> None:
    told = dict(run_in_processes(Tell(), jobs(tmp_path, "a", "once", "b", "c"), n_jobs=2))
    assert len(told) == 4 and all(record["ok"] for record in told.values())


def test_a_deadly_job_stops_no_other(tmp_path: Path) -> None:
    given = jobs(tmp_path, "always", "a", "ends", "b", "c")
    told = dict(run_in_processes(Tell(), given, n_jobs=2))
    assert {Path(job.path).name: record["status"] for job, record in told.items()} == {
        "always": 71,
        "ends": 70,
        "a": 0,
        "b": 0,
        "c": 0,
    }
    assert "SIGKILL" in told[given[0]]["message"] and "SIGUSR1" in told[given[2]]["message"]


def test_processes_that_never_begin_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="before they have begun, the last with status 3"):
        list(run_in_processes(NeverBegins(), jobs(tmp_path, "a"), n_jobs=1))


def test_closing_ends_the_processes(tmp_path: Path) -> None:
    with contextlib.closing(run_in_processes(Tell(), jobs(tmp_path, *"abcdef"), n_jobs=2)) as told:
        process = next(told)[1]["process"]
        assert is_alive(process)
    assert not is_alive(process)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs a system that tells of processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_their_parent(number: int, tmp_path: Path) -> None:
    noted = [tmp_path / name for name in "ab"]
    with subprocess.Popen([sys.executable, str(WORKS), str(tmp_path)], stderr=subprocess.DEVNULL) as parent:
        wait_for(lambda: all(path.exists() and path.read_text() for path in noted))
        processes = [int(path.read_text()) for path in noted]
        assert all(map(is_alive, processes))
        parent.send_signal(number)
        wait_for(lambda: parent.poll() is not None)
    wait_for(lambda: not any(map(is_alive, processes)))
