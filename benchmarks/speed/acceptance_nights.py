"""A night of 200 frames on two processes and on a cluster of two workers, with what goes wrong in one.

    python -m benchmarks.speed.acceptance_nights --cache CACHE -o benchmarks/results/acceptance_nights.md

Every run is the command line with `--steps 0`, one thread a process. One frame is cut, one has all pixels masked, and
one process or worker is killed (SIGKILL) on the way. Right is an output with the bytes that the serial run gives; there
may be nothing else in the folder. In the last run the scheduler is killed, and the same command is given once more.
What is done is kept in CACHE, so that a run that is interrupted goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.kept_results import command, machine
from benchmarks.speed.local_cluster import LocalCluster
from benchmarks.speed.night_frames import make_night
from benchmarks.speed.night_runs import NightRun, run_night

__all__ = ["main"]

_KILL_AFTER = 5  # one part of the frames in so many
_MARKS = (10, 50, 100, 200)  # frames
_CLUSTER = "cluster of two workers, one killed"


@dataclass(frozen=True)
class _Judged:
    """A run, and its outputs held against the serial ones."""

    title: str
    seconds: float
    status: int
    n_right: int
    n_wrong: int
    strangers: list[str]
    errors: list[str]
    n_done: int


class _Acceptance:
    """The runs over one night, in one folder."""

    def __init__(self, folder: Path, n_frames: int) -> None:
        self._folder = folder
        self._night = make_night(folder / "night", n_frames)
        self._kill_at = n_frames // _KILL_AFTER

    def serial(self) -> NightRun:
        """Denoise one frame after another: what all else is held against."""
        kept = self._folder / "serial.json"
        if not kept.exists():
            _keep(kept, asdict(self._run("serial", [])))
        return NightRun(**json.loads(kept.read_text()))

    def processes(self) -> _Judged:
        """Two processes, one of which is killed."""
        return self._judged("two processes (`--jobs 2`), one killed", "processes", self._on_processes)

    def cluster(self) -> _Judged:
        """Two workers of a cluster, one of which is killed and started anew."""
        return self._judged(_CLUSTER, "cluster", self._on_cluster)

    def scheduler(self) -> list[_Judged]:
        """Lose the scheduler, then do the same again."""
        return [
            self._judged("the scheduler killed", "lost", lambda: self._on_lost("lost")),
            self._judged("the same command again, on a new scheduler", "again", lambda: self._on_again("lost")),
        ]

    def _run(self, name: str, words: Sequence[str], **settings: Any) -> NightRun:
        return run_night(self._night, self._folder / name, ["--threads", "1", *words], **settings)

    def _on_processes(self) -> NightRun:
        shutil.rmtree(self._folder / "processes", ignore_errors=True)

        def kill(pid: int) -> None:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            workers = [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
            os.kill(workers[0], signal.SIGKILL)

        return self._run("processes", ["--jobs", "2"], at=self._kill_at, then=kill)

    def _on_cluster(self) -> NightRun:
        shutil.rmtree(self._folder / "cluster", ignore_errors=True)
        with LocalCluster(self._folder / "dask") as cluster:
            words = ["--scheduler", cluster.address]
            return self._run("cluster", words, at=self._kill_at, then=lambda pid: cluster.kill_worker())

    def _on_lost(self, name: str) -> NightRun:
        shutil.rmtree(self._folder / name, ignore_errors=True)
        with LocalCluster(self._folder / "dask") as cluster:
            words = ["--scheduler", cluster.address, "--skip-existing"]
            return self._run(name, words, at=self._kill_at, then=lambda pid: cluster.kill_scheduler())

    def _on_again(self, name: str) -> NightRun:
        with LocalCluster(self._folder / "dask") as cluster:
            return self._run(name, ["--scheduler", cluster.address, "--skip-existing"])

    def _judged(self, title: str, name: str, run: Callable[[], NightRun]) -> _Judged:
        kept = self._folder / f"{name}.judged.json"
        if not kept.exists():
            print(title, flush=True)
            made = run()
            folder = self._folder / ("lost" if name == "again" else name)
            right, wrong, strangers = self._compared(folder)
            judged = _Judged(title, made.seconds, made.status, right, wrong, strangers, made.errors, made.n_done)
            _keep(kept, asdict(judged))
        return _Judged(**json.loads(kept.read_text()))

    def _compared(self, folder: Path) -> tuple[int, int, list[str]]:
        """Return how many outputs are the serial ones, how many are not, and what else is in the folder."""
        serial = {path.name: path for path in (self._folder / "serial").iterdir()}
        made = {path.name: path for path in folder.iterdir()}
        same = [made[name].read_bytes() == path.read_bytes() for name, path in serial.items() if name in made]
        return sum(same), len(same) - sum(same), sorted(made.keys() - serial.keys())


def _keep(path: Path, record: dict[str, Any]) -> None:
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(record, indent=1))
    os.replace(partial, path)


def _serial_rows(serial: NightRun) -> list[str]:
    """Return how time and memory went from mark to mark."""
    rows, last = [], 0
    for mark in sorted({*(mark for mark in _MARKS if mark < len(serial.at)), len(serial.at)}):
        seconds = [one for one in serial.took[last:mark] if one is not None]
        now, most = serial.memory[mark - 1], serial.peak[mark - 1]
        rows.append(f"| {last + 1} to {mark} | {statistics.median(seconds):.2f} | {now:.0f} | {most:.0f} |")
        last = mark
    return rows


def main() -> None:
    """Run what is not done yet, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="folder for frames, outputs and state")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("-o", "--output", type=Path, required=True, help="table to write")
    args = parser.parse_args()
    acceptance = _Acceptance(args.cache, args.frames)
    serial = acceptance.serial()
    judged = [acceptance.processes(), acceptance.cluster(), *acceptance.scheduler()]
    n_outputs = sum(1 for _ in (args.cache / "serial").iterdir())
    lines = [
        f"`{command(__spec__)}` ({machine()}; other work ran on it): {args.frames} frames of 512 x 512 pixels. Serial: "
        f"status {serial.status}, {n_outputs} outputs in {serial.seconds:.0f} s.",
        "",
        "| run | status | outputs with the serial bytes | with others | other files | lines of errors | s |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {one.title} | {one.status} | {one.n_right} | {one.n_wrong} | {len(one.strangers)} | {len(one.errors)} "
            f"| {one.seconds:.0f} |"
            for one in judged
        ),
        "",
        "The serial run, in one process: seconds of a frame (median), and memory of the process after the last one.",
        "",
        "| frames | s a frame | MiB now | MiB at most |",
        "|---|---|---|---|",
        *_serial_rows(serial),
        "",
    ]
    args.output.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    for one in judged:
        print(one.title, *one.errors, sep="\n  ")


if __name__ == "__main__":
    main()
