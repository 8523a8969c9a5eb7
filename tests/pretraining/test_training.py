"""Training against simulated truth: the error falls, an interruption changes nothing."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from amsd_astro.network.amsd.network import build_amsd
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.tensorflow_runtime import start_tensorflow
from amsd_astro.pretraining.batches import Batches
from amsd_astro.pretraining.losses import truth_loss
from amsd_astro.pretraining.settings import PretrainingSettings
from amsd_astro.pretraining.training import pretrain, validate_network

SETTINGS = PretrainingSettings(n_scenes=2, n_steps=6, n_patches=2, patch=32, n_validated=1, seed=3)


def scenes() -> np.ndarray:
    y, x = np.indices((96, 96))
    blobs = [30 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 18) for cy, cx in ((20, 30), (60, 70), (45, 12))]
    return np.float32([sum(blobs), blobs[0]])


def network():
    start_tensorflow(1)
    return build_amsd(AmsdArchitecture((8, 8), 4), seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("n_lessons", [0, 4])
def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path: Path, n_lessons: int) -> None:
    whole, settings = network(), replace(SETTINGS, n_lessons=n_lessons)
    pretrain(whole, scenes(), settings, folder=tmp_path / "whole", keep_every=2)

    def stop(done: int, total: int, stage: str) -> None:
        assert (total, stage) == (6, "training")
        if done == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pretrain(network(), scenes(), settings, folder=tmp_path / "parts", keep_every=2, progress=stop)
    again, seen = network(), []
    pretrain(again, scenes(), settings, folder=tmp_path / "parts", keep_every=2, progress=lambda *a: seen.append(a[0]))
    assert seen == [5, 6]
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with (tmp_path / "parts" / "log.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file)]
    assert steps == [2, 4, 6]
    pretrain(again, scenes(), settings, folder=tmp_path / "parts", progress=lambda *a: pytest.fail("trained again"))


@pytest.mark.slow
def test_other_settings_do_not_go_on_with_a_state(tmp_path: Path) -> None:
    pretrain(network(), scenes(), SETTINGS, folder=tmp_path, keep_every=6)
    with pytest.raises(ValueError, match="other settings were used here"):
        pretrain(network(), scenes(), replace(SETTINGS, patch=40), folder=tmp_path)


def test_the_loss_is_least_for_the_truth() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(0, 2, (3, 24, 24, 1)).astype(np.float32)
    noisy = target + rng.standard_normal(target.shape, dtype=np.float32)
    known = np.concatenate([noisy, target, np.ones_like(target)], axis=-1)
    certain = np.full_like(target, -4.0)

    def loss(noise: np.ndarray) -> float:
        return float(truth_loss(known, np.concatenate([5 * np.arctanh(noise / 5), certain], axis=-1)))

    right = loss(noisy - target)
    assert right < loss(0.9 * (noisy - target)) < loss(0 * noisy)
    assert right < loss(noisy - target + 0.05)
    known[:, 10:14, 10:14, 2] = 0  # pixels without weight
    spoiled = noisy - target
    spoiled[:, 10:14, 10:14] = 3
    assert loss(spoiled) == pytest.approx(loss(noisy - target), rel=1e-5)


@pytest.mark.slow
def test_the_error_falls(tmp_path: Path) -> None:
    settings = replace(SETTINGS, n_steps=200, n_patches=4, patch=32, learning_rate=2e-2)
    trained = network()
    known = Batches(scenes(), n_patches=8, patch=32, n_batches=2, seed=9, validation=True)
    known = [known[k] for k in range(2)]
    before = validate_network(trained, known)
    assert before["rms"] == pytest.approx(1, abs=0.1)
    pretrain(trained, scenes(), settings, folder=tmp_path, keep_every=200)
    assert validate_network(trained, known)["rms"] < 0.6
