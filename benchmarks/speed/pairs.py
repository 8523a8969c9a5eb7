"""What `denoise` costs beside another state of the package: whole processes, in pairs one after the other.

    python -m benchmarks.speed.pairs --before ../before --sides 512 2048 --options="--steps 0" --options=""

``--before`` is a folder that holds the other state, which runs in this environment as well. The modules of both are
compiled first, as they are where a package is installed. Which of a pair is the first changes from pair to pair. What
the environment says (``AMSD_PRECISION``) holds for both.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.kept_results import command, machine
from benchmarks.speed.processes import Timed, make_frame, run_timed

_ROOT = Path(__file__).resolve().parents[2]
_HEAD = """\
Whole processes of this state over those of another, in {n_pairs} pairs: median of the ratios, in brackets the lowest \
and the highest. Seconds: medians, before and now. Processor: of all threads. Memory: the largest resident set."""
_MEASURES: dict[str, Callable[[Timed], float]] = {
    "wall": lambda timed: timed.seconds,
    "processor": lambda timed: timed.processor,
    "memory": lambda timed: timed.peak,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Time the pairs, and write the table."""
    options = _parser().parse_args(arguments)
    trees = [options.before.resolve(), _ROOT]
    for tree in trees:
        compileall.compile_dir(tree / "amsd_astro", quiet=1)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD.format(n_pairs=options.pairs), ""]
    lines += ["| frame | options | wall | processor | memory | s |", "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        for side in options.sides:
            frame = make_frame(Path(name), side)
            for words in options.options or [""]:
                pairs = _pairs(trees, frame, words.split(), options.pairs)
                lines.append(f"| {side} x {side} | {words} | {_cells(pairs)} |")
                sys.stderr.write(lines[-1] + "\n")
    text = "\n".join(lines) + "\n"
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, metavar="DIR", help="folder of the other state")
    parser.add_argument("--sides", type=int, nargs="+", default=[512], metavar="PX", help="(default %(default)s)")
    parser.add_argument("--options", action="append", metavar="WORDS", help="of denoise, in one word; can be repeated")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="(default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, help="the table")
    return parser


def _pairs(trees: Sequence[Path], frame: Path, words: Sequence[str], n_pairs: int) -> list[list[Timed]]:
    """What each tree took in each pair; a first run of both, which fills the caches of the disk, is left out."""

    def timed(tree: Path) -> Timed:
        out = frame.with_name("out.fits")
        denoise = [sys.executable, "-m", "amsd_astro", "denoise", str(frame), "-o", str(out), "--overwrite", "-q"]
        return run_timed([*denoise, *words], {"PYTHONPATH": str(tree)}, folder=frame.parent)

    for tree in trees:
        timed(tree)
    pairs = []
    for k in range(n_pairs):
        order = [0, 1] if k % 2 == 0 else [1, 0]
        made = {which: timed(trees[which]) for which in order}
        pairs.append([made[0], made[1]])
    return pairs


def _cells(pairs: Sequence[Sequence[Timed]]) -> str:
    cells = []
    for measure in _MEASURES.values():
        ratios = [measure(now) / measure(before) for before, now in pairs]
        cells.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
    seconds = (statistics.median(pair[which].seconds for pair in pairs) for which in (0, 1))
    return " | ".join([*cells, ", ".join(f"{one:.1f}" for one in seconds)])


if __name__ == "__main__":
    sys.exit(main())
