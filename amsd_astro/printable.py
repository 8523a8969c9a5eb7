"""Text that may be shown: names of files and values of headers may hold anything."""

from __future__ import annotations

__all__ = ["one_line", "printable"]


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
