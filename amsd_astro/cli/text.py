"""Messages of other libraries for a terminal."""

from __future__ import annotations

from amsd_astro.printable import printable

__all__ = ["one_line"]


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
