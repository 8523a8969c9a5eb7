"""A bar on the terminal for whatever takes longer."""

from __future__ import annotations

import sys

from amsd_astro import progress

__all__ = ["ProgressBar"]


class ProgressBar(progress.ProgressBar):
    """A bar where standard error is a terminal; else nothing is drawn.

    Parameters
    ----------
    title : str
        What is being worked on.
    shown : bool, optional
        Whether a bar is wanted at all.
    """

    def __init__(self, title: str, *, shown: bool = True) -> None:
        super().__init__(title, shown=shown and sys.stderr.isatty())
