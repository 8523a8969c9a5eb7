"""The graph of a training goes when the training is done."""

from __future__ import annotations

import gc

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.func_graph import FuncGraph

from amsd_astro.network.optimizers import CentralizedAdam, warm_cosine
from amsd_astro.network.resumable_draws import Seeded
from amsd_astro.network.training import train


class Points(Seeded):
    """Points of a line."""

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        x = self._rng.normal(size=(8, 1)).astype(np.float32)
        return x, 3 * x + 1


def _train() -> None:
    """Train a small network."""
    network = keras.Sequential([layers.Input((1,)), layers.Dense(1)])
    optimizer = CentralizedAdam(warm_cosine(0.05, n_steps=3))
    train(network, lambda x, y: tf.reduce_mean((network(x) - y) ** 2), optimizer, Points(1), n_steps=3)


def _n_graphs() -> int:
    gc.collect()
    return sum(isinstance(one, FuncGraph) for one in gc.get_objects())


def test_it_is_not_kept() -> None:
    before = _n_graphs()
    for _ in range(2):
        _train()
    assert _n_graphs() == before
