"""What is to be done, with which file, and who does it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Job", "Work"]


@dataclass(frozen=True)
class Job:
    """One exposure to denoise.

    Attributes
    ----------
    path, output : str
        The input and what is made of it, files or addresses.
    was_missing : bool
        Whether the output was not there when the job was planned. Then one that is there when the job is begun, made of
        the same input by the same options, is that of a process that died before it could tell, and all that is wanted.
    """

    path: str
    output: str
    was_missing: bool = False

    @classmethod
    def planned(cls, path: str, output: str | os.PathLike[str]) -> Job:
        """Return a job that is about to be given away."""
        return cls(path, os.fspath(output), was_missing=not _is_there(output))


def _is_there(output: str | os.PathLike[str]) -> bool:
    """Whether there is an output, or something else in its place; of what cannot be asked for, writing will tell."""
    from amsd_astro.remote.uploading import is_there

    try:
        return is_there(output)
    except (ValueError, OSError):
        return True


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
