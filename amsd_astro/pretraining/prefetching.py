"""Things made ahead of time by threads, and given in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["made_ahead"]

_AHEAD = 4  # things

Made = TypeVar("Made")


def made_ahead(make: Callable[[int], Made], n: int, *, n_threads: int) -> Iterator[Made]:
    """Give ``make(0)`` to ``make(n - 1)``, the next few of which are being made.

    Parameters
    ----------
    make : callable
        From a number to a thing; called in threads.
    n : int
        How many.
    n_threads : int
        That make them.

    Yields
    ------
    object
        What was made, in the order of the numbers.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[Made]] = deque()
        for index in range(n):
            waiting.append(pool.submit(make, index))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
