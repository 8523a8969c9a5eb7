"""How a command can end: exit statuses, and which error means which."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from amsd_astro.many.failures import (
    BAD_INPUT,
    DONE,
    INTERNAL,
    INTERRUPTED,
    IO,
    NO_OUTPUT,
    NO_RESOURCES,
    TERMINATED,
    Failure,
    Terminated,
)
from amsd_astro.many.failures import describe_failure as describe_in_python
from amsd_astro.printable import one_line

__all__ = [
    "BAD_INPUT",
    "DONE",
    "INTERNAL",
    "INTERRUPTED",
    "IO",
    "NO_OUTPUT",
    "NO_RESOURCES",
    "SOME_FAILED",
    "TERMINATED",
    "WRONG_USAGE",
    "Failure",
    "Terminated",
    "UsageError",
    "describe_failure",
]

SOME_FAILED = 1
WRONG_USAGE = 2

_KEYWORD = re.compile(r"\b([a-z_]+)=('[^']*'|[^\s,]+)")


class UsageError(Exception):
    """Options that do not go together."""


def describe_failure(error: BaseException) -> Failure:
    """Say what an error means to whoever started the work; what helps is told as an option.

    Parameters
    ----------
    error : BaseException
        Whatever was raised.
    """
    failure = describe_in_python(error)
    cure = one_line(getattr(error, "cure", ""))
    if not cure:
        return failure
    return replace(failure, message=failure.message.replace(f"use {cure}", f"use {_KEYWORD.sub(_as_option, cure)}"))


def _as_option(keyword: re.Match[str]) -> str:
    name, value = keyword[1].replace("_", "-"), keyword[2].strip("'")
    return f"--{name}" if value == "True" else f"--{name} {shlex.quote(value)}"
