"""What `amsd-astro combine` costs: memory of many exposures over that of few, time over that of one denoised exposure.

    python -m benchmarks.combine.costs --before ../before -o benchmarks/results/combined_costs.md

Whole processes, as a user starts them, one after the other and in pairs: the processor seconds of `combine` beside
those of `denoise` of one exposure in another state of the package (``--before``, a folder that holds one). The
exposures are equal sets of exposure_sets.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.combine.exposure_sets import equal_set
from benchmarks.kept_results import command, machine

_FAST, _MANY = (4701, 8, 1024), (4702, 64, 512)  # seed, exposures, pixels of a side
_FEW = 8
_HEAD = """\
Peak memory is the largest resident set of the whole process (VmHWM), processor seconds those of all its threads, with \
starting and importing. pair: `combine` and `denoise` one after the other; over: of the first over the second."""


@dataclass(frozen=True)
class _Cost:
    seconds: float
    memory: float


def main(arguments: list[str] | None = None) -> int:
    """Run the commands, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="folder of the state whose `denoise` is the measure")
    parser.add_argument("--pairs", type=int, default=2, help="runs of each (default %(default)s)")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="where exposures are made, and found if they are there"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        lines = _table(options.cache or Path(made), options.before, options.pairs)
    options.output.write_text(f"Made by `{command(__spec__)}` ({machine()}).\n\n{_HEAD}\n\n" + "\n".join(lines) + "\n")
    return 0


def _table(folder: Path, before: Path, n_pairs: int) -> list[str]:
    fast, many = _exposures(folder, *_FAST), _exposures(folder, *_MANY)
    here = Path.cwd()
    lines = ["| run | what | processor seconds | over | peak memory, MiB | over |", "|---|---|---|---|---|---|"]
    for pair in range(1, n_pairs + 1):
        ours = _run(here, ["combine", *fast])
        theirs = _run(before, ["denoise", fast[0]])
        side = f"{_FAST[2]} x {_FAST[2]}"
        lines.append(
            f"| pair {pair} | combine {len(fast)} of {side} beside denoise of one | {ours.seconds:.1f}, "
            f"{theirs.seconds:.1f} | {ours.seconds / theirs.seconds:.2f} | {ours.memory:.0f}, {theirs.memory:.0f} | "
            f"{ours.memory / theirs.memory:.2f} |"
        )
        sys.stderr.write(lines[-1] + "\n")
    all_of_them, few = (_run(here, ["combine", *many[:n]]) for n in (None, _FEW))
    lines.append(
        f"| memory | combine {len(many)} of {_MANY[2]} x {_MANY[2]} beside {_FEW} | {all_of_them.seconds:.1f}, "
        f"{few.seconds:.1f} | {all_of_them.seconds / few.seconds:.2f} | {all_of_them.memory:.0f}, {few.memory:.0f} | "
        f"{all_of_them.memory / few.memory:.2f} |"
    )
    sys.stderr.write(lines[-1] + "\n")
    return lines


def _exposures(folder: Path, seed: int, n: int, side: int) -> list[str]:
    """Write a set as files of a camera, unless they are there."""
    paths = [folder.resolve() / f"{seed}_{n}_{side}_{k:02d}.fits" for k in range(n)]
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        made = equal_set(seed, n, (side, side))
        header = fits.Header({"GAIN": made.detector.gain, "RDNOISE": made.detector.read_noise, "BUNIT": "adu"})
        for path, one in zip(paths, made.exposures, strict=True):
            fits.PrimaryHDU(np.asarray(one.load().data, np.float32), header).writeto(path, overwrite=True)
    return [str(path) for path in paths]


def _run(state: Path, words: list[str]) -> _Cost:
    """Run a command of a state of the package, and return what it cost."""
    with tempfile.TemporaryDirectory() as scratch:
        line = [sys.executable, "-m", "amsd_astro", *words, "-o", f"{scratch}/out.fits", "-q"]
        environment = {**os.environ, "PYTHONPATH": str(state.resolve())}
        with subprocess.Popen(line, cwd=state, env=environment) as process:
            memory = 0.0
            while True:
                ended, status, used = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    break
                memory = max(memory, _high_water(process.pid))
                time.sleep(0.02)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words[:2])} ended with {process.returncode}")
    return _Cost(used.ru_utime + used.ru_stime, memory)


def _high_water(process: int) -> float:
    """MiB; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), default=0.0)


if __name__ == "__main__":
    raise SystemExit(main())
