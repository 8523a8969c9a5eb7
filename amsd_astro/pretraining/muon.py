"""Muon: steps along orthogonalized gradients, in ``keras.ops`` alone."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

__all__ = ["Muon", "orthogonalized"]

_QUINTIC = (3.4445, -4.7750, 2.0315)
_N_ITERATIONS = 5
_TINY = 1e-7


def orthogonalized(matrix: Any) -> Any:
    """Nearly the orthogonal matrix nearest to one: its singular values become 0.7 to 1.2.

    Five Newton-Schulz steps with the quintic of Jordan et al. (2024, "Muon: an optimizer for hidden layers").

    Parameters
    ----------
    matrix : tensor, shape (n, m)
        Any; zeros stay zeros.

    Returns
    -------
    tensor, shape (n, m)
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if is_tall else matrix
    x = x / (ops.sqrt(ops.sum(x**2)) + _TINY)
    a, b, c = _QUINTIC
    for _ in range(_N_ITERATIONS):
        gram = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * gram + c * ops.matmul(gram, gram), x)
    return ops.transpose(x) if is_tall else x


class Muon(keras.optimizers.Optimizer):
    """Momentum whose matrices are orthogonalized (Jordan et al. 2024); Adam for vectors and single outputs.

    A convolution's kernel is a matrix of outputs by all else. Steps are scaled so that one learning rate serves both
    (Liu et al. 2025, "Muon is scalable for LLM training", eq. 4).

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        Of both.
    momentum : float
        Of the matrices, after Nesterov.
    beta_1, beta_2 : float
        Of Adam.
    **settings
        Those of `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 6e-3,
        *,
        momentum: float = 0.95,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.momentum, self.beta_1, self.beta_2 = momentum, beta_1, beta_2
        self._means: list[Any] = []
        self._squares: list[Any] = []

    def build(self, variables: list[Any]) -> None:
        """Make the moments of the variables."""
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(variables, ["mean", "square"])

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a step of one variable."""
        index = self._get_variable_index(variable)
        mean, rate = self._means[index], ops.cast(learning_rate, variable.dtype)
        step = self._muon(gradient, mean) if _is_matrix(variable) else self._adam(gradient, mean, self._squares[index])
        self.assign_sub(variable, rate * step)

    def get_config(self) -> dict[str, Any]:
        """Arguments that make another like it."""
        own = {name: getattr(self, name) for name in ("momentum", "beta_1", "beta_2")}
        return {**super().get_config(), **own}

    def _muon(self, gradient: Any, mean: Any) -> Any:
        self.assign(mean, self.momentum * mean + (1 - self.momentum) * gradient)
        ahead = self.momentum * mean + (1 - self.momentum) * gradient
        n_in, n_out = _sides(ahead)
        scale = 0.2 * math.sqrt(max(n_in, n_out))
        return scale * ops.reshape(orthogonalized(ops.reshape(ahead, (n_in, n_out))), ahead.shape)

    def _adam(self, gradient: Any, mean: Any, square: Any) -> Any:
        count = ops.cast(self.iterations + 1, gradient.dtype)
        self.assign(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        self.assign(square, self.beta_2 * square + (1 - self.beta_2) * gradient**2)
        unbiased = square / (1 - self.beta_2**count)
        return mean / (1 - self.beta_1**count) / (ops.sqrt(unbiased) + _TINY)


def _sides(kernel: Any) -> tuple[int, int]:
    return math.prod(kernel.shape[:-1]), int(kernel.shape[-1])


def _is_matrix(variable: Any) -> bool:
    return len(variable.shape) > 1 and min(_sides(variable)) > 1
