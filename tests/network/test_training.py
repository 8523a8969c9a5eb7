"""The loop, the optimizer and the losses, against direct evaluations."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from amsd_astro.errors import ModelError
from amsd_astro.network.amsd.training.losses import recorrupted_loss, variance_deviance
from amsd_astro.network.files.checkpoints import load_state, save_state
from amsd_astro.network.optimizers import CentralizedAdam, centralized, warm_cosine
from amsd_astro.network.resumable_draws import Seeded
from amsd_astro.network.training import train
from amsd_astro.network.training_state import TrainingState


def test_gradients_are_centralized_over_all_but_the_last_axis() -> None:
    gradient = np.random.default_rng(0).normal(size=(3, 3, 4, 5)).astype(np.float32)
    expected = gradient - gradient.mean(axis=(0, 1, 2), keepdims=True)
    np.testing.assert_allclose(centralized(tf.constant(gradient)).numpy(), expected, atol=1e-6)
    vector = tf.constant([1.0, 2.0])
    np.testing.assert_array_equal(centralized(vector).numpy(), [1.0, 2.0])


def test_centralized_adam_is_adam_on_centralized_gradients() -> None:
    rng = np.random.default_rng(1)
    start, gradients = rng.normal(size=(4, 3)), [rng.normal(size=(4, 3)) for _ in range(3)]
    variable = keras.Variable(start.astype(np.float32))
    optimizer = CentralizedAdam(1e-2)
    optimizer.build([variable])
    expected, mean, square = start.copy(), 0.0, 0.0
    for k, gradient in enumerate(gradients, 1):
        optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
        central = gradient - gradient.mean(axis=0)
        mean, square = 0.9 * mean + 0.1 * central, 0.999 * square + 0.001 * central**2
        expected -= 1e-2 * (mean / (1 - 0.9**k)) / (np.sqrt(square / (1 - 0.999**k)) + 1e-7)
    np.testing.assert_allclose(variable.numpy(), expected, atol=1e-5)


def test_learning_rate_rises_then_falls() -> None:
    rates = [float(warm_cosine(1.0, n_steps=400)(step)) for step in (0, 20, 200, 400)]
    assert rates[0] < 0.1 and rates[1] == pytest.approx(1, abs=0.01) and rates[2] < rates[1]
    assert rates[3] == pytest.approx(0.02, abs=1e-3)


def test_loss_leaves_out_masked_pixels() -> None:
    rng = np.random.default_rng(2)
    estimate, target = (rng.normal(size=(2, 32, 32, 1)).astype(np.float32) for _ in range(2))
    weight = (rng.random((2, 32, 32, 1)) < 0.7).astype(np.float32)
    spoiled = np.where(weight > 0, estimate, 1e6).astype(np.float32)
    inner = (slice(None), slice(4, -4), slice(4, -4))
    expected = np.mean((estimate - target)[inner][weight[inner] > 0] ** 2)
    for scale_weight in (0.0, 0.5):
        plain = float(recorrupted_loss(estimate, target, weight, scale_weight=scale_weight))
        assert float(recorrupted_loss(spoiled, target, weight, scale_weight=scale_weight)) == pytest.approx(plain)
    assert float(recorrupted_loss(estimate, target, weight)) == pytest.approx(expected, rel=1e-5)


def test_coarser_scales_punish_a_common_offset_more_than_scatter() -> None:
    rng = np.random.default_rng(3)
    weight = np.ones((2, 40, 40, 1), np.float32)
    scatter = rng.normal(0, 0.1, weight.shape).astype(np.float32)
    offset = np.full(weight.shape, np.sqrt(np.mean(scatter**2)), np.float32)
    zero = np.zeros_like(offset)
    assert float(recorrupted_loss(offset, zero, weight, scale_weight=1.0)) > 5 * float(
        recorrupted_loss(scatter, zero, weight, scale_weight=1.0)
    )


def test_deviance_is_least_at_the_true_variance() -> None:
    rng = np.random.default_rng(4)
    shape, a, true = (300, 64, 64, 1), 0.5, 0.3
    truth = rng.normal(0, 5, shape)
    noise, fresh = rng.normal(size=shape), rng.normal(size=shape)
    estimate = truth + np.sqrt(true) * rng.normal(size=shape)
    target = truth + noise - fresh / a
    arrays = [np.asarray(x, np.float32) for x in (estimate, target, np.ones(shape))]
    amplitude = np.full((shape[0], 1, 1, 1), a, np.float32)
    variances = np.geomspace(0.1, 0.9, 23)
    deviances = [float(variance_deviance(np.full(shape, np.log(v), np.float32), *arrays, amplitude)) for v in variances]
    assert variances[int(np.argmin(deviances))] == pytest.approx(true, rel=0.12)


class Stated:
    """A function with a state, as training wants it."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function, self.state = function, None

    def __call__(self) -> Any:
        return self.function()


class Pairs(Seeded):
    """Points on a line."""

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        x = self._rng.normal(size=(64, 1)).astype(np.float32)
        return x, 3 * x + 1


