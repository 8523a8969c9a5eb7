"""`Frame.read` and `Frame.write` by astropy's registry of formats, as `~astropy.nddata.CCDData` has them.

Who reads or writes a format registers it for `Frame` where that is defined: a frame imports none of them.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from astropy.io.registry import UnifiedReadWrite

__all__ = ["FrameReader", "FrameWriter"]


class FrameReader(UnifiedReadWrite):
    """Read a frame from a file; ``Frame.read.help()`` tells the options of each format.

    Parameters
    ----------
    path : str or path-like
        The file.
    format : str, optional
        One of ``Frame.read.list_formats()``.
    **options
        Those of the format: of "fits", those of `~amsd_astro.read_frame`.

    Returns
    -------
    Frame
    """

    def __init__(self, instance: Any, cls: type) -> None:
        super().__init__(instance, cls, "read", registry=None)

    def __call__(self, path: str | os.PathLike[str], *, format: str = "fits", **options: Any) -> Any:  # noqa: A002
        """Read a frame."""
        _check_options(options, self.registry.get_reader(format, self._cls), "read", format)
        return self.registry.read(self._cls, path, format=format, **options)


class FrameWriter(UnifiedReadWrite):
    """Write the frame to a file; ``Frame.write.help()`` tells the options of each format.

    Parameters
    ----------
    path : str, path-like or text file
        The file; only the format "html" takes one that is open.
    overwrite : bool, optional
        Whether it may exist.
    format : str, optional
        One of ``Frame.write.list_formats()``.
    **options
        Those of the format: of "fits", those of `~amsd_astro.write_frame`.
    """

    def __init__(self, instance: Any, cls: type) -> None:
        super().__init__(instance, cls, "write", registry=None)

    def __call__(self, path: Any, overwrite: bool = False, *, format: str = "fits", **options: Any) -> None:  # noqa: A002
        """Write the frame."""
        _check_options(options, self.registry.get_writer(format, self._cls), "write", format)
        self.registry.write(self._instance, path, format=format, overwrite=overwrite, **options)


def _check_options(options: Mapping[str, Any], function: Callable[..., Any], method: str, name: str) -> None:
    """Refuse options that a format does not have; those of `CCDData` are other ones."""
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    known = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    unknown = [option for option in options if option not in known]
    if unknown:
        rule = f"Frame.{method} with format {name!r} has the options {', '.join(known) or 'none'}"
        raise TypeError(f"{rule}. Received: {', '.join(unknown)}")
