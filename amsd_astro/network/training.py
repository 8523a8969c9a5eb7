"""The one training loop: gradient tape, progress, and the choice among the weights it passes through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["Checkpoint", "Progress", "train"]

_log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Checkpoint:
    """Weights after ``n_steps`` steps and their ``score`` (lower is better; nan where nothing was held out)."""

    n_steps: int
    score: float
    weights: list[NDArray[np.float32]] = field(repr=False)


def train(
    network: keras.Model,
    loss: Callable[..., tf.Tensor],
    optimizer: keras.optimizers.Optimizer,
    draw: Callable[[], tuple[NDArray[np.float32], ...]],
    *,
    n_steps: int,
    score: Callable[[], float] | None = None,
    score_at: tuple[int, ...] = (),
    progress: Progress | None = None,
) -> Checkpoint:
    """Train a network in place and leave it with the best weights it passed through.

    Parameters
    ----------
    network : keras.Model
        What is trained.
    loss : callable
        From the arrays of a batch, as tensors, to a scalar.
    optimizer : keras optimizer
        Takes the gradients.
    draw : callable
        Gives the next batch, a tuple of arrays of the same shapes each time.
    n_steps : int
        Optimizer steps.
    score : callable, optional
        Judges the present weights, lower is better; called after each of the steps ``score_at`` and after the last.
        Without it the last weights are kept.
    score_at : tuple of int, optional
        Steps after which the weights are candidates.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Checkpoint
        The weights that were kept.
    """
    variables = network.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step(*batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(*batch)
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    best: Checkpoint | None = None
    for done in range(1, n_steps + 1):
        value = step(*(tf.constant(array) for array in draw()))
        if progress is not None:
            progress(done, n_steps, "training")
        if done != n_steps and (score is None or done not in score_at):
            continue
        if not np.isfinite(float(value)):
            _log.warning("the loss is not finite after %d steps: earlier weights are kept", done)
            break
        judged = float("nan") if score is None else score()
        _log.debug("step %d: loss %.5g, score %.5g", done, float(value), judged)
        if best is None or score is None or judged < best.score:
            best = Checkpoint(done, judged, [np.array(weight) for weight in network.get_weights()])
    if best is None:
        raise FloatingPointError(f"training must reach a finite loss. Received: {float(value)} after {done} steps")
    network.set_weights(best.weights)
    return best
