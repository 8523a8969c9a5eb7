"""Foreign text as it stands on a page."""

from __future__ import annotations

import html
import unicodedata

__all__ = ["escaped"]


def escaped(text: object) -> str:
    """Return text as it may stand in HTML, between tags or quotes.

    Parameters
    ----------
    text : object
        From anywhere. Characters that cannot be seen or that turn the direction of writing are spelled out.
    """
    return html.escape("".join(map(_visible, str(text))))


def _visible(char: str) -> str:
    if char in "\n\t\r":
        return " "
    # isprintable refuses all spaces but one, and those of typography are harmless
    return char if char.isprintable() or unicodedata.category(char) == "Zs" else f"\\x{ord(char):02x}"
