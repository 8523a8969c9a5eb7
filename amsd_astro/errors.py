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
    """Something in the input was odd and was dealt with; the result is usable.

    Examples
    --------
    >>> import warnings
    >>> from amsd_astro import AmsdWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", AmsdWarning)  # what is odd is an error here
    """

    def __init__(self, message: str = "", *more: Any) -> None:
        super().__init__(printable(message), *more)


class NoiseWarning(AmsdWarning):
    """The noise of a frame is in doubt: look at the result, and better state the noise.

    A kind of `AmsdWarning` of its own, for pipelines that leave such frames out and let harmless oddities of files be.

    Examples
    --------
    >>> import warnings
    >>> from amsd_astro import NoiseWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", NoiseWarning)  # a doubtful noise model is an error here
    """


def _with_cure(text: str, cure: str) -> str:
    """Put what helps behind a message."""
    return f"{text.rstrip('.')}; use {cure}" if cure else text


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
    cure : str, optional
        The keyword argument that helps, such as ``"ext=1"``. It is put behind the message; the command line names its
        option in its place.

    Attributes
    ----------
    path, hdu
        As given; None where unknown. Of a file that was fetched the path is the address, without credentials.
    cure : str
        As given.

    Examples
    --------
    >>> from amsd_astro import FrameError, read_frame
    >>> try:
    ...     read_frame("exposure.fits", ext="MASKS")
    ... except FrameError as error:
    ...     print(error.path.name, error.cure)
    exposure.fits ext='MASK'
    """

    def __init__(self, message: str = "", *, path: Any = None, hdu: Any = None, cure: str = "") -> None:
        message = printable(message)
        path = told_name(path) if isinstance(path, (str, os.PathLike)) and told_name(path) != os.fspath(path) else path
        super().__init__(_located(message, path, hdu))
        self.message = message
        self.path = path
        self.hdu = hdu
        self.cure = printable(cure)

    def __str__(self) -> str:
        return _with_cure(_located(self.message, self.path, self.hdu), self.cure)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders; the keyword arguments have to come along.
        return _rebuild, (type(self), self.message, self.path, self.hdu, self.cure)


def _rebuild(kind: type[FrameError], message: str, path: Any, hdu: Any, cure: str) -> FrameError:
    """Make an error again after pickling."""
    return kind(message, path=path, hdu=hdu, cure=cure)


class FrameNotFoundError(FrameError, FileNotFoundError):
    """The input file does not exist.

    Examples
    --------
    >>> from amsd_astro import FrameNotFoundError, read_frame
    >>> try:
    ...     read_frame("missing.fits")
    ... except FrameNotFoundError as error:
    ...     print(error.message)
    no such file.
    """


class FrameChangedError(FrameError):
    """The input file is no longer the one that was read.

    Examples
    --------
    >>> import os
    >>> from amsd_astro import FrameChangedError, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> os.utime("exposure.fits")
    >>> try:
    ...     frame.write("copy.fits")  # what is not the image is taken from the file
    ... except FrameChangedError:
    ...     frame = read_frame("exposure.fits")
    """


class AlreadyDenoisedError(FrameError):
    """The frame carries the cards of an earlier denoising.

    Examples
    --------
    >>> from amsd_astro import AlreadyDenoisedError, denoise, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> frame.header["AMSDVERS"] = "0.1.0"
    >>> try:
    ...     denoise(frame)
    ... except AlreadyDenoisedError as error:
    ...     print(error.cure)
    the exposure itself, or force=True
    """


class ModelError(ValueError):
    """A model file is damaged, or is no model file of ours.

    Examples
    --------
    >>> from amsd_astro import Denoiser, ModelError
    >>> try:
    ...     Denoiser.load("exposure.fits")
    ... except ModelError:
    ...     print("no model")
    no model
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class OutputError(OSError):
    """The output cannot be made: no such folder, no permission, not a file.

    Parameters
    ----------
    message : str
        What is wrong.
    cure : str, optional
        As for `FrameError`.

    Examples
    --------
    >>> from amsd_astro import OutputError, read_frame
    >>> try:
    ...     read_frame("exposure.fits").write("no/such/folder/copy.fits")
    ... except OutputError:
    ...     print("make the folder first")
    make the folder first
    """

    def __init__(self, message: str = "", *, cure: str = "") -> None:
        super().__init__(printable(message))
        self.cure = printable(cure)

    def __str__(self) -> str:
        return _with_cure(super().__str__(), self.cure)


class OutputExistsError(OutputError, FileExistsError):
    """The output exists already, or is the input itself.

    Examples
    --------
    >>> from amsd_astro import OutputExistsError, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> frame.write("copy.fits")
    >>> try:
    ...     frame.write("copy.fits")
    ... except OutputExistsError as error:
    ...     print(error.cure)
    overwrite=True
    """
