"""How long whole processes take, from start to exit, and how much memory: the package, BM3D and Noise2Void.

    python -m benchmarks.speed.processes --peers DIR -o benchmarks/results/speed.md

Each row is one process on a simulated exposure: FITS file in, FITS file out, noise measured and stabilized on the way.
Start-up is the time of the same process on 64 x 64 pixels (for n2v, which cannot train on so few, what it spends on
importing its packages). Peak memory is the largest resident set of the process, by the system's own account. The
processes run one after another, each with as many threads as it takes by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.kept_results import command, machine
from benchmarks.peers.environment import peer_python

__all__ = ["Timed", "extrapolated", "make_frame", "run_timed"]

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_STARTING = 64  # pixels on a side of the frame by which start-up is told apart
_OURS = {"amsd --steps 0": ["--steps", "0"], "amsd": []}
_METHODS = (*_OURS, "bm3d", "n2v")


@dataclass(frozen=True)
class Timed:
    """One process: its seconds, those of the processor, its peak memory in MiB and what it printed."""

    seconds: float
    processor: float
    peak: float
    printed: str


def run_timed(
    words: Sequence[str], environment: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> Timed:
    """Run a process to its end.

    Parameters
    ----------
    words : sequence of str
        The command.
    environment : mapping, optional
        Added to that of this process.
    folder : Path, optional
        That it works in, by default that of this process.

    Raises
    ------
    RuntimeError
        It failed.
    """
    with tempfile.TemporaryDirectory() as name:
        report = Path(name, "report.json")
        timing = [sys.executable, "-S", str(_HERE / "timed_process.py"), str(report)]
        process = subprocess.run(
            [*timing, *words],
            capture_output=True,
            text=True,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            check=False,
        )
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}: {process.stderr[-1000:]}")
        return Timed(**json.loads(report.read_text()), printed=process.stdout)


def make_frame(folder: Path, side: int) -> Path:
    """Path of a simulated exposure in a folder, made where it is not there yet."""
    path = folder / f"frame{side}.fits"
    if not path.exists():
        words = [sys.executable, "-m", "benchmarks.scenes.speed_frame", str(side), str(path)]
        subprocess.run(words, check=True, cwd=_ROOT)
    return path


def extrapolated(seconds: float, training: float, n_run: int, n_wanted: int) -> float:
    """Seconds of a process that would train for more epochs than it did, every epoch as long as those."""
    return seconds + training * (n_wanted / n_run - 1)


@dataclass(frozen=True)
class _Row:
    """A row of the table; ``note`` tells what was not simply measured."""

    method: str
    side: int
    seconds: float
    peak: float
    start: float
    note: str = ""

    def line(self) -> str:
        megapixels = self.side**2 / 1e6
        cells = [
            self.method,
            f"{self.side} x {self.side}",
            f"{self.seconds:.1f}",
            f"{self.seconds / megapixels:.2f}",
            f"{max(self.seconds - self.start, 0) / megapixels:.2f}",
            f"{self.start:.1f}",
            f"{self.peak:.0f}",
            self.note,
        ]
        return "| " + " | ".join(cells) + " |"


class _Bench:
    """Frames and processes of one run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._starts: dict[str, float] = {}

    def _timed(self, method: str, side: int) -> Timed:
        frame, out = str(make_frame(self._folder, side)), str(self._folder / "out.fits")
        if method in _OURS:
            words = [sys.executable, "-m", "amsd_astro", "denoise", frame, "-o", out, "--overwrite", "-q"]
            model = [] if self._options.model is None else ["--model", str(self._options.model)]
            timed = run_timed([*words, *_OURS[method], *model])
        else:
            settings = {"n_epochs": self._options.n2v_epochs or self._options.epochs} if method == "n2v" else {}
            script = str(_ROOT / "benchmarks" / "peers" / "packages" / "whole.py")
            words = [peer_python(self._options.peers), script, method, frame, out, "--settings", json.dumps(settings)]
            timed = run_timed(words, {"PYTHONPATH": str(_ROOT)})
        print(f"{method}, {side}: {timed.seconds:.1f} s, {timed.peak:.0f} MiB", file=sys.stderr, flush=True)
        return timed

    def _fastest(self, method: str, side: int) -> Timed:
        return min((self._timed(method, side) for _ in range(self._options.runs)), key=lambda one: one.seconds)

    def row(self, method: str, side: int) -> _Row:
        """Measure a row; of several runs the fastest."""
        timed = self._fastest(method, side)
        if method != "n2v":
            if method not in self._starts:
                self._starts[method] = self._fastest(method, _STARTING).seconds
            return _Row(method, side, timed.seconds, timed.peak, self._starts[method])
        told = json.loads(timed.printed.strip().splitlines()[-1])
        wanted, run = self._options.epochs, self._options.n2v_epochs or self._options.epochs
        seconds = extrapolated(timed.seconds, told["seconds_training"], run, wanted)
        note = f"{wanted} epochs" if run == wanted else f"{wanted} epochs, extrapolated from {run}"
        return _Row(method, side, seconds, timed.peak, told["seconds_importing"], note)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, metavar="DIR", help="environment of the peers, for bm3d and n2v")
    parser.add_argument("--side", type=int, default=2048, help="of the frame for all (default %(default)s)")
    parser.add_argument("--sides", type=int, nargs="*", default=[512, 1024], help="more sizes, for all but n2v")
    parser.add_argument("--methods", nargs="+", choices=_METHODS, default=_METHODS, metavar="METHOD", help="only these")
    parser.add_argument("--bm3d-largest", type=int, default=4096, metavar="SIDE", help="leave out bm3d beyond it")
    parser.add_argument("--epochs", type=int, default=100, help="of n2v (default %(default)s)")
    parser.add_argument("--n2v-epochs", type=int, metavar="N", help="run only these and extrapolate")
    parser.add_argument("--runs", type=int, default=1, help="of each row; the fastest counts (default %(default)s)")
    parser.add_argument("--model", type=Path, metavar="FILE", help="in the place of the packaged weights")
    parser.add_argument("-o", "--output", type=Path, help="write the table (and .json) here")
    options = parser.parse_args()
    if options.peers is None and set(options.methods) - set(_OURS):
        parser.error("--peers is needed for bm3d and n2v")
    return options


def main() -> None:
    """Run the benchmark."""
    options = _options()
    shown = command(__spec__)
    shown = shown if options.peers is None else shown.replace(str(options.peers), "DIR")
    heads = ["method", "frame", "s", "s per megapixel", "the same after start-up", "start-up, s", "peak, MiB", ""]
    lines = [
        f"Made by `{shown}` ({machine()}).\n",
        "Whole processes, from start to exit; see the script's first lines.\n",
        "| " + " | ".join(heads) + " |",
        "|---" * len(heads) + "|",
    ]
    rows: list[_Row] = []
    with tempfile.TemporaryDirectory() as name:
        bench = _Bench(options, Path(name))
        for side in sorted({options.side, *options.sides}):
            for method in options.methods:
                if (method == "n2v" and side != options.side) or (method == "bm3d" and side > options.bm3d_largest):
                    continue
                rows.append(bench.row(method, side))
                lines.append(rows[-1].line())
                print(lines[-1], flush=True)
                if options.output is not None:
                    options.output.write_text("\n".join(lines) + "\n")
                    record = json.dumps([asdict(row) for row in rows], indent=1)
                    options.output.with_suffix(".json").write_text(record + "\n")


if __name__ == "__main__":
    main()
