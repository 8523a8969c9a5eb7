"""What training on a few exposures of one kind brings the next one.

    python -m benchmarks.quality.trained -o benchmarks/results/trained.md

For each kind of frame of unseen_frames.py the packaged weights are trained on four other frames of the kind (other
seeds, the same PSF, sky, detector and abundance of sources), as `amsd-astro train` does, without their truth; the
unseen frame is then denoised by the model, and by the packaged weights.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from amsd_astro import Denoiser
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import Scene
from benchmarks.scenes.strata import Ruler
from benchmarks.scenes.unseen_frames import SEED, UNSEEN, unseen_scene

_FIRST = 500  # beyond the seeds that oracles learn from
_HEAD = """\
rms/sigma of all pixels of an unseen frame: by the packaged weights, and over that by weights trained on {n_frames} \
other frames of its kind for so many steps; in brackets the steps of the weights that were kept, 0 where the packaged \
ones had the lower held-out risk."""


def main() -> int:
    """Train, denoise, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", nargs="+", choices=UNSEEN, default=list(UNSEEN), metavar="FRAME", help="only these")
    parser.add_argument("--steps", nargs="+", type=int, default=[120, 400], metavar="N", help="(default 120 400)")
    parser.add_argument("--exposures", type=int, default=4, metavar="N", help="to train on (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    head = _HEAD.format(n_frames=options.exposures)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", head, ""]
    lines += [" | ".join(["| frame | packaged", *(f"{n} steps" for n in options.steps)]) + " |"]
    lines += ["|---" * (2 + len(options.steps)) + "|"]
    found = []
    for kind in options.frames:
        scene = unseen_scene(kind)
        others = [unseen_scene(kind, seed=SEED + _FIRST + k).frame for k in range(options.exposures)]
        trained = [Denoiser(steps=n_steps).fit(others) for n_steps in options.steps]
        packaged, *errors = (_error(scene, denoiser) for denoiser in (Denoiser(), *trained))
        found.append([error / packaged for error in errors])
        cells = [f"{ratio:.3f} ({_steps(one)})" for ratio, one in zip(found[-1], trained, strict=True)]
        lines.append(" | ".join([f"| {kind} | {packaged:.3f}", *cells]) + " |")
        sys.stderr.write(lines[-1] + "\n")
        means = (f"{mean:.3f}" for mean in np.exp(np.mean(np.log(found), axis=0)))
        options.output.write_text("\n".join([*lines, " | ".join(["| geometric mean | ", *means]) + " |"]) + "\n")
    return 0


def _steps(denoiser: Denoiser) -> int:
    return denoiser.adaptation.n_steps if denoiser.adaptation else 0


def _error(scene: Scene, denoiser: Denoiser) -> float:
    return Ruler(scene).measure(denoiser.denoise(scene.frame).data).rms["all"]


if __name__ == "__main__":
    raise SystemExit(main())
