"""What a peer is given: a field in noise units, what else its method may know, and settings common to all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["CleanField", "Field", "NotApplicableError", "PeerSettings"]


class NotApplicableError(Exception):
    """The method needs what the data set does not have."""


@dataclass(frozen=True)
class CleanField:
    """A field with truth to learn from.

    Attributes
    ----------
    clean : ndarray of float32, shape (ny, nx)
        What a perfect method would give, in noise units.
    expose : callable
        From a generator of random numbers to a fresh noisy exposure of it, in noise units.
    """

    clean: np.ndarray
    expose: Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Field:
    """A field to denoise.

    Attributes
    ----------
    noisy : ndarray of float32, shape (ny, nx)
        The field in noise units (white noise of unit width), bad pixels filled.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad: nothing is learned from it.
    second, second_mask : ndarray or None
        A second exposure with independent noise, and its bad pixels.
    others : tuple of CleanField
        Other fields, with truth.
    """

    noisy: np.ndarray
    mask: np.ndarray
    second: np.ndarray | None = None
    second_mask: np.ndarray | None = None
    others: tuple[CleanField, ...] = ()


@dataclass(frozen=True)
class PeerSettings:
    """Settings of training, the same for all peers.

    Attributes
    ----------
    n_steps, seed : int
        Optimizer steps; seed of weights, places and noise.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each.
    learning_rate : float
        Peak of the schedule.
    """

    n_steps: int = 800
    seed: int = 0
    n_patches: int = 16
    patch: int = 64
    learning_rate: float = 2e-3
