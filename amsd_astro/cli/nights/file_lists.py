"""The files that the words of a command line stand for: files, folders, and lists of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.many.outputs import FITS_ENDINGS, once_each
from amsd_astro.remote.addresses import is_address, shown_name

__all__ = ["check_folder", "expand_files"]

_ENDINGS = tuple(ending + packed for ending in FITS_ENDINGS for packed in ("", ".gz", ".bz2", ".xz", ".fz"))
_OURS = "_amsd.fits"


def expand_files(words: Sequence[str]) -> list[str]:
    """Return the files that words stand for, each once.

    Parameters
    ----------
    words : sequence of str
        A file; a folder for the FITS files in it, by name, without hidden ones and our own NAME_amsd.fits; or @LIST for
        the files and folders that LIST names, one a line, by paths that start from its folder. There lines without a
        word and those that start with # count for nothing.

    Raises
    ------
    FrameNotFoundError
        There is no such list.
    UsageError
        There is no file in a list.
    """
    return once_each([path for word in words for path in _expand(word)])


def check_folder(path: str) -> None:
    """Refuse a folder that stands for itself, as there is no exposure in it.

    Raises
    ------
    FrameError
        It is a folder.
    """
    if not is_address(path) and os.path.isdir(path):
        from amsd_astro.errors import FrameError

        n_ours = sum(name.endswith(_OURS) for name in os.listdir(path))
        others = f" but {n_ours} of our own (NAME{_OURS})" if n_ours else ""
        raise FrameError(f"is a directory without FITS files{others}; folders in it are not entered.", path=path)


def _expand(word: str) -> list[str]:
    is_list = word.startswith("@")
    entries = list(_listed(word[1:])) if is_list else [word]
    found = [path for entry in entries for path in _files_of(entry)]
    if not found:
        raise UsageError(f"argument FILE: there is no line with a file in {shown_name(word)}")
    return found


def _files_of(entry: str) -> list[str]:
    """Return a file, or the exposures in a folder; one without stands for itself, and reading says what it is."""
    return (list(_exposures(entry)) if os.path.isdir(entry) else []) or [entry]


def _listed(name: str) -> Iterator[str]:
    from amsd_astro.errors import FrameNotFoundError

    try:
        with open(name, "rb") as file:
            lines = [os.fsdecode(line.rstrip(b"\r\n")) for line in file]
    except FileNotFoundError as error:
        raise FrameNotFoundError("there is no such list of files", path=shown_name(name)) from error
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield line if is_address(line) else os.path.join(os.path.dirname(name), line)


def _exposures(folder: str) -> Iterator[str]:
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        is_hidden, is_ours = name.startswith("."), name.endswith(_OURS)
        if name.lower().endswith(_ENDINGS) and not is_hidden and not is_ours and os.path.isfile(path):
            yield path
