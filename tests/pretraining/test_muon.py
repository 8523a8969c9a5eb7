"""Muon: its steps along matrices are orthogonal, those of vectors are Adam's."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from amsd_astro.network.tensorflow_runtime import start_tensorflow
from amsd_astro.pretraining.muon import Muon


def after_steps(optimizer: keras.optimizers.Optimizer, start: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    start_tensorflow(1)
    variable = keras.Variable(start)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(40, 12), (12, 40), (16, 16), (3, 3, 4, 8)])
def test_singular_values_become_near_one(shape: tuple[int, int]) -> None:
    start_tensorflow(1)
    matrix = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    near = keras.ops.convert_to_numpy(Muon().zeropower_via_newtonschulz5(matrix, 5))
    assert near.shape == shape
    values = np.linalg.svd(near.reshape(-1, shape[-1]), compute_uv=False)
    assert values.min() > 0.6 and values.max() < 1.25


def test_the_length_of_a_gradient_does_not_matter_to_a_kernel() -> None:
    rng = np.random.default_rng(2)
    start, gradient = rng.normal(size=(2, 3, 3, 8, 6)).astype(np.float32)
    small = after_steps(Muon(0.01), start, [gradient])
    large = after_steps(Muon(0.01), start, [1000 * gradient])
    np.testing.assert_allclose(small, large, atol=1e-5)
    rms = np.sqrt(np.mean((small - start) ** 2))
    assert 0.7 < rms / (0.01 * 0.2) < 1.3  # Liu et al. 2025: as long as Adam's steps are


def test_vectors_take_the_steps_of_adam() -> None:
    rng = np.random.default_rng(3)
    start, *gradients = rng.normal(size=(4, 7)).astype(np.float32)
    ours = after_steps(Muon(0.01), start, gradients)
    np.testing.assert_allclose(ours, after_steps(keras.optimizers.Adam(0.01), start, gradients), rtol=1e-4)


def test_a_step_lowers_the_error_of_a_linear_map() -> None:
    rng = np.random.default_rng(4)
    truth, weights = rng.normal(size=(2, 6, 5)).astype(np.float32)
    errors = []
    for _ in range(3):
        errors.append(float(np.sum((weights - truth) ** 2)))
        weights = after_steps(Muon(0.1), weights, [weights - truth] * 5)
    assert errors[0] > errors[1] > errors[2]


def test_its_settings_make_another_like_it() -> None:
    one = Muon(0.02, momentum=0.9, adam_beta_1=0.8, global_clipnorm=1.0)
    assert Muon.from_config(one.get_config()).get_config() == one.get_config()


def test_nothing_decays_unless_it_is_asked_for() -> None:
    start = np.random.default_rng(5).normal(size=(3, 3, 8, 6)).astype(np.float32)
    np.testing.assert_array_equal(after_steps(Muon(0.1), start, [np.zeros_like(start)]), start)
    assert not np.array_equal(after_steps(Muon(0.1, weight_decay=0.1), start, [np.zeros_like(start)]), start)
