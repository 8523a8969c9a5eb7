"""The network's answers by TensorFlow: a graph for each precision, or none for a single block."""

from __future__ import annotations

import threading
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.amsd.bands import N_BANDS
from amsd_astro.network.amsd.network import set_precision
from amsd_astro.network.tensorflow_runtime import asking_for_memory

__all__ = ["TensorflowAnswers"]


class TensorflowAnswers:
    """A network in TensorFlow.

    Parameters
    ----------
    network : keras.Model
        By `build_amsd`; its weights may change.
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._graphs: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {}

    def __call__(self, inputs: NDArray[np.float32], precision: str) -> NDArray[np.float32]:
        """Return the network's answer to images of shape (n, ny, nx, N_BANDS), in a precision."""
        with asking_for_memory(inputs):
            return np.asarray(self._graph(precision)(tf.constant(inputs)).numpy())

    def without_graph(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answer in float32, without a graph: sooner done for a single block."""
        with self._lock, asking_for_memory(inputs):  # a graph that is traced sets what the layers compute in
            return np.asarray(self._network(tf.constant(inputs)).numpy())

    def _graph(self, precision: str) -> Callable[[tf.Tensor], tf.Tensor]:
        """The network for images of any size: it would take most of a second to be traced anew for each."""
        with self._lock:
            if precision not in self._graphs:
                signature = [tf.TensorSpec((None, None, None, N_BANDS), tf.float32)]
                set_precision(self._network, precision)
                try:
                    traced = tf.function(self._network, input_signature=signature, autograph=False)
                    self._graphs[precision] = traced.get_concrete_function()
                finally:
                    set_precision(self._network, "float32")
            return self._graphs[precision]
