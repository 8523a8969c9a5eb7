"""What each part of the recipes is worth: one frame, one number of steps, one change after another.

    python -m benchmarks.ablation.thesis_parts --sample galaxy_field -o benchmarks/results/ablation.md --cache DIR

All rows but the last are trained on the one frame with the same number of steps, of the same number of patches of 64 x
64 pixels, and the same seed:

1. The thesis recipe as it was: plain Adam (its centralization of gradients never ran), the frame over the noise of its
   sky (no stabilization), stretched through asinh to 0..1.
2. With the gradients truly centralized.
3. With the frame stabilized as well: the recipe as the package has it.
4. The thesis network under recorrupted pairs: it maps the stretched ``z + a n`` to ``z - n / a``, a = 0.5. The loss is
   the mean squared difference in noise units of its plain answer, linear beyond 10 noise widths (without that the cores
   of stars, on which the way back from asinh has a slope of hundreds, would be all that it learns); the last weights
   are kept. It is applied to the frame as it is. 4b has the learning rate of the flagship, forty times that of the
   thesis and with a warm start and a cosine decay.
5. The amsd network under thesis targets: the noisy version is ``z + s n``, s as wide at the sky as in the thesis
   recipe, the target that version shrunk and grown back; mean squared difference in noise units; the last weights are
   kept.
6. The recipe amsd.
7. The recipe amsd with its own number of steps and patches.

The thesis network's answers are given plain and, beside it, guarded: what it takes away is given back where it is
larger than noise can be, as the package does.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from amsd_astro.denoiser.application import apply_model
from amsd_astro.denoiser.preparation import Prepared, prepare
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.training.adaptation import adapt
from amsd_astro.network.amsd.training.losses import recorrupted_loss
from amsd_astro.network.amsd.training.recorrupted_pairs import RecorruptedPairs
from amsd_astro.network.held_out_risk import hold_out_blocks
from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.recipes import AMSD, THESIS
from amsd_astro.network.tensorflow_runtime import start_tensorflow
from amsd_astro.network.thesis.interpolated_pairs import FramePairs
from amsd_astro.network.thesis.loss import thesis_loss
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.network.thesis.normalization import Normalization
from amsd_astro.network.thesis.training import ValidationLoss
from amsd_astro.network.training import train
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.resources import count_processors
from benchmarks.ablation.mixed_pairs import InterpolatedBands, NormalizedPairs
from benchmarks.kept_results import command, kept, machine
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene, sample_scene
from benchmarks.scenes.strata import STRATA, Ruler

__all__ = ["ROWS"]

_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"
_N_JUDGED = 20  # times that the weights of the thesis recipe are judged, as in the package
_LINEAR = 10.0  # noise widths from which the loss of row 4 is linear
_HIGHEST = 20.0  # of the argument of sinh on the way back, in training


def _frame(prepared: Prepared) -> TrainingFrame:
    assert prepared.values is not None
    return TrainingFrame(prepared.values, prepared.frame.mask, prepared.noise.correlation)


def _applied(model: ThesisModel | MultiscaleModel, prepared: Prepared, n_orientations: int) -> np.ndarray:
    """Denoised frame in its unit; with a thesis model also the guarded one."""
    if not isinstance(model, ThesisModel):
        return np.asarray(apply_model(model, model.uncalibrated, prepared, n_orientations=n_orientations).data, float)[
            None
        ]
    made = []
    for guarded in (False, True):
        one = model.replaced(guarded=guarded)
        result = apply_model(one, one.uncalibrated, prepared, n_orientations=n_orientations)
        made.append(np.asarray(result.data, float))
    return np.stack(made)


def _plain_units(scene: Scene) -> NoiseModel:
    """The noise model of a recipe that knows one noise for the whole frame."""
    model = scene.model
    return NoiseModel(0.0, model.sky_variance, model.sky, model.sky_variance, model.correlation)


def _thesis(
    scene: Scene, noise: NoiseModel, optimizer: keras.optimizers.Optimizer, n_steps: int, seed: int
) -> np.ndarray:
    """Rows 1 to 3: the package's `learn_frames`, but for the optimizer and the noise model."""
    prepared = prepare(scene.frame, noise, seed=seed)
    frame = _frame(prepared)
    normalization = Normalization.over([frame.values], softening=THESIS.softening)
    model = ThesisModel(THESIS.architecture, normalization=normalization, seed=seed)
    kept_frames, _ = hold_out_blocks([frame], THESIS, margin=model.margin, seed=THESIS.held_out_seed)
    pairs = FramePairs(
        [frame.values],
        normalization.forward,
        [one.held_out for one in kept_frames],
        patch=THESIS.frame_patch,
        n_patches=THESIS.n_patches,
        seed=seed,
    )
    validation = pairs.validation(THESIS.n_validated, seed=THESIS.held_out_seed)
    train(
        model.network,
        lambda noisy, target: thesis_loss(model.network(noisy), target),
        optimizer,
        pairs,
        n_steps=n_steps,
        score=None if validation is None else ValidationLoss(model, *validation),
        score_at=tuple(round(n_steps * k / _N_JUDGED) for k in range(1, _N_JUDGED)),
    )
    return _applied(model, prepared, THESIS.n_orientations)


