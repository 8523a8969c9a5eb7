"""Which of the words that are known was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["closest"]


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is spelled most like another, case aside; nothing where none is like it.

    Parameters
    ----------
    word : str
        As it was typed.
    known : iterable of str
        What is understood.
    """
    by_letters = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(word.casefold(), by_letters, n=1)
    return by_letters[found[0]] if found else ""
