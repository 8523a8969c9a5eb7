"""A night by the command line, watched: what it told of each frame, when, and how much memory it had then."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["NightRun", "run_night"]

_DENOISE = [sys.executable, "-m", "amsd_astro", "denoise", "--steps", "0", "--json", "-q"]


@dataclass
class NightRun:
    """How a night went.

    Attributes
    ----------
    status : int
        Exit status.
    seconds : float
        From start to exit.
    at, took : list of float
        When the line of each frame came, and the seconds it says the frame took.
    memory, peak : list of float
        Of the first process at that time, MiB: resident, and the most that it had been.
    errors : list of str
        What was told of frames that failed, then what else was said on standard error.
    n_done : int
        Frames that were told of.
    """

    status: int = 0
    seconds: float = 0.0
    at: list[float] = field(default_factory=list)
    took: list[float | None] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    n_done: int = 0


def run_night(
    paths: Sequence[Path],
    out: Path,
    words: Sequence[str],
    *,
    at: int | None = None,
    then: Callable[[int], None] = lambda pid: None,
) -> NightRun:
    """Denoise frames into a folder, which is made if it is not there.

    Parameters
    ----------
    paths : sequence of Path
        The frames.
    out : Path
        The folder.
    words : sequence of str
        More of the command line.
    at : int, optional
        After how many frames something is to happen.
    then : callable
        What: it is given the number of the process.
    """
    out.mkdir(exist_ok=True)
    run = NightRun()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing, tempfile.TemporaryFile("w+") as said:
        listing.writelines(f"{path.resolve()}\n" for path in paths)
        listing.flush()
        start = time.perf_counter()
        command = [*_DENOISE, f"@{listing.name}", "-d", str(out), *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                _note(run, json.loads(line), time.perf_counter() - start, process.pid)
                if run.n_done == at:
                    then(process.pid)
        run.seconds, run.status = time.perf_counter() - start, process.returncode
        said.seek(0)
        told = said.read().splitlines()
    run.errors += [line for line in told if not any(error in line for error in run.errors)]
    return run


def _note(run: NightRun, record: dict[str, object], now: float, pid: int) -> None:
    run.n_done += 1
    run.at.append(now)
    seconds = record["seconds"]
    run.took.append(float(str(seconds)) if record["ok"] and seconds is not None else None)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    run.memory.append(int(sizes.get("VmRSS", 0)) / 1024)
    run.peak.append(int(sizes.get("VmHWM", 0)) / 1024)
    if not record["ok"]:
        run.errors.append(f"{record['message']}")
