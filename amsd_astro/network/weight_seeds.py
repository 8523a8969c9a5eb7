"""Seeds of a network's initial weights."""

from __future__ import annotations

import keras
import numpy as np

__all__ = ["Seeds"]


class Seeds:
    """A seed for every initializer, drawn from one generator.

    Parameters
    ----------
    seed : int
        Seed of all of them.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def he_normal(self) -> keras.initializers.Initializer:
        """Return the next initializer of He et al. (2015), for layers with a rectifier."""
        return keras.initializers.HeNormal(seed=self._next())

    def glorot_uniform(self) -> keras.initializers.Initializer:
        """Return the next initializer of Glorot & Bengio (2010)."""
        return keras.initializers.GlorotUniform(seed=self._next())

    def _next(self) -> int:
        return int(self._rng.integers(1 << 31))
