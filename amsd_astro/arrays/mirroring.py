"""A frame goes on beyond its edges as its own mirror image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mirrored", "surroundings"]


def mirrored(start: int, count: int, n: int) -> NDArray[np.intp]:
    """Return indices into an axis that goes on beyond both ends as its mirror image.

    Parameters
    ----------
    start, count : int
        The first place, which may lie before the axis, and how many from there on.
    n : int
        Length of the axis.

    Returns
    -------
    ndarray of int, shape (count,)
        All in 0..n - 1; the pixels at the edges come once.
    """
    if n == 1:
        return np.zeros(count, np.intp)
    period = 2 * (n - 1)
    index = np.arange(start, start + count) % period
    return np.where(index < n, index, period - index).astype(np.intp)


def surroundings(part: slice, n: int, *, context: int, margin: int, stride: int) -> NDArray[np.intp]:
    """Return indices of a part of an axis with what a network is to see around it.

    Parameters
    ----------
    part : slice
        The part, with a start and a stop.
    n : int
        Length of the axis.
    context, margin : int
        Places before the part: those that the network answers, and those that it takes off.
    stride : int
        What it answers is a multiple of it; so there can be more behind the part than before.

    Returns
    -------
    ndarray of int
    """
    answered = -(-(part.stop - part.start + 2 * context) // stride) * stride
    return mirrored(part.start - context - margin, answered + 2 * margin, n)
