"""What is to be combined: each thing given, its name, and how it is read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amsd_astro.errors import FrameError
from amsd_astro.regular_files import file_checksum
from amsd_astro.remote.addresses import is_address, shown_name
from amsd_astro.remote.fetching import Fetches

__all__ = ["Source", "sources_of"]


@dataclass(frozen=True, eq=False)
class Source:
    """One of several things to be combined.

    Attributes
    ----------
    name : str
        The path as given, or "exposure 3", numbered from 1, for an object.
    given : object
        What was given, as `denoise` takes it.
    options : mapping
        For a file, as for `read_frame`.
    """

    name: str
    given: Any = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _fetches: Fetches = field(default_factory=Fetches, repr=False)

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal; empty for what is no file."""
        if not isinstance(self.given, (str, os.PathLike)):
            return ""
        try:
            return file_checksum(self.here) or ""
        except (FrameError, OSError):  # of an address: it was told, and is left out
            return ""

    @property
    def here(self) -> Any:
        """What was given; for an address the file that is fetched from there once."""
        return self._fetches.local_file(self.given)

    def is_of(self, obj: Any) -> bool:
        """Whether this is what was given: the same object, or a path to the same file."""
        if self.given is obj:
            return True
        if is_address(obj) or is_address(self.given):
            return isinstance(obj, str) and obj == self.given
        if not (isinstance(obj, (str, os.PathLike)) and isinstance(self.given, (str, os.PathLike))):
            return False
        return os.path.realpath(obj) == os.path.realpath(self.given)


def sources_of(objs: Sequence[Any]) -> list[Source]:
    """Return what is to be combined of what a caller gave.

    Parameters
    ----------
    objs : sequence
        Two or more of what `~amsd_astro.denoise` takes. A file is read when its pixels are needed, and not kept.

    Raises
    ------
    TypeError
        It is no list, tuple or the like.
    FrameError
        It holds fewer than two.
    """
    if isinstance(objs, (str, os.PathLike, np.ndarray)) or not hasattr(objs, "__iter__"):
        raise TypeError(f"exposures to combine come in a list. Received: {type(objs).__name__}")
    given = list(objs)
    if len(given) < 2:
        raise FrameError(f"at least two exposures are needed. Received: {len(given)}")
    return [Source(_name_of(obj, number), obj) for number, obj in enumerate(given, start=1)]


def _name_of(obj: Any, number: int) -> str:
    return shown_name(obj) if isinstance(obj, (str, os.PathLike)) else f"exposure {number}"
