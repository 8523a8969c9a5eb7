"""Whether the noise is right where no sky is empty, and what the result is then: beside the exact noise model.

    python -m benchmarks.quality.structured_noise -o benchmarks/results/structured_noise.md

Frames are those of scenes/structured_frames.py and scenes/odd_noise_frames.py, all that are drawn.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

from amsd_astro import Denoiser, Frame
from amsd_astro.errors import AmsdWarning
from amsd_astro.noise.measurement import Stated
from benchmarks.kept_results import command, machine
from benchmarks.quality.errors import geometric_mean
from benchmarks.scenes.odd_noise_frames import KINDS, odd_noise_frame
from benchmarks.scenes.structured_frames import SCENES, STATED, StructuredFrame, structured_frame

_HEAD = """\
{n_seeds} frames of each of the first kinds, the same whoever states the noise, {n_odd} of each of the others, of
288 x 288 pixels, by default; all that were drawn. Offsets belong to the truth. Noise: median of the noise that was
found over the true one. Error: rms of (result - truth) / true noise, 1 before denoising; over that of the same frame
where the exact noise model is told. Width: of (result - truth) / 1-sigma map, clipped at 8. Geometric means, and the
extremes."""


def main(arguments: list[str] | None = None) -> int:
    """Denoise, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4, help="frames of each kind (default %(default)s)")
    parser.add_argument("--odd-seeds", type=int, default=6, help="of the kinds without crowding (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    lines = [
        f"Made by `{command(__spec__)}` ({machine()}).",
        "",
        _HEAD.format(n_seeds=options.seeds, n_odd=options.odd_seeds),
        "",
    ]
    lines += ["| scene | stated by | noise / true | error | over exact | width |", f"|{'---|' * 6}"]
    denoiser = Denoiser()
    for scene in SCENES:
        exact = []
        for seed in range(options.seeds):
            made = structured_frame(scene, "nothing", seed)
            exact.append(_measured(denoiser, made, made.model)[1])
        for stated in STATED:
            frames = [structured_frame(scene, stated, seed) for seed in range(options.seeds)]
            found = np.array([_measured(denoiser, one, one.told) for one in frames])
            columns = [found[:, 0], found[:, 1], found[:, 1] / exact, found[:, 2]]
            lines.append(f"| {scene} | {stated} | {' | '.join(map(_cell, columns))} |")
            sys.stderr.write(lines[-1] + "\n")
    for kind in KINDS:
        frames = [odd_noise_frame(kind, seed) for seed in range(options.odd_seeds)]
        found = np.array([_measured(denoiser, one, one.told) for one in frames])
        exact = [_measured(denoiser, one, one.model)[1] for one in frames]
        columns = [found[:, 0], found[:, 1], found[:, 1] / exact, found[:, 2]]
        stated = "plane" if frames[0].frame.uncertainty is not None else "nothing"
        lines.append(f"| {kind} | {stated} | {' | '.join(map(_cell, columns))} |")
        sys.stderr.write(lines[-1] + "\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _measured(denoiser: Denoiser, made: StructuredFrame, noise: Stated) -> tuple[float, float, float]:
    """Found over true noise, error, and width of the errors over the 1-sigma map."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)
        result: Frame = denoiser.denoise(made.frame, noise=noise)
    assert result.noise is not None
    inside = np.isfinite(made.sigma)
    ratio = np.median((np.sqrt(result.noise.variance(made.truth)) / made.sigma)[inside])
    error = (result.data - made.truth)[inside]
    width = np.clip(error / result.uncertainty.array[inside], -8, 8)
    left = np.sqrt(np.mean((error / made.sigma[inside]) ** 2))
    return float(ratio), float(left), float(np.sqrt(np.mean(width**2)))


def _cell(values: np.ndarray) -> str:
    return f"{geometric_mean(values.tolist()):.3f} ({values.min():.3f} to {values.max():.3f})"


if __name__ == "__main__":
    raise SystemExit(main())
