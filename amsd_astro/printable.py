"""Text that may be shown: names of files and values of headers may hold anything."""

from __future__ import annotations

__all__ = ["printable"]


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
        Python spells them.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
