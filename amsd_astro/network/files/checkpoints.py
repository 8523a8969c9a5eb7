"""The state of a training in a file, from which it goes on as if it had not been interrupted."""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.files.array_archive import LARGEST_FILE, Archive, pack_arrays
from amsd_astro.network.training_state import Checkpoint, TrainingState

__all__ = ["is_checkpoint", "load_state", "save_state"]

_FORMAT = 1
_LARGEST_DESCRIPTION = 1_000_000  # bytes
_DESCRIPTION = "description.npy"


def save_state(file: BinaryIO, state: TrainingState, *, key: str) -> None:
    """Write a state.

    Parameters
    ----------
    file : binary file
        Where to.
    state : TrainingState
        The state.
    key : str
        Tells what is trained on what: a state belongs to one training alone.
    """
    groups = {"weights": state.weights, "optimizer": state.optimizer}
    if state.best is not None:
        groups["best"] = state.best.weights
    arrays = {
        f"{group}{k:04d}": np.asarray(array) for group, members in groups.items() for k, array in enumerate(members)
    }
    description = {
        "format": _FORMAT,
        "key": key,
        "n_steps": state.n_steps,
        "best": None if state.best is None else {"n_steps": state.best.n_steps, "score": state.best.score},
        "draw": state.draw,
        "score": state.score,
        "arrays": {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()},
    }
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    file.write(pack_arrays({"description": text, **arrays}))


def is_checkpoint(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is one that `save_state` wrote, of whatever training; not where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return _DESCRIPTION in Archive(file.read(LARGEST_FILE + 1)).sizes
    except (ModelError, OSError):
        return False


def load_state(file: BinaryIO, *, key: str) -> TrainingState:
    """Read a state.

    Parameters
    ----------
    file : binary file
        Where from.
    key : str
        As it was saved with.

    Raises
    ------
    ModelError
        The file is damaged, or holds the state of another training.
    """
    archive = Archive(file.read(LARGEST_FILE + 1))
    try:
        if archive.sizes[_DESCRIPTION] > _LARGEST_DESCRIPTION:
            raise ValueError("a description that is too long")
        description = json.loads(archive.read(_DESCRIPTION, "|u1", None, what="description").tobytes())
        if description["format"] != _FORMAT or description["key"] != key:
            raise ModelError("the state must be that of this training. Received: that of another one")
        arrays = {
            name: archive.read(f"{name}.npy", dtype, tuple(shape), what=name)
            for name, (dtype, shape) in description["arrays"].items()
        }
        return _state(description, arrays)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"the state must be described by its file. Received: {type(error).__name__}") from error


def _state(description: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TrainingState:
    def group(name: str) -> list[NDArray[Any]]:
        return [arrays[key] for key in sorted(arrays) if key.startswith(name)]

    best = description["best"]
    checkpoint = None
    if best is not None:
        checkpoint = Checkpoint(int(best["n_steps"]), float(best["score"]), group("best"))
    return TrainingState(
        int(description["n_steps"]),
        group("weights"),
        group("optimizer"),
        checkpoint,
        description["draw"],
        description["score"],
    )
