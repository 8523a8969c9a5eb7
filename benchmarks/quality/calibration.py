"""Whether the 1-sigma map tells the error: the unseen frames, against the truth.

    python -m benchmarks.quality.calibration -o benchmarks/results/calibration.md

Each frame is denoised as it is, nothing told. The width is the root of the mean of ((result - truth) / 1-sigma map)**2
over good pixels; coverage is the share of them within 1 and 1.96 of the map.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields

import numpy as np

from amsd_astro import Denoiser
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import Scene
from benchmarks.scenes.strata import FEWEST, STRATA
from benchmarks.scenes.unseen_frames import unseen_scene
from benchmarks.scenes.unseen_options import unseen_options

_HEAD = """\
Width of (result - truth) / 1-sigma map on the 18 frames of `unseen_frames.py`, by true S/N per pixel, and the share \
of pixels whose error is within 1 and 1.96 of it (of a Gaussian: 68.3 and 95.0 %). The last rows pool the pixels of \
all frames. Asked: widths of 0.9 to 1.1 and coverage within 3 points."""
_BY_RESULT = """\
The pixels of all frames by what a reader of the result knows: its own S/N (over the true noise), and the claimed \
error over the noise, in sextiles. Mean error: of (result - truth) over the noise. Asked: widths of 0.9 to 1.15 by \
the S/N and 0.9 to 1.1 by the claim, mean errors of at most 0.05."""
_N_CLAIMS = 6


@dataclass(frozen=True)
class _Pixels:
    """Those of some frames that are good: errors and claims over the true noise, and S/N of truth and result."""

    error: np.ndarray
    claim: np.ndarray
    true_signal: np.ndarray
    signal: np.ndarray

    @property
    def score(self) -> np.ndarray:
        return self.error / self.claim


def main() -> int:
    """Denoise every frame, and write the table."""
    options = unseen_options(__doc__)
    heads = ["frame", *(f"width, {name}" for name, *_ in STRATA), "within 1, %", "within 1.96, %"]
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    found = []
    for frame in options.frames:
        found.append(_pixels(unseen_scene(frame), Denoiser(steps=options.steps)))
        lines.append(_row(frame, _by_truth(found[-1])))
        sys.stderr.write(lines[-1] + "\n")
    names = [field.name for field in fields(_Pixels)]
    together = _Pixels(*(np.concatenate([getattr(one, name) for one in found]) for name in names))
    by_truth = _by_truth(together)
    lines.append(_row("all frames", by_truth))
    lines += ["", "| all frames | within 1, % | within 1.96, % |", "|---|---|---|"]
    lines += [f"| {name} | {_covered(score, 1)} | {_covered(score, 1.96)} |" for name, score in by_truth.items()]
    lines += ["", _BY_RESULT, "", "| pixels | width | mean error |", "|---|---|---|"]
    lines += [
        f"| {name} | {_width(together.score[chosen])} | {np.mean(together.error[chosen]):+.3f} |"
        for name, chosen in _by_result(together).items()
    ]
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _pixels(scene: Scene, denoiser: Denoiser) -> _Pixels:
    result = denoiser.fit_denoise(scene.frame)
    values, claim = np.asarray(result.data, float), np.asarray(result.uncertainty.array, float)
    error = (values - scene.truth) / scene.sigma
    images = error, claim / scene.sigma, scene.signal, scene.signal + error
    return _Pixels(*(image[scene.good & ~result.mask] for image in images))


def _by_truth(pixels: _Pixels) -> dict[str, np.ndarray]:
    """Errors over what the map says, by stratum of the true S/N."""
    signal = pixels.true_signal
    return {name: pixels.score[(signal >= low) & (signal < high)] for name, low, high in STRATA}


def _by_result(pixels: _Pixels) -> dict[str, np.ndarray]:
    """Choices of pixels by the result's S/N, and by its claim."""
    chosen = {f"S/N {name}": (pixels.signal >= low) & (pixels.signal < high) for name, low, high in STRATA[1:]}
    bounds = np.quantile(pixels.claim, np.linspace(0, 1, _N_CLAIMS + 1))
    place = np.clip(np.searchsorted(bounds, pixels.claim, side="right") - 1, 0, _N_CLAIMS - 1)
    return chosen | {f"claim {bounds[k]:.3f} to {bounds[k + 1]:.3f}": place == k for k in range(_N_CLAIMS)}


def _row(name: str, scores: dict[str, np.ndarray]) -> str:
    every = scores[STRATA[0][0]]
    widths = (_width(score) for score in scores.values())
    return f"| {' | '.join([name, *widths, _covered(every, 1), _covered(every, 1.96)])} |"


def _width(score: np.ndarray) -> str:
    return f"{np.sqrt(np.mean(score**2)):.2f}" if score.size >= FEWEST else ""


def _covered(score: np.ndarray, limit: float) -> str:
    return f"{100 * np.mean(np.abs(score) < limit):.1f}"


if __name__ == "__main__":
    sys.exit(main())
