"""How much better the network would be on each unseen frame if it had learned from frames of that very kind.

    python -m benchmarks.ablation.oracle_unseen --cache DIR -o benchmarks/results/oracle_unseen.md

For each kind of frame of unseen_frames.py an oracle is trained, see oracle_training.py, on other frames of the kind
(other seeds, the same PSF, sky, detector and abundance of sources), with their truth and their true noise. It knows
what no single frame can tell, so it stands for the least error that a network of this size can reach. Errors of BM3D
and of weights adapted to the frame are taken from adapted.json. ``--cache`` keeps the oracles.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from amsd_astro import Denoiser
from amsd_astro.resources import count_processors, has_bfloat16
from benchmarks.ablation.oracle_training import trained_oracle
from benchmarks.kept_results import command, machine
from benchmarks.scenes.strata import Ruler
from benchmarks.scenes.unseen_frames import SEED, UNSEEN, unseen_scene

_KNOWN = Path(__file__).resolve().parents[1] / "results" / "adapted.json"
_ADAPTED = "amsd --steps 400"
_PATCH = 160
_HEAD = """\
rms/sigma of all pixels: BM3D (told the true noise), the packaged weights as by default and after adapting to the \
frame (`{adapted}`), and the oracle, the same network trained on for {n_steps} steps against the truth of {n_scenes} \
other frames of the same kind. Asked: at most 1.10 of the oracle after adapting."""


def main() -> int:
    """Train the oracles, denoise, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", nargs="+", choices=UNSEEN, default=list(UNSEEN), metavar="FRAME", help="only these")
    parser.add_argument("--steps", type=int, default=400, help="of an oracle's training (default %(default)s)")
    parser.add_argument("--scenes", type=int, default=40, help="that an oracle learns from (default %(default)s)")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    head = _HEAD.format(adapted=_ADAPTED, n_steps=options.steps, n_scenes=options.scenes)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", head, ""]
    heads = ["frame", "bm3d", "default", "adapted", "oracle", "default / oracle", "adapted / oracle", "oracle / bm3d"]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    known = json.loads(_KNOWN.read_text())["frames"]
    found = []
    for kind in options.frames:
        path = options.cache / f"oracle_{kind}_{options.steps}_{options.scenes}.npz"
        _trained(path, kind, options.steps, options.scenes)
        peer, adapted = (known[kind][name]["rms"]["all"] for name in ("bm3d", _ADAPTED))
        errors = np.array([peer, _error(kind, Denoiser()), adapted, _error(kind, Denoiser.load(path))])
        found.append(errors)
        lines.append(_row(kind, errors))
        mean = _row("geometric mean", np.exp(np.mean(np.log(found), axis=0)))
        sys.stderr.write(lines[-1] + "\n")
        options.output.write_text("\n".join([*lines, mean]) + "\n")
    return 0


def _row(name: str, errors: NDArray[np.float64]) -> str:
    peer, default, adapted, oracle = errors
    figures = [peer, default, adapted, oracle, default / oracle, adapted / oracle, oracle / peer]
    return " | ".join([f"| {name}", *(f"{figure:.3f}" for figure in figures)]) + " |"


def _error(kind: str, denoiser: Denoiser) -> float:
    scene = unseen_scene(kind)
    return Ruler(scene).measure(denoiser.fit_denoise(scene.frame).data).rms["all"]


def _trained(path: Path, kind: str, n_steps: int, n_scenes: int) -> None:
    """Train the oracle of a kind if it is not there."""
    if path.exists():
        return
    # processes that are spawned: TensorFlow's threads do not survive a fork
    with ProcessPoolExecutor(count_processors(), mp_context=get_context("spawn")) as pool:
        scenes = list(pool.map(partial(_learned_from, kind), range(n_scenes)))
    correlation = np.asarray(unseen_scene(kind).model.correlation)
    precision = "bfloat16" if has_bfloat16() else "float32"
    trained_oracle(path, cycle(scenes), correlation, n_steps=n_steps, patch=_PATCH, precision=precision)


def _learned_from(kind: str, k: int) -> np.ndarray:
    """Noisy values, target and weight of another frame of a kind, in noise units."""
    scene = unseen_scene(kind, seed=SEED + 1 + k)
    target = scene.model.stabilizer().expected(scene.truth.astype(float))
    return np.stack([scene.noisy, target, scene.good], axis=-1).astype(np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
