"""Whether `Frame.sum_error` tells the errors of sums: the samples and the unseen frames, against the truth.

    python -m benchmarks.quality.sum_errors -o benchmarks/results/sum_errors.md

Each frame is denoised as it is, nothing told. The width is the root of the mean of ((sum - true sum) / error)**2 over
circular apertures: 20 x 20 all over the frame, and those on what stands out of the denoised frame by more than the
noise of the exposure, at most 200.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from photutils.aperture import CircularAperture
from photutils.detection import find_peaks

from amsd_astro import Denoiser, Frame
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene, sample_scene
from benchmarks.scenes.unseen_frames import UNSEEN, unseen_scene

_RADII = (2, 3, 4, 6, 8, 10)
_SIDE, _MOST, _FEWEST = 20, 200, 30
_BORDER = 12  # pixels
_SAMPLES = Path("data_samples")

_HEAD = """\
Width of (sum - true sum) / `sum_error` in circular apertures of the given radius in pixels, on denoised samples \
and frames of `unseen_frames.py`: first all over the frame, then on the sources that are seen in the denoised \
frame. 1 is right, above 1 the errors are told too small. Bold: off by more than 15 %. The last columns: the same of \
the exposure, over all radii, and how many times larger than the errors of photutils, which knows of no correlation, \
these are at a radius of 4."""

_Widths = list[float]


def main() -> int:
    """Denoise every frame, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*SAMPLES, *UNSEEN]
    parser.add_argument("--frames", nargs="+", choices=names, default=names, metavar="FRAME")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    radii = [f"{radius}" for radius in _RADII]
    heads = ["frame", *(f"all, {r}" for r in radii), *(f"seen, {r}" for r in radii), "exposure", "over photutils"]
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    off = n_judged = 0
    for name in options.frames:
        scene = sample_scene(name, _SAMPLES) if name in SAMPLES else unseen_scene(name)
        everywhere, seen, exposure, ratio = _widths(scene)
        judged = [width for width in (*everywhere, *seen) if np.isfinite(width)]
        n_judged += len(judged)
        off += sum(_is_off(width) for width in judged)
        cells = [name, *map(_cell, everywhere), *map(_cell, seen), _cell(exposure), f"{ratio:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
        sys.stderr.write(lines[-1] + "\n")
    lines += ["", f"Within 15 % are {n_judged - off} of the {n_judged} widths of denoised frames."]
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _widths(scene: Scene) -> tuple[_Widths, _Widths, float, float]:
    """Widths all over the frame and on its sources, that of the exposure, and the errors over those of photutils."""
    frame, rng = scene.frame, np.random.default_rng(7)
    result = Denoiser().fit_denoise(frame)
    ny, nx = frame.data.shape
    side = np.linspace(0, 1, _SIDE)
    steps = np.stack(np.meshgrid(_BORDER + side * (nx - 2 * _BORDER), _BORDER + side * (ny - 2 * _BORDER)), axis=-1)
    anywhere = steps.reshape(-1, 2) + rng.uniform(-0.5, 0.5, (_SIDE**2, 2))
    shown = np.where(result.mask, result.noise.sky, result.data) - result.noise.sky
    peaks = find_peaks(shown, np.sqrt(result.noise.sky_variance), box_size=7, border_width=_BORDER)
    places = np.c_[peaks["x_peak"], peaks["y_peak"]] if peaks is not None else np.zeros((0, 2))
    places = places[rng.permutation(len(places))[:_MOST]]
    rows = [[_deviations(scene, result, at, radius) for radius in _RADII] for at in (anywhere, places)]
    raw = np.concatenate([_deviations(scene, frame, anywhere, radius) for radius in _RADII])
    aperture = CircularAperture(anywhere, 4)
    plain = aperture.do_photometry(result.data, error=result.uncertainty.array, mask=result.mask)[1]
    everywhere, seen = ([_width(one) for one in row] for row in rows)
    return everywhere, seen, _width(raw), float(np.nanmedian(result.sum_error(aperture) / plain))


def _deviations(scene: Scene, frame: Frame, places: np.ndarray, radius: float) -> np.ndarray:
    """Errors of sums over what they are said to be."""
    if not len(places):
        return np.zeros(0)
    aperture = CircularAperture(places, radius)
    error = np.where(frame.mask, 0, np.asarray(frame.data, float) - scene.truth)
    found = aperture.do_photometry(error, mask=frame.mask)[0] / frame.sum_error(aperture)
    return np.asarray(found[np.isfinite(found)])


def _width(deviations: np.ndarray) -> float:
    return float(np.sqrt(np.mean(deviations**2))) if deviations.size >= _FEWEST else float("nan")


def _is_off(width: float) -> bool:
    return abs(round(width, 2) - 1) > 0.15 + 1e-9


def _cell(width: float) -> str:
    return "" if np.isnan(width) else f"**{width:.2f}**" if _is_off(width) else f"{width:.2f}"


if __name__ == "__main__":
    sys.exit(main())
