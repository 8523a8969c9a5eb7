"""Random draws whose state can be kept and set again."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Seeded"]


class Seeded:
    """Something that draws at random.

    Parameters
    ----------
    seed : int
        Seed of all its draws.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    @property
    def state(self) -> Any:
        """What the next draws depend on, of JSON types."""
        return self._rng.bit_generator.state

    @state.setter
    def state(self, value: Any) -> None:
        self._rng.bit_generator.state = value
