"""Files that belong to an image's by their names, as missions and pipelines give them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from amsd_astro.errors import FrameError
from amsd_astro.fits.layouts.table import ErrorKindName, Layout, layout_table

__all__ = ["Companion", "find_companions"]

_PACKED = ("", ".fz", ".gz", ".bz2", ".xz")


@dataclass(frozen=True)
class Companion:
    """A file beside an image's.

    Attributes
    ----------
    path : str
        The file.
    kind : {"sigma", "variance", "inverse"} or None
        What errors in it are; None for a mask.
    """

    path: str
    kind: ErrorKindName | None


def find_companions(path: Path, roles: Iterable[str]) -> dict[str, Companion]:
    """Return the files of mask and errors that lie beside an image's file, packed or not.

    Parameters
    ----------
    path : Path
        File of the image, whose name tells the layout.
    roles : iterable of str
        "mask", "error".

    Returns
    -------
    dict of str to Companion
        By role; without those that the layout does not have.

    Raises
    ------
    FrameError
        The name is of no layout that is known, or a file that belongs to it is not there or there twice.
    """
    bare = _unpacked(path.name)
    found: dict[str, Companion] = {}
    for layout, image, words, patterns in _rows(bare):
        for role in roles:
            if role in patterns:
                name = _filled(patterns[role], words)
                kind = layout.kind if role == "error" else None
                found[role] = Companion(_only(path, name, role, layout), kind or None)  # type: ignore[arg-type]
        if not found:
            raise FrameError(f"files of {layout.title} ({image}) have no companion of that kind.", path=path)
        return found
    known = ", ".join(dict.fromkeys(row["image"] for layout in layout_table().layouts for row in layout.companions))
    raise FrameError(
        f"companions are found by the name of the file, and it is none of those that are known: {known}. Name the "
        "planes by mask_file and error_file",
        path=path,
    )


def _rows(name: str) -> Iterator[tuple[Layout, str, tuple[str, ...], dict[str, str]]]:
    """Yield the rows of the table that a name is of: layout, pattern, what stands for its stars, the other patterns."""
    for layout in layout_table().layouts:
        for row in layout.companions:
            match = re.fullmatch("(.*)".join(map(re.escape, row["image"].split("*"))), name)
            if match is not None:
                yield layout, row["image"], match.groups(), dict(row)


def _filled(pattern: str, words: tuple[str, ...]) -> str:
    """Put words in the place of stars."""
    parts = pattern.split("*")
    return parts[0] + "".join(word + part for word, part in zip(words, parts[1:], strict=False))


def _only(path: Path, name: str, role: str, layout: Layout) -> str:
    found: dict[str, str] = {}
    for ending in _PACKED:
        one = path.parent / (name + ending)
        if os.path.lexists(one):
            found.setdefault(os.path.realpath(one), str(one))
    if len(found) == 1:
        return next(iter(found.values()))
    told = " and ".join(os.path.basename(one) for one in found.values()) or "none"
    raise FrameError(
        f"the {role} of an image of {layout.title} is in a file of its own beside it. Looked for: {name} (or packed: "
        f"{', '.join(_PACKED[1:])}). Received: {told}. Another can be named by {role}_file",
        path=path,
    )


def _unpacked(name: str) -> str:
    return next((name[: -len(ending)] for ending in _PACKED[1:] if name.endswith(ending)), name)
