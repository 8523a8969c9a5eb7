"""Co-adds beside the ideal one: true shifts and weights, and no blemish in the same noise.

    python -m benchmarks.combine.coadds -o benchmarks/results/coadds.md

The sets and their seeds are those of exposure_sets.py. Nothing is denoised here.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from amsd_astro.exposures.coaddition import align, mean_of
from amsd_astro.exposures.coaddition.aligned_stack import bring_together
from amsd_astro.frames.masks import FLAG_REJECTED
from benchmarks.combine.exposure_sets import EQUAL_SEEDS, MIXED_SEEDS, ExposureSet, equal_set, mixed_set
from benchmarks.kept_results import command, machine

_HEAD = """\
error: rms against the scene through the result's own PSF over that of the ideal co-add, pixels below S/N 200. \
width: rms of error over claimed sigma, on sky (S/N a pixel below 1) and from 5 to 20. left: pixels that differ from \
the ideal co-add by more than 5 sigma, and those of them that are not flagged. chance: share of the pixels away from \
all blemishes that were rejected. listed: places told to vary, where none does. seconds: of the processor, a \
megapixel of one exposure."""
_COLUMNS = (
    "set",
    "seed",
    "N",
    "error",
    "width, sky",
    "width, 5-20",
    "left",
    "unflagged",
    "chance",
    "listed",
    "seconds",
)
_BORDER = 15
_NEAR = 8  # pixels from a blemish


def main(arguments: list[str] | None = None) -> int:
    """Co-add, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, nargs="+", default=[2, 4, 8, 16], metavar="N")
    parser.add_argument("--side", type=int, default=384, help="pixels (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table")
    options = parser.parse_args(arguments)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    for name, seeds, make in (("equal", EQUAL_SEEDS, equal_set), ("mixed", MIXED_SEEDS, mixed_set)):
        for n in options.exposures:
            for seed in seeds:
                cells = [name, str(seed), str(n), *_measured(make(seed, n, (options.side, options.side)))]
                lines.append(f"| {' | '.join(cells)} |")
                sys.stderr.write(lines[-1] + "\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _measured(made: ExposureSet) -> list[str]:
    start = time.process_time()
    stack = align(made.reference, made.exposures, made.placements)
    result = mean_of(stack)
    seconds = time.process_time() - start
    ideal = mean_of(bring_together(made.clean[0], made.clean, made.placements))
    truth = made.truth(result.weights)
    sigma = np.sqrt(result.noise.variance(truth))
    signal = (truth - result.sky) / sigma
    inner = np.zeros(truth.shape, bool)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    inner &= ~(result.mask | ideal.mask)
    judged = inner & (signal < 200)
    error, best = result.data - truth, ideal.data - truth
    ratio = np.sqrt(np.mean(error[judged] ** 2) / np.mean(best[judged] ** 2))
    zones = inner & (signal < 1), inner & (signal >= 5) & (signal < 20)
    widths = [np.sqrt(np.mean((error / sigma)[zone] ** 2)) for zone in zones]
    left = inner & (np.abs(result.data - ideal.data) > 5 * sigma)
    unflagged = left & (result.flags == 0)
    megapixels = truth.size / 1e6 * len(made.exposures)
    return [
        f"{ratio:.3f}",
        *(f"{width:.3f}" for width in widths),
        str(np.count_nonzero(left)),
        str(np.count_nonzero(unflagged)),
        f"{_chance(made, result.flags):.2%}",
        str(len(result.variables)),
        f"{seconds / megapixels:.2f}",
    ]


def _chance(made: ExposureSet, flags: np.ndarray) -> float:
    """Share of an exposure's pixels rejected where no exposure has a blemish; each touches one of the reference."""
    clean = np.ones(flags.shape, bool)
    for placement, blemish in zip(made.placements, made.blemishes, strict=True):
        rows, columns = np.nonzero(blemish > 0)
        x, y = placement.grid.to_reference(columns.astype(float), rows.astype(float))
        x, y = np.rint(x).astype(int), np.rint(y).astype(int)
        for dy in range(-_NEAR, _NEAR + 1):
            for dx in range(-_NEAR, _NEAR + 1):
                inside = (y + dy >= 0) & (y + dy < flags.shape[0]) & (x + dx >= 0) & (x + dx < flags.shape[1])
                clean[(y + dy)[inside], (x + dx)[inside]] = False
    if not clean.any():
        return float("nan")
    return float(np.mean((flags[clean] & FLAG_REJECTED) > 0)) / len(made.exposures)


if __name__ == "__main__":
    raise SystemExit(main())
