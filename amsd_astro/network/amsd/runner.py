"""The network run by whatever is asked for: each engine is made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.engines.lazy_network import LazyNetwork
from amsd_astro.network.engines.lite import LiteEngine, can_be_lite
from amsd_astro.resources import count_processors

if TYPE_CHECKING:
    import keras

    from amsd_astro.network.amsd.tensorflow_answers import TensorflowAnswers

__all__ = ["Runner"]


class Runner:
    """A network of the recipe amsd and the engines that run it.

    Parameters
    ----------
    architecture : AmsdArchitecture
        Sizes of the network.
    seed : int
        Seed of its initial weights.
    weights : sequence of ndarray, optional
        Its weights, in the network's order.
    """

    def __init__(
        self, architecture: AmsdArchitecture, *, seed: int, weights: Sequence[NDArray[np.floating]] | None
    ) -> None:
        self.network = LazyNetwork(partial(_build, architecture, seed), weights)
        self._lock = threading.Lock()
        self._lite: dict[int, LiteEngine] = {}
        self._tensorflow: TensorflowAnswers | None = None

    def __call__(self, inputs: NDArray[np.float32], arithmetic: Arithmetic) -> NDArray[np.float32]:
        """Return the network's answer to images of shape (n, ny, nx, N_BANDS)."""
        if arithmetic.engine == "litert":
            return self._by_litert(arithmetic.n_threads)(inputs)
        return self._by_tensorflow()(inputs, arithmetic.precision)

    def without_graph(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the answer by TensorFlow in float32, without a graph: sooner done for a single block."""
        return self._by_tensorflow().without_graph(inputs)

    @cached_property
    def can_be_lite(self) -> bool:
        """Whether LiteRT can run the network: that goes by the shapes of its weights, which stay."""
        return can_be_lite(self.network.get_weights())

    def check(self, check: Callable[[Any], None]) -> None:
        """Have the network judged as LiteRT runs it, where it does, and by Keras when Keras builds it."""
        self.network.check_when_built(check)
        if self.can_be_lite:
            check(self._by_litert(None))
        else:
            self.network()

    def _by_litert(self, n_threads: int | None) -> LiteEngine:
        n_threads = n_threads or count_processors()
        with self._lock:
            if n_threads not in self._lite:
                self._lite[n_threads] = LiteEngine(self.network.get_weights(), n_threads=n_threads)
            return self._lite[n_threads]

    def _by_tensorflow(self) -> TensorflowAnswers:
        network = self.network()
        with self._lock:
            if self._tensorflow is None:
                from amsd_astro.network.amsd.tensorflow_answers import TensorflowAnswers

                self._tensorflow = TensorflowAnswers(network)
            return self._tensorflow


def _build(architecture: AmsdArchitecture, seed: int) -> keras.Model:
    from amsd_astro.network.amsd.network import build_amsd

    return build_amsd(architecture, seed=seed)