def _as_it_was(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _thesis(scene, _plain_units(scene), keras.optimizers.Adam(THESIS.learning_rate), n_steps, seed)


def _centralized(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _thesis(scene, _plain_units(scene), CentralizedAdam(THESIS.learning_rate), n_steps, seed)


def _stabilized(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _thesis(scene, scene.model, CentralizedAdam(THESIS.learning_rate), n_steps, seed)


def _recorrupted(scene: Scene, n_steps: int, seed: int, *, learning_rate: float | None = None) -> np.ndarray:
    """Rows 4 and 4b; without a learning rate that of the flagship, which changes on the way."""
    rate = warm_cosine(AMSD.learning_rate, n_steps=n_steps) if learning_rate is None else learning_rate
    prepared = prepare(scene.frame, scene.model, seed=seed)
    frame = _frame(prepared)
    normalization = Normalization.over([frame.values], softening=THESIS.softening)
    model = ThesisModel(THESIS.architecture, normalization=normalization, seed=seed)
    pairs = RecorruptedPairs(
        [frame], amplitude=AMSD.amplitude, n_patches=THESIS.n_patches, patch=THESIS.frame_patch, seed=seed
    )

    def loss(noisy: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        argument = normalization.low + model.network(noisy) * (normalization.high - normalization.low)
        answer = normalization.softening * tf.sinh(tf.clip_by_value(argument, -_HIGHEST, _HIGHEST))
        size = tf.abs(answer - target)
        error = tf.where(size <= _LINEAR, size**2, _LINEAR * (2 * size - _LINEAR))
        return tf.reduce_sum(error * weight) / tf.maximum(tf.reduce_sum(weight), 1.0)

    train(
        model.network,
        loss,
        CentralizedAdam(rate),
        NormalizedPairs(pairs, normalization),
        n_steps=n_steps,
    )
    return _applied(model, prepared, THESIS.n_orientations)


def _recorrupted_slowly(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _recorrupted(scene, n_steps, seed, learning_rate=THESIS.learning_rate)


def _interpolated(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    """Row 5."""
    prepared = prepare(scene.frame, scene.model, seed=seed)
    frame = _frame(prepared)
    model = MultiscaleModel(AMSD.architecture, seed=seed)
    normalization = Normalization.over([frame.values], softening=THESIS.softening)
    pairs = InterpolatedBands(frame, normalization, n_patches=THESIS.n_patches, patch=THESIS.frame_patch, seed=seed)

    def loss(inputs: tf.Tensor, level: tf.Tensor, noisy: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        estimate, _ = model.estimate(inputs, noisy, level)
        return recorrupted_loss(estimate, target, weight)  # by pixel: the mean squared difference

    train(
        model.network,
        loss,
        CentralizedAdam(warm_cosine(AMSD.learning_rate, n_steps=n_steps)),
        pairs,
        n_steps=n_steps,
    )
    return _applied(model, prepared, AMSD.n_orientations)


def _flagship(scene: Scene, n_steps: int, seed: int, *, n_patches: int) -> np.ndarray:
    """Rows 6 and 7."""
    prepared = prepare(scene.frame, scene.model, seed=seed)
    model = MultiscaleModel(AMSD.architecture, seed=seed)
    recipe = dataclasses.replace(AMSD, n_patches=n_patches)
    trained, _ = adapt(model, [_frame(prepared)], recipe, n_steps=n_steps, seed=seed)
    return _applied(trained, prepared, AMSD.n_orientations)


def _alike(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _flagship(scene, n_steps, seed, n_patches=THESIS.n_patches)


def _shipped(scene: Scene, n_steps: int, seed: int) -> np.ndarray:
    return _flagship(scene, n_steps, seed, n_patches=AMSD.n_patches)


@dataclasses.dataclass(frozen=True)
class _Row:
    """A row: its name in files and in the table, what makes it, and its own number of steps, if it has one."""

    key: str
    title: str
    make: Callable[[Scene, int, int], np.ndarray]
    n_steps: int | None = None


ROWS = (
    _Row("as_it_was", "1. thesis as it was", _as_it_was),
    _Row("centralized", "2. gradients centralized", _centralized),
    _Row("stabilized", "3. and the frame stabilized: thesis as it is", _stabilized),
    _Row("recorrupted", "4. thesis network, recorrupted pairs", _recorrupted_slowly),
    _Row("recorrupted_fast", "4b. the same at the learning rate of amsd", _recorrupted),
    _Row("interpolated", "5. amsd network, thesis targets", _interpolated),
    _Row("alike", "6. amsd", _alike),
    _Row("shipped", f"7. amsd, {AMSD.n_steps} steps of {AMSD.n_patches} patches", _shipped, AMSD.n_steps),
)
"""The rows of the table."""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", choices=SAMPLES, default=SAMPLES[0])
    parser.add_argument("--steps", type=int, default=THESIS.n_steps, help="of each row (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", nargs="+", choices=[row.key for row in ROWS], metavar="ROW", help="only these")
    parser.add_argument("-o", "--output", type=Path, help="write the table (and .json) here")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep results here, and go on from those there")
    options = parser.parse_args()
    start_tensorflow(count_processors())
    scene = sample_scene(options.sample, _FOLDER)
    ruler = Ruler(scene)
    heads = ["rms/sigma all", *(f"S/N {name}" for name, *_ in STRATA[1:]), "PSNR, dB", "SSIM", "s"]
    rows = [row for row in ROWS if not options.rows or row.key in options.rows]
    but = "" if all(row.n_steps is None for row in rows) else " but for row 7"
    lines = [
        f"Made by `{command(__spec__)}` ({machine()}): {options.sample}_1.fits, "
        f"{options.steps} steps of {THESIS.n_patches} patches of {THESIS.frame_patch} x {THESIS.frame_patch} pixels"
        f"{but}. Figures as in comparison.md.\n",
        "| " + " | ".join(["", "answer", *heads]) + " |",
        "|---" * (len(heads) + 2) + "|",
    ]
    record: dict[str, dict[str, Any]] = {}
    for row in rows:
        n_steps = row.n_steps or options.steps
        key = f"ablation_{scene.key}_{row.key}_{n_steps}_{options.seed}"
        results, seconds = kept(options.cache, key, lambda row=row, n=n_steps: row.make(scene, n, options.seed))
        answers = dict(zip(("plain", "guarded") if len(results) > 1 else ("",), results, strict=True))
        for answer, values in answers.items():
            found = ruler.measure(values)
            cells = [f"{found.rms[name]:.3f}" if name in found.rms else "" for name, *_ in STRATA]
            cells += [f"{found.psnr:.2f}", f"{found.ssim:.3f}", f"{seconds:.0f}"]
            lines.append("| " + " | ".join([row.title, answer, *cells]) + " |")
            print(lines[-1], flush=True)
            record[f"{row.key} {answer}".strip()] = {
                **dataclasses.asdict(found),
                "seconds": seconds,
                "steps": n_steps,
            }
        if options.output is not None:  # after each row: what is done is there
            options.output.write_text("\n".join(lines) + "\n")
            options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
