"""Lessons are batches that were taught once, and come back turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amsd_astro.pretraining.batches import Batches, KnownBatch
from amsd_astro.pretraining.lessons import Lessons
from amsd_astro.pretraining.teaching import Teacher


class Counting(Teacher):
    """Adds 1 to each target, and counts the calls."""

    def __init__(self) -> None:
        self.n_calls = 0

    def teach(self, inputs: np.ndarray, known: np.ndarray) -> np.ndarray:
        self.n_calls += 1
        return known + np.float32([0, 1, 0])


def batches() -> Batches:
    y, x = np.indices((96, 96))
    scene = 30 * np.exp(-((y - 40) ** 2 + (x - 30) ** 2) / 18)
    return Batches(np.float32([scene]), n_patches=2, patch=16, n_batches=3, seed=7)


def test_each_is_taught_once_and_comes_back_turned(tmp_path: Path) -> None:
    teacher, drawn = Counting(), batches()
    taken = list(Lessons(drawn, folder=tmp_path, teacher=teacher).take(25, n_threads=2))
    assert teacher.n_calls == 3
    for k in range(3):
        inputs, known = drawn[k]
        np.testing.assert_array_equal(taken[k][0], inputs)
        np.testing.assert_array_equal(taken[k][1], known + np.float32([0, 1, 0]))
        np.testing.assert_array_equal(taken[24 + k][0] if k == 0 else inputs, inputs)  # after eight rounds
    ways = {taken[3 * turn][0].tobytes() for turn in range(8)}
    assert len(ways) == 8
    for turn in range(8):
        assert _sorted(taken[3 * turn]) == _sorted(taken[0])


def test_what_was_kept_serves_an_interrupted_training(tmp_path: Path) -> None:
    whole = list(Lessons(batches(), folder=tmp_path / "whole", teacher=Counting()).take(9))
    lessons = Lessons(batches(), folder=tmp_path / "parts", teacher=Counting())
    parts = [*lessons.take(2), *Lessons(batches(), folder=tmp_path / "parts", teacher=Counting()).take(7, first=2)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def _sorted(batch: KnownBatch) -> list[list[float]]:
    """Pixels, bands and what is known of them side by side, in an order of their own."""
    inputs, known = batch
    return sorted(np.concatenate([inputs, known], axis=-1).reshape(-1, inputs.shape[-1] + 3).tolist())
