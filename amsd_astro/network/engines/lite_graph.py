"""The network's graph for LiteRT, without weights: those of any model of the packaged architecture are put into it.

The file ``amsd_graph.npz`` holds the graph with zeros in the place of its weights, and for each weight in the order of
model files where it lies and how its axes are ordered there. So the graph cannot disagree with weights that change.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRAPH_FILE", "LiteGraph", "packaged_graph"]

GRAPH_FILE = "amsd_graph.npz"
"""In ``network/weights``."""


@dataclass(frozen=True)
class LiteGraph:
    """A graph without weights.

    Attributes
    ----------
    content : ndarray of uint8
        The flatbuffer, zero where weights lie.
    offsets : ndarray of int, shape (n,)
        First byte of each weight.
    axes : ndarray of int, shape (n, 4)
        Axes of each weight of four dimensions as the graph orders them.
    shapes : ndarray of int, shape (n, 4)
        Shapes of the weights as model files have them; 0 behind those of one dimension.
    """

    content: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    axes: NDArray[np.int64]
    shapes: NDArray[np.int64]

    def fits(self, weights: Sequence[NDArray[np.floating]]) -> bool:
        """Whether weights are of the network that the graph is of."""
        shapes = [tuple(int(n) for n in shape if n) for shape in self.shapes]
        return [weight.shape for weight in weights] == shapes

    def with_weights(self, weights: Sequence[NDArray[np.floating]]) -> bytes:
        """Return the graph with weights, as LiteRT reads it."""
        if not self.fits(weights):
            raise ValueError("weights must be those of the packaged architecture. Received: others")
        content = self.content.copy()
        for weight, offset, axes in zip(weights, self.offsets, self.axes, strict=True):
            ordered = weight.transpose(axes) if weight.ndim == 4 else weight
            bare = np.frombuffer(np.ascontiguousarray(ordered, "<f4").tobytes(), np.uint8)
            content[offset : offset + bare.size] = bare
        return content.tobytes()


@functools.cache
def packaged_graph() -> LiteGraph:
    """Return the graph that comes with the package."""
    content = resources.files("amsd_astro.network").joinpath("weights", GRAPH_FILE).read_bytes()
    with np.load(io.BytesIO(content)) as stored:
        return LiteGraph(**{name: stored[name] for name in ("content", "offsets", "axes", "shapes")})
