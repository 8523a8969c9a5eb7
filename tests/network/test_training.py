"""The loop, the optimizer and the losses, against direct evaluations."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from amsd_astro.network.losses import recorrupted_loss, variance_deviance
from amsd_astro.network.optimizers import CentralizedAdam, centralized, warm_cosine
from amsd_astro.network.training import train


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


def _line_problem() -> tuple[keras.Model, object, object]:
    keras.utils.set_random_seed(0)
    network = keras.Sequential([layers.Input((1,)), layers.Dense(1)])
    rng = np.random.default_rng(5)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=(64, 1)).astype(np.float32)
        return x, 3 * x + 1

    def loss(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((network(x) - y) ** 2)

    return network, loss, draw


def test_training_lowers_the_error_and_reports_progress() -> None:
    network, loss, draw = _line_problem()
    seen: list[tuple[int, int, str]] = []
    kept = train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        draw,
        n_steps=200,
        progress=lambda *state: seen.append(state),  # type: ignore[arg-type]
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
        score=score,
        score_at=(10, 20),  # type: ignore[arg-type]
    )
    assert (kept.n_steps, kept.score) == (20, 0.1)
    np.testing.assert_array_equal(network.get_weights()[0], weights[1][0])


def test_a_loss_that_is_not_finite_falls_back_to_earlier_weights() -> None:
    network, loss, draw = _line_problem()
    count = iter(range(100))

    def spoiled() -> tuple[np.ndarray, np.ndarray]:
        x, y = draw()  # type: ignore[operator]
        return (x, y) if next(count) < 15 else (x * np.float32(np.nan), y)

    kept = train(
        network,
        loss,
        keras.optimizers.Adam(0.05),
        spoiled,
        n_steps=30,
        score=lambda: 1.0,
        score_at=(10, 20),  # type: ignore[arg-type]
    )
    assert kept.n_steps == 10
    assert all(np.all(np.isfinite(weight)) for weight in network.get_weights())
    with pytest.raises(FloatingPointError, match="finite"):
        train(network, loss, keras.optimizers.Adam(0.05), spoiled, n_steps=5)  # type: ignore[arg-type]
