"""How far a night has come: one line on a terminal that is kept up to date, else a line from time to time."""

from __future__ import annotations

import math
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.many.work import Job
from amsd_astro.progress import size_of_bar

__all__ = ["NightProgress", "in_words"]

_BETWEEN = 10.0  # seconds between lines where there is no terminal


class NightProgress:
    """Counts files, pixels and time, and shows them on standard error.

    Parameters
    ----------
    jobs : sequence of Job
        All there is to do.
    console : Console
        Where lines go.
    shown : bool
        Whether they are wanted.
    """

    def __init__(self, jobs: Sequence[Job], console: Console, *, shown: bool = True) -> None:
        self._console, self._shown = console, shown
        self._n_files = len(jobs)
        self._sizes = {job: _size(job.path) for job in jobs}
        self._n_left = sum(self._sizes.values())  # bytes
        self._n_worked = 0  # bytes
        self._n_pixels = 0
        self._kinds: Counter[str] = Counter()
        self._start = self._last = time.perf_counter()
        self._bar: Any = None

    def __enter__(self) -> NightProgress:
        if self._shown and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(file=sys.stderr, leave=False, bar_format="{desc}", **size_of_bar())
            self._bar.set_description_str(self.told())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def count(self, job: Job, record: dict[str, Any]) -> None:
        """Count a file that is done, and show it."""
        self._kinds[record["kind"] if record["ok"] else "failed"] += 1
        size = self._sizes.pop(job)
        self._n_left -= size
        if record["ok"] and record["kind"] != "skipped":
            self._n_worked += size
            self._n_pixels += math.prod(record["shape"])
        if self._bar is not None:
            self._bar.set_description_str(self.told())
        elif self._shown and self._sizes and time.perf_counter() - self._last > _BETWEEN:
            self._last = time.perf_counter()
            self._console.note(f"amsd-astro: {self.told()}")

    def told(self) -> str:
        """Return the line: files, megapixels per second, and the time that the rest will take."""
        seconds = time.perf_counter() - self._start
        n_done = sum(self._kinds.values())
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self._kinds.items()))
        head = f"{n_done} of {self._n_files} files" if self._sizes else f"{self._n_files} files"
        parts = [f"{head}: {kinds}" if kinds else head, in_words(seconds)]
        if self._n_pixels:
            parts.append(f"{self._n_pixels / 1e6 / seconds:.3g} megapixels/s")
        if self._sizes and self._n_worked:
            parts.append(f"{in_words(seconds * self._n_left / self._n_worked)} left")
        return "; ".join(parts)


def in_words(seconds: float) -> str:
    """Return a time in its two largest units."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _size(path: str) -> int:
    """Return the bytes of a file; at least one, as if a file that is not there took a moment."""
    try:
        return max(os.path.getsize(path), 1)
    except (OSError, ValueError):
        return 1
