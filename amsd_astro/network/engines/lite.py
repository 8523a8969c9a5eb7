"""LiteRT: TensorFlow's small engine for inference, as precise as TensorFlow in float32."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.engines.lite_graph import packaged_graph
from amsd_astro.network.silent_import import silence_stderr
from amsd_astro.resources import count_processors

__all__ = ["LiteEngine", "can_be_lite", "has_litert"]


def can_be_lite(weights: Sequence[NDArray[np.floating]]) -> bool:
    """Whether LiteRT is there, and these are weights of a network that there is a graph of."""
    return has_litert() and packaged_graph().fits(weights)


def has_litert() -> bool:
    """Whether LiteRT is installed: there are systems without it."""
    return find_spec("ai_edge_litert") is not None


class LiteEngine:
    """A network in LiteRT.

    Parameters
    ----------
    weights : sequence of ndarray
        Its weights, of which `can_be_lite` is true.
    n_threads : int or None
        Threads, by default all that the process may use.
    """

    def __init__(self, weights: Sequence[NDArray[np.floating]], *, n_threads: int | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._lock = threading.Lock()
        content = packaged_graph().with_weights(weights)
        with silence_stderr():
            self._interpreter = Interpreter(model_content=content, num_threads=n_threads or count_processors())
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] = ()

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's answer to images of shape (n, ny, nx, channels)."""
        with self._lock:
            return np.concatenate([self._answer(inputs[k : k + 1]) for k in range(len(inputs))])

    def _answer(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return self._answer_to(image)
        except RuntimeError as error:  # what memory it lacks, it tells in many words
            self._shape = ()
            raise MemoryError(f"no memory for images of {image.shape[1]} x {image.shape[2]} pixels") from error

    def _answer_to(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        if image.shape != self._shape:
            self._shape = ()
            with silence_stderr():  # it greets
                self._interpreter.resize_tensor_input(self._input, image.shape, strict=True)
                self._interpreter.allocate_tensors()
            self._shape = image.shape
        self._interpreter.set_tensor(self._input, image)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output))
