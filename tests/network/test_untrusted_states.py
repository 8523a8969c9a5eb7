"""States of a training that somebody changed: refused as a whole, and the training begins anew."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from amsd_astro.errors import ModelError
from amsd_astro.network.files.array_archive import pack_arrays
from amsd_astro.network.files.checkpoints import load_state, save_state
from amsd_astro.network.resumable_draws import Seeded
from amsd_astro.network.training import train
from amsd_astro.network.training_state import TrainingState

N_STEPS = 9
SCORED_AT = (0, 3, 6)


class Pairs(Seeded):
    """Points of a line."""

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        x = self._rng.normal(size=(8, 1)).astype(np.float32)
        return x, 3 * x + 1


class Distance:
    """A score: how far the weights are from the line, whose best it remembers."""

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        self.state = float("inf")

    def __call__(self) -> float:
        slope, offset = (float(weight.ravel()[0]) for weight in self._network.get_weights())
        found = abs(slope - 3) + abs(offset - 1)
        self.state = min(self.state, found)
        return found


class Memory:
    """Gives a state that somebody may have changed."""

    def __init__(self, state: TrainingState | None = None) -> None:
        self.given = state
        self.refused: list[str] = []

    def load(self) -> TrainingState | None:
        return self.given

    def refuse(self, error: ModelError) -> None:
        self.refused.append(str(error))

    def keep(self, state: TrainingState) -> None:
        self.kept = state


def run(memory: Memory | None = None, stop_at: int | None = None) -> list[np.ndarray]:
    """Train; return the weights."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential([layers.Input((1,)), layers.Dense(1)])

    def loss(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((network(x) - y) ** 2)

    def progress(done: int, total: int, stage: str) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        Pairs(5),
        n_steps=N_STEPS,
        score=Distance(network),
        score_at=SCORED_AT,
        progress=progress,
        memory=memory,
    )
    return [np.array(weight) for weight in network.get_weights()]


@pytest.fixture(scope="module")
def expected() -> list[np.ndarray]:
    return run()


@pytest.fixture(scope="module")
def finished() -> TrainingState:
    memory = Memory()
    run(memory)
    return memory.kept


@pytest.fixture(scope="module")
def cut_short() -> TrainingState:
    memory = Memory()
    with pytest.raises(KeyboardInterrupt):
        run(memory, stop_at=6)
    assert memory.kept.n_steps == 5
    return memory.kept


def best(state: TrainingState, **changes: Any) -> TrainingState:
    assert state.best is not None
    return replace(state, best=replace(state.best, **changes))


def spoiled(arrays: list[np.ndarray], value: float) -> list[np.ndarray]:
    return [np.full_like(array, value) for array in arrays]


CHANGES: dict[str, Callable[[TrainingState], TrainingState]] = {
    "must have the score": lambda s: best(s, weights=spoiled(s.weights, 0)),
    "those after 0": lambda s: best(s, weights=spoiled(s.weights, 0), n_steps=0),
    "must have the score ": lambda s: best(s, score=-5.0),
    "best weights must be finite": lambda s: best(s, weights=spoiled(s.weights, np.nan)),
    "best weights must be 2. Received: 1": lambda s: best(s, weights=s.weights[:1]),
    "best weights must be those of steps": lambda s: best(s, n_steps=2),
    "best weights must be there": lambda s: replace(s, best=None),
    "weights must be float32 of shape": lambda s: replace(s, weights=[np.ones((2, 1), np.float32), s.weights[1]]),
    "weights must be float32 of shape ": lambda s: replace(s, weights=[one.astype(np.float64) for one in s.weights]),
    "weights must be finite": lambda s: replace(s, weights=spoiled(s.weights, np.inf)),
    "arrays of the optimizer must be [0-9]": lambda s: replace(s, optimizer=[]),
    "arrays of the optimizer must be finite": lambda s: replace(
        s, optimizer=[*s.optimizer[:2], *spoiled(s.optimizer[2:], np.nan)]
    ),
    "optimizer must have made": lambda s: replace(s, optimizer=[s.optimizer[0] + 1, *s.optimizer[1:]]),
    "steps made must be": lambda s: replace(s, n_steps=-1),
    "steps made must be 0": lambda s: replace(s, n_steps=N_STEPS + 1),
    "state of the draws": lambda s: replace(s, draw=None),
    "state of the draws ": lambda s: replace(s, draw={"bit_generator": "PCG64", "state": {"state": -1, "inc": 1}}),
    "what the score remembers": lambda s: replace(s, score="low"),
    "what the score remembers ": lambda s: replace(s, score=float("nan")),
}


def test_a_sound_state_is_gone_on_from(
    cut_short: TrainingState, finished: TrainingState, expected: list[np.ndarray]
) -> None:
    for state in (cut_short, finished):
        memory = Memory(state)
        for one, other in zip(run(memory), expected, strict=True):
            np.testing.assert_array_equal(one, other)
        assert memory.refused == []


@pytest.mark.parametrize("words", CHANGES)
def test_a_changed_state_is_refused(
    words: str, cut_short: TrainingState, finished: TrainingState, expected: list[np.ndarray]
) -> None:
    for state in (cut_short, finished):
        memory = Memory(CHANGES[words](state))
        for one, other in zip(run(memory), expected, strict=True):
            np.testing.assert_array_equal(one, other)
        (told,) = memory.refused
        if state is cut_short:  # of a finished one the best weights are the last ones, which tells sooner
            assert re.search(words.strip(), told), told


def test_the_best_weights_are_no_worse_than_those_that_were_there_before(cut_short: TrainingState) -> None:
    worse = spoiled(cut_short.weights, -9)
    memory = Memory(best(cut_short, weights=worse, score=22.0))
    run(memory)
    (told,) = memory.refused
    assert "must have the lowest score" in told


@pytest.mark.parametrize(
    "change",
    [
        {"arrays": ["weights0000"]},
        {"arrays": {"weights0000": ["O", [1, 1]]}},
        {"arrays": {"weights0000": ["(2,)f4,", [1, 1]]}},
        {"arrays": {"weights0000": [7, [1, 1]]}},
        {"n_steps": "5"},
        {"n_steps": 5.0},
        {"n_steps": True},
        {"best": [1, 2]},
        {"best": {"n_steps": 10**400, "score": 10**400}},
    ],
)
def test_a_description_that_is_none_is_refused(change: dict[str, Any], cut_short: TrainingState) -> None:
    file = io.BytesIO()
    save_state(file, cut_short, key="line")
    with np.load(io.BytesIO(file.getvalue())) as stored:
        arrays = dict(stored)
    description = {**json.loads(arrays["description"].tobytes()), **change}
    for content in (description, [description], None):
        arrays["description"] = np.frombuffer(json.dumps(content).encode(), np.uint8)
        with pytest.raises(ModelError):
            load_state(io.BytesIO(pack_arrays(arrays)), key="line")
