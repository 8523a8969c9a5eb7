"""Which exposures are denoised: each is read and held against what is refused, before a network is needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsd_astro.frames import Frame

__all__ = ["read_admitted", "read_for_output"]


def read_admitted(path: str | os.PathLike[str], reading: Mapping[str, Any], *, force: bool | None) -> Frame:
    """Read a frame; one that is denoised already is refused unless that is forced, and so is what is no exposure.

    Parameters
    ----------
    path : str or path-like
        The file.
    reading : mapping
        For `read_frame`.
    force : bool
        Whether it may be denoised already; None where nobody can ask for that.
    """
    from amsd_astro.frames import read_frame, refuse_denoised, refuse_mosaic, refuse_unsuitable

    frame = read_frame(path, **reading)
    if not force:
        refuse_denoised(frame, cure="the exposure itself" + (", or force=True" if force is not None else ""))
    refuse_unsuitable(frame)
    refuse_mosaic(frame)
    return frame


def read_for_output(
    path: str | os.PathLike[str],
    reading: Mapping[str, Any],
    output: str | os.PathLike[str],
    *,
    force: bool | None,
    overwrite: bool,
) -> Frame:
    """Read a frame as `read_admitted` does, for an output that is none of the files that its planes are from.

    Parameters
    ----------
    path, reading, force
        As for `read_admitted`.
    output : str or path-like
        What will be made of it.
    overwrite : bool
        Whether that may exist.
    """
    from amsd_astro.remote.uploading import check_destination

    frame = read_admitted(path, reading, force=force)
    for own in frame.source.own_files if frame.source is not None else ():
        check_destination(output, overwrite=overwrite, source=own.path)
    return frame
