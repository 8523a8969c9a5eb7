"""Results of long runs kept in a folder, so that an interrupted benchmark goes on, and how tables name their origin."""

from __future__ import annotations

import datetime
import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np

from amsd_astro.resources import count_processors

__all__ = ["command", "kept", "machine"]


def kept(folder: Path | None, key: str, make: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Return a result and the seconds it took, from the folder if it is there.

    Parameters
    ----------
    folder : Path or None
        Holds KEY.npy and KEY.json; None makes the result anew.
    key : str
        Tells the result from all others.
    make : callable
        Makes it.
    """
    if folder is None:
        return _timed(make)
    folder.mkdir(parents=True, exist_ok=True)
    array, note = folder / f"{key}.npy", folder / f"{key}.json"
    if not note.exists():
        result, seconds = _timed(make)
        with open(array, "wb") as file:
            np.save(file, result)
        # the note last, and whole: it tells that the array is whole
        partial = note.with_suffix(".part")
        partial.write_text(json.dumps({"seconds": seconds}))
        os.replace(partial, note)
    return np.load(array), float(json.loads(note.read_text())["seconds"])


def _timed(make: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    start = time.perf_counter()
    result = np.asarray(make(), np.float64)
    return result, time.perf_counter() - start


def command(spec: ModuleSpec) -> str:
    """Return the command that runs now, as it can be given anywhere: without the folder of kept results.

    Parameters
    ----------
    spec : ModuleSpec
        The ``__spec__`` of the benchmark, which runs as a module.
    """
    words = sys.argv[1:]
    if "--cache" in words:
        at = words.index("--cache")
        del words[at : at + 2]
    return shlex.join(["python", "-m", spec.name, *words])


def machine() -> str:
    """Date and machine class for the head of a table."""
    return (
        f"{datetime.date.today()}, {count_processors()} processors, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