def _line_problem() -> tuple[keras.Model, Any, Pairs]:
    keras.utils.set_random_seed(0)
    network = keras.Sequential([layers.Input((1,)), layers.Dense(1)])

    def loss(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((network(x) - y) ** 2)

    return network, loss, Pairs(5)


def test_training_lowers_the_error_and_reports_progress() -> None:
    network, loss, draw = _line_problem()
    seen: list[tuple[int, int, str]] = []
    kept = train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        draw,
        n_steps=200,
        progress=lambda *state: seen.append(state),
    )
    assert kept.n_steps == 200 and seen[0] == (1, 200, "training") and seen[-1] == (200, 200, "training")
    assert network.predict(np.array([[2.0]]), verbose=0)[0, 0] == pytest.approx(7, abs=0.1)


def test_the_best_scored_weights_are_kept() -> None:
    network, loss, draw = _line_problem()
    scores = iter([0.5, 0.1, 0.9])
    weights = []

    def score() -> float:
        weights.append([np.array(w) for w in network.get_weights()])
        return next(scores)

    kept = train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        draw,
        n_steps=30,
        score=Stated(score),
        score_at=(10, 20),
    )
    assert (kept.n_steps, kept.score) == (20, 0.1)
    np.testing.assert_array_equal(network.get_weights()[0], weights[1][0])


def test_a_loss_that_is_not_finite_falls_back_to_earlier_weights() -> None:
    network, loss, draw = _line_problem()
    count = iter(range(100))

    def spoiled() -> tuple[np.ndarray, np.ndarray]:
        x, y = draw()
        return (x, y) if next(count) < 15 else (x * np.float32(np.nan), y)

    kept = train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        Stated(spoiled),
        n_steps=30,
        score=Stated(lambda: 1.0),
        score_at=(10, 20),
    )
    assert kept.n_steps == 10
    assert all(np.all(np.isfinite(weight)) for weight in network.get_weights())
    with pytest.raises(FloatingPointError, match="finite"):
        train(network, loss, keras.optimizers.Adam(0.05), Stated(spoiled), n_steps=5)


class Notebook:
    """A memory that goes through the bytes of a file."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.n_kept = 0

    def load(self) -> TrainingState | None:
        return None if self.content is None else load_state(io.BytesIO(self.content), key="line")

    def refuse(self, error: ModelError) -> None:
        raise error

    def keep(self, state: TrainingState) -> None:
        file = io.BytesIO()
        save_state(file, state, key="line")
        self.content = file.getvalue()
        self.n_kept += 1


class Growing:
    """A score that gets worse from call to call, and remembers how many there were."""

    state = 0

    def __call__(self) -> float:
        self.state += 1
        return float(self.state)


def _run(memory: Notebook | None = None, stop_at: int | None = None, *, inside: bool = False) -> list[np.ndarray]:
    network, loss, draw = _line_problem()
    score = Growing()

    def progress(done: int, total: int, stage: str) -> None:
        if done == stop_at and not inside:
            raise KeyboardInterrupt

    def drawn() -> tuple[np.ndarray, np.ndarray]:
        batch = draw()
        if inside and score.state >= 1:
            raise KeyboardInterrupt
        return batch

    drawing = draw if not inside else Stated(drawn)
    if inside:
        drawing.state = draw.state
    kept = train(
        network,
        loss,
        CentralizedAdam(warm_cosine(0.05, n_steps=30)),
        drawing,
        n_steps=30,
        score=score,
        score_at=(7, 20),
        progress=progress,
        memory=memory,
    )
    assert (kept.n_steps, kept.score) == (7, 1.0)
    return [*network.get_weights(), np.array(score.state)]


@pytest.mark.parametrize("stop_at", [1, 6, 7, 19, 20, 29, 30])
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(stop_at: int) -> None:
    expected = _run()
    memory = Notebook()
    with pytest.raises(KeyboardInterrupt):
        _run(memory, stop_at)
    state = memory.load()
    if stop_at == 1:
        assert state is None  # no step was whole
    else:
        assert state is not None and state.n_steps == stop_at - 1
    for one, other in zip(_run(memory), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert memory.n_kept == (1 if stop_at == 1 else 2)
    for one, other in zip(_run(memory), expected, strict=True):  # a finished one is not made again
        np.testing.assert_array_equal(one, other)


def test_states_are_those_of_whole_steps_wherever_the_interruption_came() -> None:
    memory = Notebook()
    with pytest.raises(KeyboardInterrupt):
        _run(memory, inside=True)
    state = memory.load()
    assert state is not None and state.n_steps == 7 and state.best is not None and state.best.n_steps == 7


def test_states_are_kept_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amsd_astro.network.training._SECONDS_BETWEEN", -1.0)
    memory = Notebook()
    _run(memory)
    assert memory.n_kept == 31


def test_states_of_other_trainings_and_damaged_ones_are_refused() -> None:
    memory = Notebook()
    _run(memory)
    assert memory.content is not None
    with pytest.raises(ModelError, match="another one"):
        load_state(io.BytesIO(memory.content), key="circle")
    for content in (b"", b"PK", memory.content[:-200], memory.content.replace(b"n_steps", b"n_stepz")):
        with pytest.raises(ModelError):
            load_state(io.BytesIO(content), key="line")
