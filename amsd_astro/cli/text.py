"""Text for a terminal: names and values from files may hold anything."""

from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: str) -> str:
    """Return text as one line of printable characters.

    Parameters
    ----------
    text : str
        Any text: messages of other libraries, names of files, values of headers.

    Returns
    -------
    str
        Line ends and the blanks around them are one blank; what a terminal would take for a command is escaped.
    """
    lines = text.splitlines()
    joined = lines[0] if len(lines) == 1 else " ".join(line.strip() for line in lines if line.strip())
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in joined)
