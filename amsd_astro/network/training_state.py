"""The state of a training: all that the rest of it depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Checkpoint", "TrainingState"]


@dataclass(frozen=True)
class Checkpoint:
    """Weights after ``n_steps`` steps and their ``score`` (lower is better; nan where nothing was held out)."""

    n_steps: int
    score: float
    weights: list[NDArray[np.float32]] = field(repr=False)


@dataclass(frozen=True)
class TrainingState:
    """All that the rest of a training depends on.

    Attributes
    ----------
    n_steps : int
        Steps made.
    weights, optimizer : list of ndarray
        Of the network and of the optimizer.
    best : Checkpoint or None
        The best weights so far.
    draw, score : JSON types
        States of the two.
    """

    n_steps: int
    weights: list[NDArray[Any]] = field(repr=False)
    optimizer: list[NDArray[Any]] = field(repr=False)
    best: Checkpoint | None
    draw: Any = field(repr=False)
    score: Any
