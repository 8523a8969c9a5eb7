"""The name of each output: the same for the same input, and of no other input."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from amsd_astro.remote.addresses import file_name, identity, is_address

__all__ = ["FITS_ENDINGS", "name_outputs", "once_each"]

FITS_ENDINGS = (".fits", ".fit", ".fts")
_ENDINGS = (".gz", ".bz2", ".xz", ".fz", *FITS_ENDINGS)


def once_each(paths: Sequence[str]) -> list[str]:
    """Return paths without those that name a file once more, through links too."""
    first: dict[str, str] = {}
    for path in paths:
        first.setdefault(_real(path), path)
    return list(first.values())


def name_outputs(paths: Sequence[str], directory: str | os.PathLike[str] | None) -> list[Path | str]:
    """Return the output of each input: NAME_amsd.fits, or NAME_DIGEST_amsd.fits for those that share a name.

    The digest is of the whole path, not of the other inputs: the same input has the same output in the next run, in
    whatever order they are given.

    Parameters
    ----------
    paths : sequence of str
        The inputs, each once.
    directory : path-like or None
        Where the outputs go, a folder or an address; beside each input if None.
    """
    folders = [Path(path).parent if directory is None else directory for path in paths]
    plain = [_within(folder, f"{_stem(path)}_amsd.fits") for folder, path in zip(folders, paths, strict=True)]
    n_of = Counter(map(_real, plain))
    return [
        output if n_of[_real(output)] == 1 else _within(folder, f"{_stem(path)}_{_digest(path)}_amsd.fits")
        for folder, path, output in zip(folders, paths, plain, strict=True)
    ]


def _within(folder: str | os.PathLike[str], name: str) -> Path | str:
    return f"{folder.rstrip('/')}/{name}" if is_address(folder) else Path(folder) / name


def _real(path: str | os.PathLike[str]) -> str:
    if is_address(path):
        return identity(path)
    try:
        return os.path.realpath(path)
    except ValueError:  # what cannot be a path: reading says so
        return os.fspath(path)


def _stem(path: str) -> str:
    name = file_name(path) if is_address(path) else Path(path).name
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return name


def _digest(path: str) -> str:
    whole = identity(path) if is_address(path) else os.path.abspath(path)
    return hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
