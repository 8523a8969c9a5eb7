"""The state of a training in a file, from which it goes on as if it had not been interrupted."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.files.array_archive import LARGEST_FILE, Archive, pack_arrays
from amsd_astro.network.training_state import Checkpoint, TrainingState
from amsd_astro.regular_files import open_regular

__all__ = ["found_instead", "is_checkpoint", "load_state", "save_state"]

_FORMAT = 1
_LARGEST_DESCRIPTION = 1_000_000  # bytes
_DESCRIPTION = "description.npy"
_BEGINNING = re.compile(rb"PK\x03\x04.{26}" + re.escape(_DESCRIPTION.encode()), re.DOTALL)  # what follows may be cut
_PLAIN_TYPE = re.compile("[<|][fiu][1248]")
_N_BEGINNING = 30 + len(_DESCRIPTION)
_KINDS: dict[Callable[[int], bool], str] = {
    stat.S_ISLNK: "a symbolic link",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a named pipe",
    lambda mode: not stat.S_ISREG(mode): "a socket or a device",
}


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
    """Return whether there is a file of this user's that begins as `save_state` begins one, links not followed."""
    try:
        with open_regular(path, follow=False) as file:
            return _is_ours(os.fstat(file.fileno())) and _BEGINNING.match(file.read(_N_BEGINNING)) is not None
    except (OSError, ValueError):
        return False


def found_instead(path: str | os.PathLike[str]) -> str | None:
    """Return what stands in the place of a checkpoint, in words; None for a checkpoint of whatever state, or nothing.

    Parameters
    ----------
    path : str or path-like
        The place; nothing but the beginning of a regular file is read.
    """
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return f"no place for a checkpoint ({getattr(error, 'strerror', None) or error})"
    for holds, what in _KINDS.items():
        if holds(info.st_mode):
            return what
    if not _is_ours(info):
        return "a file of another user"
    return None if is_checkpoint(path) else "a file that is no checkpoint"


def _is_ours(info: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or info.st_uid == os.geteuid()


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
            name: archive.read(f"{name}.npy", _plain_type(dtype), tuple(shape), what=name)
            for name, (dtype, shape) in description["arrays"].items()
        }
        return _state(description, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"the state must be described by its file. Received: {type(error).__name__}") from error


def _plain_type(dtype: Any) -> str:
    if not _PLAIN_TYPE.fullmatch(dtype):
        raise ValueError("an array of no numbers")
    return str(dtype)


def _state(description: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TrainingState:
    def group(name: str) -> list[NDArray[Any]]:
        return [arrays[key] for key in sorted(arrays) if key.startswith(name)]

    best = description["best"]
    checkpoint = None
    if best is not None:
        checkpoint = Checkpoint(_whole(best["n_steps"]), float(best["score"]), group("best"))
    return TrainingState(
        _whole(description["n_steps"]),
        group("weights"),
        group("optimizer"),
        checkpoint,
        description["draw"],
        description["score"],
    )


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("a number of steps that is none")
    return value
