"""What is to be done, with which file, and who does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Job", "Work"]


@dataclass(frozen=True)
class Job:
    """One exposure to denoise.

    Attributes
    ----------
    path, output : str
        The input and what is made of it.
    """

    path: str
    output: str


class Work(Protocol):
    """Denoises one file after another, in whichever process it was brought to by pickling.

    Attributes
    ----------
    n_threads : int or None
        Threads of the network; None for all that the process may use.
    """

    n_threads: int | None

    def __call__(self, job: Job) -> dict[str, Any]:
        """Return what there is to tell of a job, failures too: ``ok``, ``kind``, ``status``, ``message`` and more."""
        ...
