"""Adam with centralized gradients."""

from __future__ import annotations

import keras
from keras import ops

__all__ = ["CentralizedAdam", "centralized", "warm_cosine"]


def centralized(gradient: keras.KerasTensor) -> keras.KerasTensor:
    """Gradient less its mean over all axes but the last (Yong et al. 2020); vectors are left as they are."""
    if len(gradient.shape) < 2:
        return gradient
    return gradient - ops.mean(gradient, axis=tuple(range(len(gradient.shape) - 1)), keepdims=True)


class CentralizedAdam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015) on gradients that are centralized first (Yong et al. 2020)."""

    def apply(self, grads, trainable_variables=None):  # type: ignore[no-untyped-def]  # noqa: D102
        return super().apply([centralized(g) for g in grads], trainable_variables)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):  # type: ignore[no-untyped-def]
        # as Keras does it where nothing is distributed: its way with TensorFlow keeps the graph of every training
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)


def warm_cosine(peak: float, *, n_steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Learning rate that rises for the first 5 % of the steps, then falls to 2 % of its peak along a cosine."""
    n_warm = max(1, min(20, n_steps // 20))
    return keras.optimizers.schedules.CosineDecay(
        peak * 0.05, max(1, n_steps - n_warm), alpha=0.02, warmup_target=peak, warmup_steps=n_warm
    )
