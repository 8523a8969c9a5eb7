"""`combine` as it is, beside one denoised exposure and beside `denoise` of the ideal co-add.

    python -m benchmarks.combine.denoised -o benchmarks/results/combined.md

The sets are those of exposure_sets.py, of other seeds. The package is told gain and read noise of the camera, as
headers tell them, and nothing of where the exposures lie; the ideal co-add has the true places and weights, no blemish,
and `denoise` is told its noise.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro import Frame, combine, denoise
from amsd_astro.exposures.coaddition import mean_of
from amsd_astro.exposures.coaddition.aligned_stack import bring_together
from benchmarks.combine.exposure_sets import ExposureSet, equal_set, mixed_set
from benchmarks.kept_results import command, machine

_EQUAL_SEEDS, _MIXED_SEEDS = (3601, 3602), (3611, 3612)
_HEAD = """\
over one: rms error of the result against the scene through its own PSF, over that of the first exposure denoised \
alone, pixels below S/N 200. over ideal: over that of `denoise` of the ideal co-add; not flagged: the same \
over the pixels without a flag. share flagged: of the pixels judged. width: rms of error over claimed \
sigma where the result is below 0.3 sigma of the mean, from there to 1, to 5, and above. left: pixels whose mean \
differs from the ideal co-add by more than 5 sigma, and those of them that are not flagged. listed: places told to \
vary, where none does. seconds: of the processor, over those of `denoise` of one exposure."""
_COLUMNS = (
    "set",
    "seed",
    "N",
    "over one",
    "over ideal",
    "not flagged",
    "share flagged",
    "width",
    "left",
    "unflagged",
    "listed",
    "seconds",
)
_BORDER = 15
_EDGES = (0.3, 1.0, 5.0)


def main(arguments: list[str] | None = None) -> int:
    """Combine, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, nargs="+", default=[2, 4, 8, 16], metavar="N")
    parser.add_argument("--side", type=int, default=512, help="pixels (default %(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=("equal", "mixed"), default=["equal", "mixed"])
    parser.add_argument("--sets", type=int, default=2, help="sets of each kind (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table")
    options = parser.parse_args(arguments)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    warnings.simplefilter("ignore")
    for name, seeds, make in (("equal", _EQUAL_SEEDS, equal_set), ("mixed", _MIXED_SEEDS, mixed_set)):
        for n in options.exposures if name in options.kinds else ():
            for seed in seeds[: options.sets]:
                cells = [name, str(seed), str(n), *_measured(make(seed, n, (options.side, options.side)))]
                lines.append(f"| {' | '.join(cells)} |")
                sys.stderr.write(lines[-1] + "\n")
                options.output.write_text("\n".join(lines) + "\n")
    return 0


def _frames(made: ExposureSet) -> list[Frame]:
    """The exposures as a camera gives them."""
    header = fits.Header({"GAIN": made.detector.gain, "RDNOISE": made.detector.read_noise})
    frames = []
    for one in made.exposures:
        frame = one.load()
        frames.append(Frame(frame.data, mask=frame.mask, header=header.copy(), unit="adu"))
    return frames


def _measured(made: ExposureSet) -> list[str]:
    frames = _frames(made)
    start = time.process_time()
    one = denoise(frames[0])
    middle = time.process_time()
    result = combine(frames)
    seconds = (time.process_time() - middle) / (middle - start)
    ideal = mean_of(bring_together(made.clean[0], made.clean, made.placements))
    best = denoise(Frame(np.where(ideal.mask, ideal.sky, ideal.data), mask=ideal.mask, unit="adu"), noise=ideal.noise)
    told = result.combination
    assert told is not None
    weights = np.asarray(told.exposures["WEIGHT"], float)
    truth = made.truth(weights)
    sky = float(np.median(made.truth(weights)))
    sigma = np.asarray(told.mean_sigma, float)
    inner = np.zeros(truth.shape, bool)
    inner[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    inner &= ~(result.mask | one.mask | ideal.mask) & np.isfinite(sigma)
    judged = inner & ((truth - sky) / sigma < 200)
    error = result.data - truth
    alone = one.data - made.truth([1.0] + [0.0] * (len(frames) - 1))
    at_best = best.data - made.truth(ideal.weights)
    signal = (result.data - sky) / sigma
    claimed = np.asarray(result.uncertainty.array, float)
    low = (-np.inf, *_EDGES)
    zones = [judged & (signal >= a) & (signal < b) for a, b in zip(low, (*_EDGES, np.inf), strict=True)]
    widths = [np.sqrt(np.mean((error / claimed)[zone] ** 2)) for zone in zones]
    plain = judged & (result.flags == 0)
    left = inner & (np.abs(told.mean - ideal.data) > 5 * sigma)
    unflagged = left & (result.flags == 0)
    return [
        f"{_rms(error, judged) / _rms(alone, judged):.3f}",
        f"{_rms(error, judged) / _rms(at_best, judged):.3f}",
        f"{_rms(error, plain) / _rms(at_best, plain):.3f}",
        f"{np.mean(result.flags[judged] > 0):.1%}",
        " ".join(f"{width:.2f}" for width in widths),
        str(np.count_nonzero(left)),
        str(np.count_nonzero(unflagged)),
        str(len(told.variables)),
        f"{seconds:.1f}",
    ]


def _rms(error: np.ndarray, where: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(error[where], dtype=np.float64))))


if __name__ == "__main__":
    raise SystemExit(main())
