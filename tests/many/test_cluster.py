"""Jobs on a dask cluster: failures come back as data, and the job of a worker that died is done elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from works import Nap, Tell

from amsd_astro.many import cluster
from amsd_astro.many.cluster import check_workers, connected, run_on_cluster
from amsd_astro.many.one_file import FileWork
from amsd_astro.many.options import Options
from amsd_astro.many.work import Job

distributed = pytest.importorskip("distributed")


def start(**settings: Any) -> Any:
    return distributed.LocalCluster(dashboard_address="127.0.0.1:0", silence_logs=50, threads_per_worker=1, **settings)


@pytest.fixture(scope="module")
def small() -> Iterator[Any]:
    """A client of one worker in this process."""
    with start(n_workers=1, processes=False, memory_limit=None) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client of two workers, each a process."""
    with start(n_workers=2, memory_limit="3GiB") as cluster, distributed.Client(cluster) as client:
        yield client


def test_failures_come_back_as_data(small: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.fits").write_text("no frame")
    jobs = [Job(str(tmp_path / name), str(tmp_path / "out.fits")) for name in ("bad.fits", "none.fits")]
    told = dict(run_on_cluster(small, FileWork(Options()), jobs))
    assert [told[job]["status"] for job in jobs] == [65, 65]
    assert "bad.fits" in told[jobs[0]]["message"]
    end = time.monotonic() + 60
    while small.futures:  # what came back is let go, in a moment
        assert time.monotonic() < end
        time.sleep(0.05)


def test_all_jobs_are_done_and_told_of_by_the_names_given(small: Any) -> None:
    jobs = [Job(f"night/{n}.fits", f"out/{n}.fits") for n in range(20)]
    told = list(run_on_cluster(small, Tell(), jobs))
    assert sorted(job.path for job, _ in told) == sorted(job.path for job in jobs)
    prefixes = small.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.task_prefixes))
    assert "denoise" in prefixes and len(prefixes) < 5


def test_a_worker_with_too_little_memory_is_refused_beforehand() -> None:
    with start(n_workers=1, processes=False, memory_limit="1GiB") as cluster, distributed.Client(cluster) as client:
        with pytest.raises(MemoryError, match=r"worker inproc:.* must have 2\.5 GiB of memory\. Received: 1\.0 GiB"):
            check_workers(client)
        with pytest.raises(MemoryError):
            next(run_on_cluster(client, Tell(), [Job("a", "b")]))


def test_no_scheduler_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amsd_astro.many.cluster._PATIENCE", 1)
    with pytest.raises(OSError, match="no scheduler answers at tcp:"), connected("tcp://127.0.0.1:9"):
        pass


def test_a_scheduler_that_goes_when_a_result_is_taken_is_told_of() -> None:
    class Future:
        status = "finished"

        def result(self) -> None:
            raise distributed.comm.CommClosedError("in <TCP (closed)>: reset by peer")

    with pytest.raises(OSError, match="the scheduler is lost: what is done is whole"):
        cluster._result_of(Future())


def test_the_loggers_of_the_cluster_are_calm() -> None:
    code = (
        "import logging; from amsd_astro.many.cluster import calm_cluster; calm_cluster();"
        "print([n for n in ('', '.client', '.worker') if logging.getLogger('distributed' + n).isEnabledFor(40)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_the_job_of_a_killed_worker_is_done_by_another(client: Any, tmp_path: Path) -> None:
    jobs = [Job(str(tmp_path / name), str(tmp_path / f"{name}.been")) for name in ("a", "once", "b", "c", "d")]
    told = dict(run_on_cluster(client, Tell(), jobs))
    assert len(told) == 5 and all(record["ok"] for record in told.values())
    assert os.getpid() not in {record["process"] for record in told.values()}


@pytest.mark.slow
def test_a_deadly_job_stops_no_other(client: Any, tmp_path: Path) -> None:
    jobs = [Job(str(tmp_path / name), str(tmp_path / f"{name}.been")) for name in ("a", "always", "b", "c")]
    told = dict(run_on_cluster(client, Tell(), jobs))
    assert [told[job]["status"] for job in jobs] == [0, 71, 0, 0]
    assert "died" in told[jobs[1]]["message"]


_SCHEDULER = """
import asyncio
from distributed import Scheduler

async def serve():
    async with Scheduler(port=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()

asyncio.run(serve())
"""


@pytest.mark.slow
def test_a_scheduler_that_is_killed_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amsd_astro.many.cluster._PATIENCE", 10)  # the client tries so long to find it again
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    with subprocess.Popen([sys.executable, "-c", _SCHEDULER], stdout=subprocess.PIPE, text=True) as scheduler:
        assert scheduler.stdout is not None
        address = scheduler.stdout.readline().strip()
        words = ["-m", "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
        with subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL, cwd=tmp_path) as worker:
            try:
                with connected(address) as client:
                    told = run_on_cluster(client, Nap(), [Job(str(n), "") for n in range(1000)])
                    assert [next(told)[1]["ok"] for _ in range(5)] == [True] * 5
                    scheduler.kill()
                    with pytest.raises(OSError, match="the scheduler is lost"):
                        list(told)
            finally:
                scheduler.kill()
                worker.kill()
