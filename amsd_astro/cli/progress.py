"""A bar on the terminal for whatever takes longer."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from amsd_astro.printable import printable

__all__ = ["ProgressBar"]


class ProgressBar:
    """Called as ``bar(done, total, stage)``; draws on standard error where that is a terminal, else does nothing.

    Parameters
    ----------
    title : str
        What is being worked on.
    shown : bool
        Whether a bar is wanted at all.
    """

    def __init__(self, title: str, *, shown: bool = True) -> None:
        self._title = title
        self._shown = shown and sys.stderr.isatty()
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, done: int, total: int, stage: str) -> None:
        """Show how far a stage has come."""
        if not self._shown:
            return
        if self._bar is None or stage != self._stage:
            self._close()
            self._open(total, stage)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _open(self, total: int, stage: str) -> None:
        from tqdm import tqdm

        self._stage = stage
        name = printable(f"{self._title}: {stage}")
        self._bar = tqdm(total=total, desc=name, file=sys.stderr, leave=False, dynamic_ncols=True, unit="")

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
