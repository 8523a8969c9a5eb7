"""`Frame.read` and `Frame.write` by astropy's registry of formats, as `~astropy.nddata.CCDData` has them.

Who reads or writes a format registers it for `Frame` where that is defined: a frame imports none of them.
"""

from __future__ import annotations

import os
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
        self.registry.write(self._instance, path, format=format, overwrite=overwrite, **options)
