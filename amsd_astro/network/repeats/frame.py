"""An exposure as training on repeats takes it: its values, and what the other exposures of the field show there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RepeatFrame", "SceneBlock"]

_FARTHEST = 8.0  # widths of the difference from the others: what differs by more is a blemish of one of them


@dataclass(frozen=True)
class SceneBlock:
    """A square of an exposure that is judged: ``scene`` is the number of the part of the field that it shows."""

    y: int
    x: int
    side: int
    scene: int


@dataclass(frozen=True)
class RepeatFrame:
    """An exposure in noise units, and what the others of its field show on its grid.

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized exposure, bad pixels filled.
    mask : ndarray of bool, shape (ny, nx)
        True where it or what the others show is bad.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of its noise.
    target : ndarray of float32, shape (ny, nx)
        Mean of others in its noise units, as the expected stabilized value, finite everywhere.
    halves : ndarray of float32, shape (2, ny, nx)
        The same of two disjoint halves of the others, whose noise is independent.
    held_out : ndarray of bool, shape (ny, nx)
        True where the field must not be learned, in no exposure.
    blocks : sequence of SceneBlock
        Where it is judged: within what is held out.
    unlikeness : float, optional
        Rms difference from the others that seeing and placing make, as a share of the light.
    is_learned : bool, optional
        Whether it is learned from; else it is judged only.
    """

    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    correlation: NDArray[np.float64]
    target: NDArray[np.float32]
    halves: NDArray[np.float32]
    held_out: NDArray[np.bool_]
    blocks: Sequence[SceneBlock]
    unlikeness: float = 0.0
    is_learned: bool = True

    def is_known(self, place: tuple[NDArray[np.intp], ...] | tuple[slice, slice]) -> NDArray[np.bool_]:
        """Where the others tell what an exposure shows, whether it is held out or not.

        Parameters
        ----------
        place : index of a part of the frame
            The pixels.
        """
        target = self.target[place]
        width = 1 + (np.float32(self.unlikeness) * target) ** 2
        return np.asarray(((self.values[place] - target) ** 2 < _FARTHEST**2 * width) & ~self.mask[place])
