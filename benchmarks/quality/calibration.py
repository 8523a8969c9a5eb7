"""Whether the 1-sigma map tells the error: the unseen frames, against the truth.

    python -m benchmarks.quality.calibration -o benchmarks/results/calibration.md

Each frame is denoised as it is, nothing told. The width is the root of the mean of ((result - truth) / 1-sigma map)**2
over good pixels; coverage is the share of them within 1 and 1.96 of the map.
"""

from __future__ import annotations

import sys

import numpy as np

from amsd_astro import Denoiser
from amsd_astro.denoiser.training import start
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import Scene
from benchmarks.scenes.strata import FEWEST, STRATA
from benchmarks.scenes.unseen_frames import unseen_scene
from benchmarks.scenes.unseen_options import unseen_options

_HEAD = """\
Width of (result - truth) / 1-sigma map on the 18 frames of `unseen_frames.py`, by true S/N per pixel, and the share \
of pixels whose error is within 1 and 1.96 of it (of a Gaussian: 68.3 and 95.0 %). The last rows pool the pixels of \
all frames. Asked: widths of 0.9 to 1.1 and coverage within 3 points."""


def main() -> int:
    """Denoise every frame, and write the table."""
    options = unseen_options(__doc__)
    start(None)
    names = [name for name, *_ in STRATA]
    heads = ["frame", *(f"width, {name}" for name in names), "within 1, %", "within 1.96, %"]
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    pooled: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for frame in options.frames:
        scores = _scores(unseen_scene(frame), Denoiser(steps=options.steps))
        for name, found in scores.items():
            pooled[name].append(found)
        lines.append(_row(frame, scores))
        sys.stderr.write(lines[-1] + "\n")
    together = {name: np.concatenate(found) for name, found in pooled.items()}
    lines.append(_row("all frames", together))
    lines += ["", "| all frames | within 1, % | within 1.96, % |", "|---|---|---|"]
    lines += [f"| {name} | {_covered(found, 1)} | {_covered(found, 1.96)} |" for name, found in together.items()]
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _scores(scene: Scene, denoiser: Denoiser) -> dict[str, np.ndarray]:
    """Errors over what the map says, by stratum."""
    result = denoiser.fit_denoise(scene.frame)
    score = (np.asarray(result.data, float) - scene.truth) / result.uncertainty.array
    return {
        name: score[scene.good & ~result.mask & (scene.signal >= low) & (scene.signal < high)]
        for name, low, high in STRATA
    }


def _row(name: str, scores: dict[str, np.ndarray]) -> str:
    widths = (f"{np.sqrt(np.mean(found**2)):.2f}" if found.size >= FEWEST else "" for found in scores.values())
    every = scores[STRATA[0][0]]
    return f"| {' | '.join([name, *widths, _covered(every, 1), _covered(every, 1.96)])} |"


def _covered(score: np.ndarray, limit: float) -> str:
    return f"{100 * np.mean(np.abs(score) < limit):.1f}"


if __name__ == "__main__":
    sys.exit(main())
