"""How long a night takes: one process of one thread, of two, and two processes of one thread, on copies of the samples.

    python -m benchmarks.speed.nights --copies 4 -o benchmarks/results/nights.md

Each row is one command from start to exit, with everything counted: start-up, reading, the noise, writing. The last is
what a shell does with `xargs -P 2`, a process for each frame. The outputs are compared byte for byte. Where other work
runs beside it, two processes get twice the share of one: there the seconds that processors worked tell more than the
clock.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kept_results import command, machine
from benchmarks.speed.processes import run_timed

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = sorted((_ROOT / "data_samples").glob("*_[12].fits"))
_DENOISE = [sys.executable, "-m", "amsd_astro", "denoise", "-q", "--steps", "0"]
_NIGHTS = {
    "one process of one thread": ["--threads", "1"],
    "one process of two threads": ["--threads", "2"],
    "two processes of one thread (`--jobs 2`)": ["--jobs", "2", "--threads", "1"],
}
_LOOP = "a shell loop of two, one thread each (`xargs -P 2`)"


def main() -> None:
    """Measure, compare and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=4, help="copies of each of the six samples")
    parser.add_argument("-o", "--output", type=Path, required=True, help="table to write")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs = _measure(Path(name), args.copies)
    n_frames = args.copies * len(_SAMPLES)
    first = runs["one process of one thread"].seconds
    rows = [
        f"| {night} | {run.seconds:.1f} | {run.seconds / n_frames:.2f} | {run.worked / n_frames:.2f} "
        f"| {first / run.seconds:.2f} |"
        for night, run in runs.items()
    ]
    title = f"`{command(__spec__)}` ({machine()}): {n_frames} frames of 512 x 512 pixels, `--steps 0`."
    head = ["| | s | s a frame | processor s a frame | times as many frames |", "|---|---|---|---|---|"]
    args.output.write_text("\n".join([title, "", *head, *rows, ""]), encoding="utf-8")


@dataclass(frozen=True)
class _Run:
    """Seconds by the clock, and those that processors worked."""

    seconds: float
    worked: float


def _run(words: list[str]) -> _Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = run_timed(words).seconds
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # with all that they had waited for
    return _Run(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _measure(folder: Path, n_copies: int) -> dict[str, _Run]:
    night = folder / "night"
    night.mkdir()
    for path in _SAMPLES:
        for copy in range(n_copies):
            shutil.copyfile(path, night / f"{path.stem}_{copy}.fits")
    runs = {}
    for number, (title, words) in enumerate(_NIGHTS.items()):
        out = folder / str(number)
        out.mkdir()
        runs[title] = _run([*_DENOISE, str(night), "-d", str(out), *words])
        print(title, runs[title], flush=True)
    runs[_LOOP] = _run(["sh", "-c", _shell_loop(night, folder / "loop")])
    for out in ("2", "loop"):
        subprocess.run(["diff", "-r", str(folder / "0"), str(folder / out)], check=True)
    return runs


def _shell_loop(night: Path, out: Path) -> str:
    out.mkdir()
    one = " ".join([*_DENOISE, "{}", "-d", str(out), "--threads", "1"])
    return f"find {night} -name '*.fits' -print0 | xargs -0 -P 2 -I {{}} {one}"


if __name__ == "__main__":
    main()
