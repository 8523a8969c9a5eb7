"""How far something has come: what is called, and a bar that shows it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from amsd_astro.printable import printable

__all__ = ["Progress", "ProgressBar", "Steps", "begin", "shown", "size_of_bar"]

_PERIOD = 1.0  # seconds between two drawings of a stage that nothing is heard of

Progress = Callable[[int, int, str], None]
"""Called as ``progress(done, total, stage)``."""

_COLUMNS, _LINES = 80, 24


class ProgressBar:
    """Called as ``bar(done, total, stage)``; draws on standard error. The time that has passed goes on between calls.

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
        self._ended = threading.Event()
        self._clock: threading.Thread | None = None

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
        # a stage of one step that turns out to have more gets a bar of its own
        if self._bar is None or stage != self._stage or (total == 1) != (self._bar.total == 1):
            self._close()
            self._open(done, total, stage)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _open(self, done: int, total: int, stage: str) -> None:
        from tqdm import tqdm

        self._stage = stage
        name = printable(f"{self._title}: {stage}")
        form = "{desc} {elapsed}" if total == 1 else None  # a stage of one step is under way: 0 % would say nothing
        self._bar = tqdm(
            initial=done,
            total=total,
            desc=name,
            file=sys.stderr,
            leave=False,
            unit="",
            bar_format=form,
            **size_of_bar(),
        )
        self._ended.clear()
        self._clock = threading.Thread(target=self._tick, args=(self._bar,), name="amsd_astro progress", daemon=True)
        self._clock.start()

    def _tick(self, bar: Any) -> None:
        while not self._ended.wait(_PERIOD):
            bar.refresh()

    def _close(self) -> None:
        if self._clock is not None:
            self._ended.set()
            self._clock.join()
            self._clock = None
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Steps:
    """A stage of several steps, told one by one.

    Parameters
    ----------
    progress : callable or None
        Who is told.
    total : int
        How many steps there are.
    stage : str
        Its name.
    """

    def __init__(self, progress: Progress | None, total: int, stage: str) -> None:
        self.total = total
        self._progress, self._stage = progress, stage
        self._n_done = 0
        self._tell()

    def done(self) -> None:
        """Tell that one more is done."""
        self.reach(self._n_done + 1)

    def reach(self, n_done: int) -> None:
        """Tell how many are done; what fell out counts as done, and none is taken back."""
        n_done = min(n_done, self.total)
        if n_done > self._n_done:
            self._n_done = n_done
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._n_done, self.total, self._stage)


def size_of_bar() -> dict[str, Any]:
    """How tqdm is told the size of the terminal: a terminal that states none would be drawn nothing on."""
    try:
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):  # no file, or none that is a terminal
        return {"dynamic_ncols": True}
    return {"dynamic_ncols": True} if columns and lines else {"ncols": columns or _COLUMNS, "nrows": lines or _LINES}


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
