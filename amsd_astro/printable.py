"""Text that may be shown: names of files and values of headers may hold anything."""

from __future__ import annotations

import os

__all__ = ["forget_name", "one_line", "printable", "tell_as", "told_name"]

_names: dict[str, str] = {}
"""Files that are told of by other names: what is fetched lies in scratch, and people know where it is from."""


def tell_as(path: str, name: str) -> None:
    """Let all that is shown of a file name it otherwise.

    Parameters
    ----------
    path : str
        The file: absolute, and of a name that is in no other text.
    name : str
        What is shown in its place.
    """
    _names[path] = name


def forget_name(path: str) -> None:
    """Tell of a file by its own name again."""
    _names.pop(path, None)


def told_name(path: str | os.PathLike[str]) -> str:
    """Return the name by which a file is told of."""
    text = os.fspath(path)
    return _names.get(text, text)


def printable(text: str) -> str:
    """Return text as printable characters of one line.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Line ends, control characters, and what turns the direction of writing or cannot be seen, are spelled out as
        Python spells them. Files that were fetched are named by where they are from.
    """
    for path, name in list(_names.items()):
        text = text.replace(path, name)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def one_line(text: str) -> str:
    """Return text as one line of printable characters.

    Parameters
    ----------
    text : str
        Any message, of several lines perhaps.

    Returns
    -------
    str
        Line ends and the blanks around them are one blank; what a terminal would take for a command is escaped.
    """
    lines = text.splitlines()
    joined = lines[0] if len(lines) == 1 else " ".join(line.strip() for line in lines if line.strip())
    return printable(joined)
