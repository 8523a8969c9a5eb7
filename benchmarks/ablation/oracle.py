"""How far adapted weights are from the same network trained with truth on fields of the very kind that is denoised.

    python -m benchmarks.ablation.oracle --steps 2000 --cache DIR -o benchmarks/results/oracle.md

The oracle starts from the packaged weights and learns from fresh exposures of other fields of the sample's kind, by the
sample's detector, against their truth. It stands for what a network of this size can do. ``--cache`` keeps its weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

from amsd_astro import Denoiser
from amsd_astro.arrays.filling import fill_masked
from amsd_astro.network.engines.starting import start
from amsd_astro.noise.stabilization import Stabilizer
from amsd_astro.simulation import Field, expose, galaxy_field, large_galaxy, star_cluster
from benchmarks.ablation.oracle_training import trained_oracle
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import SAMPLES, sample_scene
from benchmarks.scenes.strata import STRATA, Ruler

_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"
_BUILD = {"galaxy_field": galaxy_field, "large_galaxy": large_galaxy, "star_cluster": star_cluster}
_SEED = 77_001
_SHAPE = (512, 512)
_PATCH = 128
_WHITE = np.ones((1, 1))
_HEAD = """\
rms/sigma of the samples, by true S/N: the packaged weights in one orientation (--steps 0), in four as by default, \
adapted on the frame for some steps, and the oracle: the same network trained on for {steps} steps against the \
truth of {n_fields} other fields of the sample's kind. Asked: at most 1.10 of the oracle."""


def main() -> int:
    """Train the oracles, denoise, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=SAMPLES, default=list(SAMPLES), metavar="SAMPLE")
    parser.add_argument("--steps", type=int, default=2000, help="of the oracle's training")
    parser.add_argument("--adapted", type=int, nargs="+", default=[120, 400], help="steps on the frame")
    parser.add_argument("--fields", type=int, default=24, help="fields that the oracle learns from")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    start(None)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", ""]
    lines += [_HEAD.format(steps=options.steps, n_fields=options.fields), ""]
    names = [name for name, *_ in STRATA]
    lines += [f"| sample | weights | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for kind in options.kinds:
        path = _oracle(kind, options.steps, options.fields, options.cache)
        for label, denoiser in (
            ("one orientation", Denoiser(steps=0)),
            ("by default", Denoiser()),
            *((f"adapted, {n} steps", Denoiser(steps=n)) for n in options.adapted),
            ("oracle", Denoiser.load(path)),
        ):
            lines.append(f"| {kind} | {label} | {' | '.join(_errors(kind, denoiser))} |")
            sys.stderr.write(lines[-1] + "\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _errors(kind: str, denoiser: Denoiser) -> list[str]:
    scene = sample_scene(kind, _FOLDER)
    rms = Ruler(scene).measure(denoiser.fit_denoise(scene.frame).data).rms
    return [f"{rms[name]:.3f}" if name in rms else "" for name, *_ in STRATA]


def _oracle(kind: str, n_steps: int, n_fields: int, folder: Path) -> Path:
    """The oracle's model file."""
    path = folder / f"oracle_{kind}_{n_steps}_{n_fields}.npz"
    exposures = _exposures(kind, n_fields)
    return trained_oracle(path, exposures, _WHITE, n_steps=n_steps, patch=_PATCH, precision="float32")


def _exposures(kind: str, n_fields: int) -> Iterator[np.ndarray]:
    """Fresh exposures of the fields in turn."""
    fields = [_BUILD[kind](np.random.default_rng([_SEED, k]), _SHAPE) for k in range(n_fields)]
    rng = np.random.default_rng([_SEED, 0, 1])
    for field in cycle(fields):
        yield _exposed(field, rng)


def _exposed(field: Field, rng: np.random.Generator) -> np.ndarray:
    """Noisy values, target and weight side by side, in noise units."""
    exposure = expose(field, rng, n_cosmic_rays=20)
    detector, bad = field.detector, exposure.mask > 0
    level = detector.pedestal + field.sky / detector.gain
    slope, variance = 1 / detector.gain, float(detector.variance(level))
    stabilizer = Stabilizer(slope, variance - slope * level, level)
    noisy, target = stabilizer.forward(exposure.data.astype(float)), stabilizer.expected(field.truth.astype(float))
    filled = fill_masked(np.where(bad, 0, noisy).astype(np.float32), bad)
    noise = rng.standard_normal(noisy.shape, dtype=np.float32)
    return np.stack([np.where(bad, filled + noise, noisy), target, ~bad], axis=-1).astype(np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
