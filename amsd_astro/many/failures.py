"""What an error means to whoever started the work: a word, an exit status and one line."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace

from amsd_astro.printable import one_line, printable

__all__ = [
    "BAD_INPUT",
    "DONE",
    "INTERNAL",
    "INTERRUPTED",
    "IO",
    "NO_OUTPUT",
    "NO_RESOURCES",
    "TERMINATED",
    "Failure",
    "Terminated",
    "describe_failure",
]

DONE = 0
BAD_INPUT = 65
INTERNAL = 70
NO_RESOURCES = 71
NO_OUTPUT = 73
IO = 74
INTERRUPTED = 130
TERMINATED = 143

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)


class Terminated(BaseException):
    """SIGTERM arrived."""


@dataclass(frozen=True)
class Failure:
    """What went wrong: a word for programs, the exit status and one line for people."""

    kind: str
    status: int
    message: str


def describe_failure(error: BaseException) -> Failure:
    """Say what an error means to whoever started the work.

    Parameters
    ----------
    error : BaseException
        Whatever was raised.

    Returns
    -------
    Failure
        Its kind is "input", "output", "io", "resources", "interrupted" or "internal".
    """
    failure = _describe(error)
    notes = getattr(error, "__notes__", [])
    return replace(failure, message="; ".join([failure.message, *map(one_line, notes)]))


def _describe(error: BaseException) -> Failure:
    from amsd_astro.errors import FrameChangedError, FrameError, ModelError, OutputError

    if isinstance(error, FrameChangedError):  # the only error of a frame that a second try may not meet
        return Failure("io", IO, one_line(str(error)))
    if isinstance(error, FrameError | ModelError):
        return Failure("input", BAD_INPUT, one_line(str(error)))
    if isinstance(error, OutputError):
        return Failure("output", NO_OUTPUT, one_line(str(error)))
    if isinstance(error, KeyboardInterrupt):
        return Failure("interrupted", INTERRUPTED, "interrupted")
    if isinstance(error, Terminated):
        return Failure("interrupted", TERMINATED, "terminated")
    # TensorFlow's own error is told by its name: naming its class would import TensorFlow.
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return Failure("resources", NO_RESOURCES, f"out of memory: {one_line(str(error)) or type(error).__name__}")
    if isinstance(error, OSError):
        status, kind = (NO_RESOURCES, "resources") if error.errno in _FULL else (IO, "io")
        where = f"{printable(str(error.filename))}: " if error.filename is not None and error.strerror else ""
        return Failure(kind, status, one_line(f"{where}{error.strerror or error}"))
    return Failure(
        "internal", INTERNAL, f"internal error, {type(error).__name__}: {one_line(str(error))} (-v tells where)"
    )
