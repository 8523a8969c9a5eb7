"""A state of a training that comes from a file: what it must be like before any of it is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.training_state import TrainingState

__all__ = ["check_state", "is_score", "judged_steps"]

_SHARE, _LEAST = 1e-3, 1e-4  # by which a score may differ: another machine rounds in another way


def judged_steps(n_done: int, n_steps: int, score_at: Sequence[int], *, is_scored: bool) -> set[int]:
    """Return the steps after which a training has judged its weights.

    Parameters
    ----------
    n_done, n_steps : int
        Steps that were made and that will be.
    score_at : sequence of int
        As for `train`.
    is_scored : bool
        Whether there is a score.
    """
    steps = {step for step in score_at if step == 0 or (is_scored and step <= n_done)}
    return steps | ({n_steps} if n_done == n_steps else set())


def check_state(state: TrainingState, start: TrainingState, *, n_steps: int, judged: set[int]) -> None:
    """Make sure that a state can be one of a training.

    Parameters
    ----------
    state, start : TrainingState
        The state, and the one that the training starts from.
    n_steps : int
        Steps of the training.
    judged : set of int
        By `judged_steps`, of the state.

    Raises
    ------
    ModelError
        It cannot.
    """
    if type(state.n_steps) is not int or not 0 <= state.n_steps <= n_steps:
        raise ModelError(f"the steps made must be 0 to {n_steps}. Received: {state.n_steps!r}")
    _check_arrays("weights", state.weights, start.weights)
    _check_arrays("arrays of the optimizer", state.optimizer, start.optimizer)
    number, like = (isinstance(value, (int, float)) for value in (state.score, start.score))
    if number != like or (not number and state.score != start.score) or (number and np.isnan(state.score)):
        raise ModelError(f"what the score remembers must be like {start.score!r}. Received: {state.score!r:.50}")
    best = state.best
    if best is None:
        if judged:
            raise ModelError(f"the best weights must be there after {state.n_steps} steps. Received: none")
        return
    if type(best.n_steps) is not int or best.n_steps not in judged:
        raise ModelError(f"the best weights must be those of steps {sorted(judged)}. Received: {best.n_steps!r}")
    _check_arrays("best weights", best.weights, start.weights)
    known = start if best.n_steps == 0 else state if best.n_steps == state.n_steps else None
    if known is not None and not all(map(np.array_equal, best.weights, known.weights)):
        raise ModelError(f"the best weights must be those after {best.n_steps} steps. Received: others")


def is_score(stated: float, found: float) -> bool:
    """Return whether a score that a state tells is the one that is found for its weights."""
    return bool(np.isclose(stated, found, rtol=_SHARE, atol=_LEAST, equal_nan=True))


def _check_arrays(what: str, arrays: Sequence[NDArray[Any]], like: Sequence[NDArray[Any]]) -> None:
    kinds, expected = ([(one.dtype, one.shape) for one in group] for group in (arrays, like))
    if kinds != expected:
        k = next((k for k, pair in enumerate(zip(kinds, expected, strict=False)) if pair[0] != pair[1]), None)
        received = f"{len(kinds)} of them" if k is None else f"{kinds[k][0]} of shape {kinds[k][1]}"
        wanted = f"{len(expected)}" if k is None else f"{expected[k][0]} of shape {expected[k][1]}"
        raise ModelError(f"{what} must be {wanted}. Received: {received}")
    if not all(np.isfinite(one).all() for one in arrays):
        raise ModelError(f"{what} must be finite. Received: NaN or infinity")
