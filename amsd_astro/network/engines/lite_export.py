"""The graph for LiteRT made from a network: to be done anew when the packaged architecture changes.

``python -c "from amsd_astro.network.engines.lite_export import write_graph; write_graph('amsd_graph.npz')"``
"""

from __future__ import annotations

import os
from itertools import permutations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from amsd_astro.network.amsd.network import build_amsd
from amsd_astro.network.engines.lite_graph import LiteGraph
from amsd_astro.network.recipes import AMSD

__all__ = ["export_graph", "write_graph"]


def write_graph(path: str | os.PathLike[str]) -> None:
    """Write the graph of the packaged architecture.

    Parameters
    ----------
    path : str or path-like
        The file, ``network/weights/amsd_graph.npz``.
    """
    graph = export_graph(build_amsd(AMSD.architecture, seed=0))
    np.savez_compressed(path, content=graph.content, offsets=graph.offsets, axes=graph.axes, shapes=graph.shapes)


def export_graph(network: keras.Model) -> LiteGraph:
    """Return the graph of a network, without its weights, which are lost.

    Parameters
    ----------
    network : keras.Model
        By `build_amsd`.

    Raises
    ------
    ValueError
        A weight does not stand in the graph as it is, once.
    """
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=weight.shape).astype(np.float32) for weight in network.get_weights()]
    network.set_weights(weights)  # none like another, so that each is found
    content = _converted(network)
    places = [_place(weight, content) for weight in weights]
    bare = np.frombuffer(content, np.uint8).copy()
    for weight, (offset, _) in zip(weights, places, strict=True):
        bare[offset : offset + weight.nbytes] = 0
    shapes = [[*weight.shape, *[0] * (4 - weight.ndim)] for weight in weights]
    return LiteGraph(bare, np.array([at for at, _ in places]), np.array([axes for _, axes in places]), np.array(shapes))


def _converted(network: keras.Model) -> bytes:
    shape = (1, None, None, network.input_shape[-1])
    traced = tf.function(network, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen], network).convert())


def _place(weight: NDArray[np.float32], content: bytes) -> tuple[int, tuple[int, ...]]:
    """First byte of a weight in a graph, and the order of its axes there."""
    orders = [axes for axes in permutations(range(4)) if axes[0] >= 2] if weight.ndim == 4 else [(0, 1, 2, 3)]
    for axes in orders:
        ordered = weight.transpose(axes) if weight.ndim == 4 else weight
        bare = np.ascontiguousarray(ordered, "<f4").tobytes()
        if content.count(bare) == 1:
            return content.index(bare), axes
    raise ValueError(f"each weight must stand in the graph once. Received: not so for one of shape {weight.shape}")
