"""Training of a network against the truth of simulated exposures; goes on after an interruption.

Built from Keras's own loop, so that any of its backends can run it.
"""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.network import VARIANCE, estimate
from amsd_astro.pretraining.batches import Batches, KnownBatch
from amsd_astro.pretraining.lessons import Lessons
from amsd_astro.pretraining.losses import RIM, truth_loss, variance_loss
from amsd_astro.pretraining.muon import Muon
from amsd_astro.pretraining.settings import PretrainingSettings
from amsd_astro.pretraining.teaching import Teacher

__all__ = ["calibrate_variance", "pretrain", "validate_network"]

_log = logging.getLogger(__name__)


def pretrain(
    network: keras.Model,
    scenes: NDArray[np.float32],
    settings: PretrainingSettings,
    *,
    folder: Path,
    first: int = 0,
    teacher: Teacher | None = None,
    n_threads: int = 1,
    keep_every: int = 200,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Train a network, in place.

    Parameters
    ----------
    network : keras.Model
        By `build_amsd`.
    scenes : ndarray of float32, shape (n, ny, nx)
        By `load_scenes`.
    settings : PretrainingSettings
        How.
    folder : Path
        Keeps the state and the log; the same call goes on from there.
    first : int
        Number of the first batch: as many came before, in another training.
    teacher : Teacher, optional
        Its answers are half of what the network is to give.
    n_threads : int
        That make exposures ahead of time.
    keep_every : int
        Steps between two keepings of the state.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    """
    n_warm = max(1, settings.n_steps // 50)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 50,
        max(1, settings.n_steps - n_warm),
        alpha=0.01,
        warmup_target=settings.learning_rate,
        warmup_steps=n_warm,
    )
    optimizer = Muon(schedule, global_clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=truth_loss, jit_compile=keras.backend.backend() == "jax")
    optimizer.build(network.trainable_variables)
    batches = partial(Batches, n_patches=settings.n_patches, patch=settings.patch, seed=settings.seed)
    seen, held_out = _held_out(scenes)
    known = batches(held_out, n_batches=settings.n_validated, validation=True)
    state = _State(network, {**asdict(settings), "first": first, "taught": teacher is not None}, folder, list(known))
    if (done := state.restore()) < settings.n_steps:
        rest: Iterable[KnownBatch]
        if settings.n_lessons:
            drawn = batches(seen, n_batches=settings.n_lessons, first=first)
            lessons = Lessons(drawn, folder=folder / "lessons", teacher=teacher)
            rest, teacher = lessons.take(settings.n_steps - done, first=done, n_threads=n_threads), None
        else:
            rest = batches(seen, n_batches=settings.n_steps - done, first=first + done, n_threads=n_threads)
        for step, loss in _steps(network, rest, first=done, teacher=teacher):
            if step % keep_every == 0 or step == settings.n_steps:
                state.keep(step, loss)
            if progress is not None:
                progress(step, settings.n_steps, "training")


def calibrate_variance(
    network: keras.Model,
    scenes: NDArray[np.float32],
    settings: PretrainingSettings,
    *,
    first: int = 0,
    n_threads: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Train what a finished network tells of its variance, and nothing else, on exposures it has not seen.

    Their noise models are nearly right: a few that are far off would widen the errors of all frames.

    Parameters
    ----------
    network, scenes, settings, first, n_threads, progress
        As for `pretrain`.
    """
    n_steps = settings.n_calibrated
    for layer in network.layers:
        layer.trainable = layer.name.startswith(VARIANCE)
    schedule = keras.optimizers.schedules.CosineDecay(0.02, n_steps, alpha=0.01)
    network.compile(optimizer=keras.optimizers.Adam(schedule), loss=variance_loss, jit_compile=False)
    batches = Batches(
        _held_out(scenes)[0],
        n_patches=settings.n_patches,
        patch=settings.patch,
        n_batches=n_steps,
        seed=settings.seed,
        first=first + settings.n_steps,
        share_wrong=0.0,
        n_threads=n_threads,
    )

    for step, _ in _steps(network, batches):
        if progress is not None:
            progress(step, n_steps, "calibrating")
    for layer in network.layers:
        layer.trainable = True


def validate_network(network: keras.Model, batches: Iterable[KnownBatch]) -> dict[str, float]:
    """Error of a network on known exposures.

    Returns
    -------
    dict
        ``rms``: geometric mean over patches of the rms error over the noise, ``mean``: mean error, ``variance``: mean
        squared error over the predicted variance.
    """
    rms, mean, squared, predicted = [], [], 0.0, 0.0
    inner = slice(RIM, -RIM)
    for inputs, known in batches:
        outputs = network.predict_on_batch(inputs)[:, inner, inner]
        noisy, target, weight = np.split(known[:, inner, inner], 3, axis=-1)
        values, log_variance = (np.asarray(part) for part in estimate(outputs, noisy))
        error = (values - target) * weight
        n_good = np.maximum(weight.sum(axis=(1, 2, 3)), 1)
        rms.extend(np.sqrt((error**2).sum(axis=(1, 2, 3)) / n_good))
        mean.append(float(error.sum() / n_good.sum()))
        squared += float((error**2).sum())
        predicted += float((np.exp(log_variance) * weight).sum())
    geometric = float(np.exp(np.mean(np.log(rms))))
    return {"rms": geometric, "mean": float(np.mean(mean)), "variance": squared / predicted}


def _steps(
    network: keras.Model, batches: Iterable[KnownBatch], *, first: int = 0, teacher: Teacher | None = None
) -> Iterator[tuple[int, float]]:
    """Train, and give the number of each step done and its loss."""
    for step, (inputs, known) in enumerate(batches, start=first + 1):
        known = known if teacher is None else teacher.teach(inputs, known)
        # not Keras's fit, which waits for batches that are there: half as long again a step
        yield step, float(network.train_on_batch(inputs, known))


def _held_out(scenes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scenes to train on, and one in twenty to judge by."""
    n_held = max(1, len(scenes) // 20)
    return scenes[:-n_held], scenes[-n_held:]


class _State:
    """Weights and optimizer on the disk, and the log beside them."""

    def __init__(
        self,
        network: keras.Model,
        settings: dict[str, Any],
        folder: Path,
        known: list[KnownBatch],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._network = network
        self._settings = json.loads(json.dumps(settings))  # as they will be read back
        self._known = known
        self._weights = folder / "state.weights.h5"
        self._note = folder / "state.json"
        self._log = folder / "log.csv"

    @property
    def _statement(self) -> dict[str, Any]:
        return {**self._settings, "network": self._network.count_params()}

    def restore(self) -> int:
        """Steps done by an interrupted call with the same settings; its weights and optimizer are taken over."""
        if not self._note.exists():
            return 0
        note = json.loads(self._note.read_text())
        if note["settings"] != self._statement:
            raise ValueError(f"{self._note}: other settings were used here. Received: {self._statement}")
        self._network.load_weights(self._weights)
        return int(note["done"])

    def keep(self, done: int, loss: float) -> None:
        """Write the state and a line of the log."""
        unfinished = self._weights.with_name("unfinished.weights.h5")
        self._network.save_weights(unfinished, overwrite=True)
        os.replace(unfinished, self._weights)
        self._note.write_text(json.dumps({"settings": self._statement, "done": done}))
        found = {"step": done, "loss": loss, **validate_network(self._network, self._known)}
        is_new = not self._log.exists()
        with self._log.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(found))
            if is_new:
                writer.writeheader()
            writer.writerow({key: value if key == "step" else f"{value:.5g}" for key, value in found.items()})
        _log.info("step %d: rms %.4f, mean %+.4f", done, found["rms"], found["mean"])
