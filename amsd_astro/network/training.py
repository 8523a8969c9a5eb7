"""The one training loop: gradient tape, progress, the choice among weights, and going on after an interruption."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.forked_process import claim_process
from amsd_astro.network.state_checks import check_state, is_score, judged_steps
from amsd_astro.network.training_state import Checkpoint, TrainingState
from amsd_astro.progress import Progress

__all__ = ["Draw", "Memory", "Progress", "Score", "train"]

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN = 60.0  # two times of keeping the state


class Draw(Protocol):
    """Gives the next batch, a tuple of arrays of the same shapes each time."""

    state: Any
    """What the next draws depend on, of JSON types; may be set."""

    def __call__(self) -> tuple[NDArray[np.float32], ...]:
        """Draw a batch."""


class Score(Protocol):
    """Judges the present weights, lower is better."""

    state: Any
    """What it remembers of earlier weights, of JSON types; may be set."""

    def __call__(self) -> float:
        """Return the score."""


class Memory(Protocol):
    """Where the state of a training outlives an interruption."""

    def load(self) -> TrainingState | None:
        """Return the state of this training that was kept, None without one."""

    def refuse(self, error: ModelError) -> None:
        """Tell that the state it gave cannot be one of this training, which begins anew."""

    def keep(self, state: TrainingState) -> None:
        """Keep a state in the place of earlier ones."""


def train(
    network: keras.Model,
    loss: Callable[..., tf.Tensor],
    optimizer: keras.optimizers.Optimizer,
    draw: Draw,
    *,
    n_steps: int,
    score: Score | None = None,
    score_at: tuple[int, ...] = (),
    progress: Progress | None = None,
    memory: Memory | None = None,
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
    draw : Draw
        Gives the batches.
    n_steps : int
        Optimizer steps.
    score : Score, optional
        Called after each of the steps ``score_at`` and after the last. Without it the last weights are kept.
    score_at : tuple of int, optional
        Steps after which the weights are candidates; with 0 among them, those it starts from are one.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    memory : Memory, optional
        Is given the state every minute, at the end, and where an exception (a signal's, too) ends the training early.
        A training of which it has a state goes on from there, and ends as if it had not been interrupted. The state is
        not trusted: all of it must fit, and its best weights are judged anew.

    Returns
    -------
    Checkpoint
        The weights that were kept.
    """
    claim_process()
    run = _Run(network, loss, optimizer, draw, score)
    state = None if memory is None else memory.load()
    if memory is not None and state is not None:
        try:
            run.take_over(state, n_steps=n_steps, score_at=score_at)
        except ModelError as error:
            memory.refuse(error)
    kept_at = time.monotonic()
    try:
        if 0 in score_at and run.best is None:
            run.judge(0.0)
        while run.n_done < n_steps:
            value = run.step()
            if progress is not None:
                progress(run.n_done, n_steps, "training")
            if (run.n_done == n_steps or (score is not None and run.n_done in score_at)) and not run.judge(value):
                break
            if memory is None:
                continue
            run.remember()
            if time.monotonic() - kept_at > _SECONDS_BETWEEN:
                memory.keep(run.state)
                kept_at = time.monotonic()
    except BaseException:
        if memory is not None and run.state.n_steps:
            memory.keep(run.state)
        raise
    if run.best is None:
        raise FloatingPointError(f"training must reach a finite loss. Received: none after {run.n_done} steps")
    if memory is not None:
        memory.keep(run.state)
    network.set_weights(run.best.weights)
    return run.best


class _Run:
    """A training on its way; ``state`` is that after the last whole step, wherever an exception came."""

    def __init__(
        self,
        network: keras.Model,
        loss: Callable[..., tf.Tensor],
        optimizer: keras.optimizers.Optimizer,
        draw: Draw,
        score: Score | None,
    ) -> None:
        self._network, self._optimizer, self._draw, self._score = network, optimizer, draw, score
        self.n_done = 0
        self.best: Checkpoint | None = None
        optimizer.build(network.trainable_variables)
        self.remember()
        variables = network.trainable_variables

        @tf.function(autograph=False)  # there is no Python control flow in it, and no file is left behind
        def apply(*batch: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                value = loss(*batch)
            optimizer.apply(tape.gradient(value, variables), variables)
            return value

        self._apply = apply

    def step(self) -> float:
        """Make a step; return the loss."""
        value = self._apply(*(tf.constant(array) for array in self._draw()))
        self.n_done += 1
        return value  # a tensor: it is waited for only where it is looked at

    def judge(self, value: tf.Tensor | float) -> bool:
        """Make the present weights the best, if they are; return False where they are of no use any more."""
        if not np.isfinite(float(value)):
            _log.warning("the loss is not finite after %d steps: earlier weights are kept", self.n_done)
            return False
        judged = float("nan") if self._score is None else self._score()
        _log.debug("step %d: loss %.5g, score %.5g", self.n_done, float(value), judged)
        if self.best is None or self._score is None or judged < self.best.score:
            self.best = Checkpoint(self.n_done, judged, [np.array(weight) for weight in self._network.get_weights()])
        return True

    def remember(self) -> None:
        """Note the state."""
        self.state = TrainingState(
            self.n_done,
            [np.array(weight) for weight in self._network.get_weights()],
            [keras.ops.convert_to_numpy(variable).copy() for variable in self._optimizer.variables],
            self.best,
            self._draw.state,
            None if self._score is None else self._score.state,
        )

    def take_over(self, state: TrainingState, *, n_steps: int, score_at: tuple[int, ...]) -> None:
        """Go on from a state; raise ModelError, and stay at the start, where it can be none of this training."""
        start = self.state
        judged = judged_steps(state.n_steps, n_steps, score_at, is_scored=self._score is not None)
        try:
            check_state(state, start, n_steps=n_steps, judged=judged)
            self._judge_anew(state, start, judged)
            self._restore(state)
            if int(self._optimizer.iterations) != state.n_steps:
                raise ModelError(f"the optimizer must have made {state.n_steps} steps. Received: another number")
        except (ModelError, TypeError, ValueError, KeyError, OverflowError, AttributeError) as error:
            self._restore(start)
            if isinstance(error, ModelError):
                raise
            raise ModelError(
                f"the state of the draws must be one of theirs. Received: {type(error).__name__}"
            ) from error
        self.remember()
        _log.info("training goes on after %d steps", self.n_done)

    def _judge_anew(self, state: TrainingState, start: TrainingState, judged: set[int]) -> None:
        """Make sure that the best weights have the score they are told to have, and that none at hand are better."""
        best, score = state.best, self._score
        if best is None or score is None:
            return

        def scored(weights: list[NDArray[Any]], remembered: Any) -> float:
            self._network.set_weights(weights)
            score.state = remembered
            return float(score())

        found = scored(best.weights, start.score)
        if not is_score(best.score, found):
            raise ModelError(f"the best weights must have the score {best.score:.5g}. Received: {found:.5g}")
        others = {0: start.weights, state.n_steps: state.weights}
        for step in judged & (others.keys() - {best.n_steps}):
            other = scored(others[step], state.score)
            if other < found and not is_score(other, found):
                raise ModelError(f"the best weights must have the lowest score. Received: that of step {step} is lower")

    def _restore(self, state: TrainingState) -> None:
        self.n_done, self.best = state.n_steps, state.best
        self._network.set_weights(state.weights)
        for variable, value in zip(self._optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        self._draw.state = state.draw
        if self._score is not None:
            self._score.state = state.score
