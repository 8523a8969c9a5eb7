"""Blind spots on a grid: pixels of one phase replaced by the mean of their neighbours."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

__all__ = ["around", "grid", "hidden"]

_KERNEL = np.array([[0.5, 1, 0.5], [1, 0, 1], [0.5, 1, 0.5]], np.float32) / 6


def grid(phase: tf.Tensor, period: int, ny: int, nx: int) -> tf.Tensor:
    """1 on the pixels of a phase, 0..period**2 - 1, of the grid, else 0; shape (1, ny, nx, 1)."""
    rows = tf.cast(tf.range(ny) % period == phase // period, tf.float32)
    columns = tf.cast(tf.range(nx) % period == phase % period, tf.float32)
    return (rows[:, None] * columns)[None, ..., None]


def around(field: tf.Tensor) -> tf.Tensor:
    """Weighted mean of the eight neighbours of each pixel, of fields (n, ny, nx, 1) mirrored at their edges."""
    # mirrored without the edge itself, so that no pixel at the edge becomes its own neighbour
    mirrored = tf.pad(field, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    return tf.nn.conv2d(mirrored, _KERNEL[..., None, None], 1, "VALID")


def hidden(field: tf.Tensor, spots: tf.Tensor) -> tf.Tensor:
    """Put the weighted mean of the eight neighbours in the place of the spots.

    Parameters
    ----------
    field : Tensor, shape (n, ny, nx, 1)
        Fields.
    spots : Tensor, shape (1, ny, nx, 1)
        By `grid`, of a period of 2 or more: no neighbour of a spot is a spot.
    """
    return field * (1 - spots) + around(field) * spots
