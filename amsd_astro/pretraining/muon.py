"""Muon for convolutions: Keras's own leaves every variable that is no matrix to Adam, their kernels among them."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

__all__ = ["Muon"]


class Muon(keras.optimizers.Muon):
    """Momentum whose matrices are orthogonalized (Jordan et al. 2024); Adam for vectors and single outputs.

    A convolution's kernel is a matrix of outputs by all else. Steps are scaled so that one learning rate serves both
    (Liu et al. 2025, "Muon is scalable for LLM training", eq. 4).

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        Of both.
    **settings
        Those of `keras.optimizers.Muon`; weights decay only where that is asked for.
    """

    def __init__(self, learning_rate: Any = 6e-3, **settings: Any) -> None:
        # Keras adds epsilon before the bias of the squares is taken off: 1e-7 there shortens the first steps of biases
        super().__init__(
            learning_rate, **{"weight_decay": None, "adam_weight_decay": None, "epsilon": 1e-8, **settings}
        )

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) < 2 or min(_sides(variable)) == 1

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Return nearly the orthogonal matrix nearest to a kernel: its singular values become 0.7 to 1.2."""
        return ops.reshape(super().zeropower_via_newtonschulz5(ops.reshape(x, _sides(x)), steps), x.shape)

    def lr_adjust(self, x: Any) -> Any:
        """Scale a step by the sides of the matrix that a kernel is."""
        return ops.reshape(super().lr_adjust(ops.reshape(x, _sides(x))), x.shape)


def _sides(kernel: Any) -> tuple[int, int]:
    return math.prod(kernel.shape[:-1]), int(kernel.shape[-1])
