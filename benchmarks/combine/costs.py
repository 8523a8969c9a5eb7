"""What `amsd-astro combine` costs: memory of many exposures over that of few, time over that of one denoised exposure.

    python -m benchmarks.combine.costs --before ../before -o benchmarks/results/combined_costs.md

Whole processes, as a user starts them, one after the other and in pairs: the processor seconds of `combine` beside
those of `denoise` of one exposure in another state of the package (``--before``, a folder that holds one). The
exposures are equal sets of exposure_sets.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.combine.exposure_sets import equal_set
from benchmarks.kept_results import command, machine
from benchmarks.speed.processes import Timed, run_timed

_FAST, _MANY = (4701, 8, 1024), (4702, 64, 512)  # seed, exposures, pixels of a side
_FEW = 8
_HEAD = """\
Peak memory is the largest resident set of the whole process, processor seconds those of all its threads, with \
starting and importing. pair: `combine` and `denoise` one after the other; over: of the first over the second."""


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
            f"| pair {pair} | combine {len(fast)} of {side} beside denoise of one | {ours.processor:.1f}, "
            f"{theirs.processor:.1f} | {ours.processor / theirs.processor:.2f} | {ours.peak:.0f}, {theirs.peak:.0f} | "
            f"{ours.peak / theirs.peak:.2f} |"
        )
        sys.stderr.write(lines[-1] + "\n")
    all_of_them, few = (_run(here, ["combine", *many[:n]]) for n in (None, _FEW))
    lines.append(
        f"| memory | combine {len(many)} of {_MANY[2]} x {_MANY[2]} beside {_FEW} | {all_of_them.processor:.1f}, "
        f"{few.processor:.1f} | {all_of_them.processor / few.processor:.2f} | {all_of_them.peak:.0f}, {few.peak:.0f} | "
        f"{all_of_them.peak / few.peak:.2f} |"
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


def _run(state: Path, words: list[str]) -> Timed:
    """Run a command of a state of the package, and return what it cost."""
    with tempfile.TemporaryDirectory() as scratch:
        line = [sys.executable, "-m", "amsd_astro", *words, "-o", f"{scratch}/out.fits", "-q"]
        return run_timed(line, {"PYTHONPATH": str(state.resolve())}, folder=state)


if __name__ == "__main__":
    raise SystemExit(main())
