"""How far something has come: what is called, and a bar that shows it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from amsd_astro.printable import printable

__all__ = ["Progress", "ProgressBar", "begin", "shown"]

Progress = Callable[[int, int, str], None]
"""Called as ``progress(done, total, stage)``."""


class ProgressBar:
    """Called as ``bar(done, total, stage)``; draws on standard error.

    Parameters
    ----------
    title : str
        What is being worked on.
    shown : bool, optional
        Whether a bar is wanted at all.
    """

    def __init__(self, title: str, *, shown: bool = True) -> None:
        self._title = title
        self._shown = shown
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> Self:
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
        form = "{desc}" if total == 1 else None  # a stage of one step is under way: 0 % would say nothing
        self._bar = tqdm(
            total=total, desc=name, file=sys.stderr, leave=False, dynamic_ncols=True, unit="", bar_format=form
        )

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def begin(progress: Progress | None, stage: str) -> None:
    """Tell that a stage begins of which nobody can say how far it has come.

    Parameters
    ----------
    progress : callable or None
        Who is told.
    stage : str
        Its name.
    """
    if progress is not None:
        progress(0, 1, stage)


@contextlib.contextmanager
def shown(progress: Progress | bool | None, title: str) -> Iterator[Progress | None]:
    """Give what is to be called: the callable itself, or a bar for True.

    Parameters
    ----------
    progress : callable, bool or None
        As a caller states it.
    title : str
        What is being worked on, for the bar.

    Yields
    ------
    callable or None
    """
    if progress is True:
        with ProgressBar(title) as bar:
            yield bar
    else:
        yield progress or None
