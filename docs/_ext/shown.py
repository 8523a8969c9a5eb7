"""Which of the public names of a module a page shows."""

from __future__ import annotations

import importlib
from fnmatch import fnmatchcase

__all__ = ["shown_names"]


def shown_names(module: str, *, match: str = "*", leave: str = "") -> list[str]:
    """Return the public names of a module that a directive shows.

    Parameters
    ----------
    module : str
        Dotted name.
    match, leave : str, optional
        Patterns of the names to show, and of those of them to leave out, separated by blanks.
    """
    names = importlib.import_module(module).__all__
    return [
        name
        for name in names
        if any(fnmatchcase(name, pattern) for pattern in match.split())
        and not any(fnmatchcase(name, pattern) for pattern in leave.split())
    ]
