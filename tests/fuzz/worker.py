"""A child process: takes the numbers of files from standard input, answers with one line of JSON for each.

Run it as ``python worker.py SEED FOLDER LIMIT_S``.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from journey import Plan, Verdict, draw_plan, travel
from mutate import mutate
from own_files import other_file

__all__ = ["MAX_GROWTH", "main"]

MAX_GROWTH = 1024**3
"""Bytes of memory that one file may cost, and bytes of any file on the disk."""

_HARD_LIMIT = 3 * 1024**3  # of addresses, above what the interpreter has at the start


def main(travel: Callable[[Path, Path, Plan], Verdict] = travel) -> None:
    """Answer until the input ends."""
    seed, folder, limit = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    faulthandler.enable()
    os.fsync = lambda fd: None  # nobody pulls the plug here, and disks are slow
    mutate(seed, 0)
    travel(folder / "missing.fits", folder / "out.fits", Plan(-1, False, "", {}))
    addresses = _memory("VmSize")
    if addresses:
        _limit(resource.RLIMIT_AS, addresses + _HARD_LIMIT)
    _limit(resource.RLIMIT_FSIZE, MAX_GROWTH)
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        verdict = _one(seed, int(line), folder, limit, travel)
        answers.write(json.dumps(verdict.to_dict()) + "\n")
        answers.flush()
    shutil.rmtree(folder, ignore_errors=True)  # the parent may be gone


def _limit(kind: int, n_bytes: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (n_bytes if hard == resource.RLIM_INFINITY else min(n_bytes, hard), hard))


def _one(seed: int, index: int, folder: Path, limit: float, travel: Callable[[Path, Path, Plan], Verdict]) -> Verdict:
    plan = draw_plan(seed, index)
    path, target = folder / plan.name, folder / "out.fits"
    path.write_bytes(mutate(seed, index).body)
    for name, other in plan.beside.items():
        (folder / name).write_bytes(other_file(seed, other))
    faulthandler.dump_traceback_later(limit)
    before, start = _reset_memory(), time.process_time()
    try:
        verdict = travel(path, target, plan)
    finally:
        faulthandler.cancel_dump_traceback_later()
        for entry in folder.iterdir():
            entry.unlink()
    verdict.seconds = round(time.process_time() - start, 4)  # whoever else is busy on the machine
    verdict.grown = max(_peak() - before, 0)
    if verdict.outcome in ("written", "scanned", "refused", "late"):
        if verdict.grown > MAX_GROWTH:
            verdict.outcome, verdict.detail = "memory", f"{verdict.grown / 2**20:.0f} MiB ({verdict.outcome})"
        elif verdict.seconds > limit:
            verdict.outcome, verdict.detail = "hang", f"{verdict.seconds:.1f} s ({verdict.outcome})"
    return verdict


def _reset_memory() -> int:
    """Start the peak anew and return where it stands, bytes."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return _peak()


def _peak() -> int:
    """Return the largest memory since it was last reset; where the system has no such thing, since the start."""
    return _memory("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _memory(name: str) -> int:
    try:
        with open("/proc/self/status") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith(name + ":")), 0)
    except OSError:
        return 0


if __name__ == "__main__":
    main()
