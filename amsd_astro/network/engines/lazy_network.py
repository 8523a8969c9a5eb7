"""A network that is built when somebody asks for it: its weights are known without Keras."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.engines.starting import ensure_started

if TYPE_CHECKING:
    import keras

__all__ = ["LazyNetwork"]


class LazyNetwork:
    """A Keras network, built at the first call.

    Parameters
    ----------
    build : callable
        Builds it.
    weights : sequence of ndarray, optional
        Its weights, in the network's order; by default those it is built with.
    """

    def __init__(self, build: Callable[[], keras.Model], weights: Sequence[NDArray[np.floating]] | None = None) -> None:
        self._build = build
        self._weights = None if weights is None else [np.asarray(weight, np.float32) for weight in weights]
        self._network: keras.Model | None = None
        self._check: Callable[[keras.Model], None] | None = None
        self._lock = threading.Lock()

    def check_when_built(self, check: Callable[[keras.Model], None]) -> None:
        """Have the network judged before anybody has it: at once, where it is there."""
        self._check = check
        if self._network is not None:
            check(self._network)

    def __call__(self) -> keras.Model:
        """Return the network."""
        with self._lock:
            if self._network is None:
                ensure_started()
                network = self._build()
                if self._weights is not None:
                    network.set_weights(self._weights)
                if self._check is not None:
                    self._check(network)
                self._network = network
            return self._network

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, as training has left them."""
        if self._network is None and self._weights is not None:
            return [weight.copy() for weight in self._weights]
        return [np.array(weight) for weight in self().get_weights()]
