"""Exceptions and the one warning category of the package.

Bad input is a `FrameError`, an output that cannot be made an `OutputError`; an `OSError` that happens on the way
(disk full, read error) stays the `OSError` it is. What they say goes to terminals and logs, so names and values in it
are spelled out where they are not printable.
"""

from __future__ import annotations

import os
from typing import Any

from astropy.utils.exceptions import AstropyUserWarning

from amsd_astro.printable import printable, told_name

__all__ = [
    "AlreadyDenoisedError",
    "AmsdWarning",
    "FrameChangedError",
    "FrameError",
    "FrameNotFoundError",
    "ModelError",
    "OutputError",
    "OutputExistsError",
]


class AmsdWarning(AstropyUserWarning):
    """Something in the input was odd and was dealt with; the result is usable."""

    def __init__(self, message: str = "", *more: Any) -> None:
        super().__init__(printable(message), *more)


def _located(message: str, path: Any, hdu: Any) -> str:
    """Put the file and the HDU in front of a message."""
    if path is None:
        return message if hdu is None else f"HDU {printable(str(hdu))}: {message}"
    name = printable(os.fsdecode(path))
    return f"{name}: {message}" if hdu is None else f"{name}[{printable(str(hdu))}]: {message}"


class FrameError(ValueError):
    """A frame, or the file that holds it, cannot be used.

    Parameters
    ----------
    message : str
        What is wrong: the rule and what was received.
    path : str or path-like, optional
        The file. It is put in front of the message.
    hdu : int or str, optional
        The HDU within the file.

    Attributes
    ----------
    path, hdu
        As given; None where unknown. Of a file that was fetched the path is the address, without credentials.
    """

    def __init__(self, message: str = "", *, path: Any = None, hdu: Any = None) -> None:
        message = printable(message)
        path = told_name(path) if isinstance(path, (str, os.PathLike)) and told_name(path) != os.fspath(path) else path
        super().__init__(_located(message, path, hdu))
        self.message = message
        self.path = path
        self.hdu = hdu

    def __str__(self) -> str:
        return _located(self.message, self.path, self.hdu)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders; the keyword arguments have to come along.
        return _rebuild, (type(self), self.message, self.path, self.hdu)


def _rebuild(kind: type[FrameError], message: str, path: Any, hdu: Any) -> FrameError:
    """Make an error again after pickling."""
    return kind(message, path=path, hdu=hdu)


class FrameNotFoundError(FrameError, FileNotFoundError):
    """The input file does not exist."""


class FrameChangedError(FrameError):
    """The input file is no longer the one that was read."""


class AlreadyDenoisedError(FrameError):
    """The frame carries the cards of an earlier denoising."""


class ModelError(ValueError):
    """A model file is damaged, or is no model file of ours."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class OutputError(OSError):
    """The output cannot be made: no such folder, no permission, not a file."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class OutputExistsError(OutputError, FileExistsError):
    """The output exists already, or is the input itself."""
