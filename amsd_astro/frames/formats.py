"""The formats of `Frame.read` and `Frame.write`, in astropy's registry: "fits", and "html" as notebooks show it."""

from __future__ import annotations

from typing import TextIO

from astropy.io.registry import register_reader, register_writer

from amsd_astro.frames.frame import Frame
from amsd_astro.frames.reader import read_frame
from amsd_astro.frames.writer import write_frame

__all__ = ["write_html"]


def write_html(frame: Frame, file: TextIO, *, overwrite: bool = False) -> None:
    """Write a frame as a piece of HTML.

    Parameters
    ----------
    frame : Frame
        The frame.
    file : text file
        Where to; it is open.
    overwrite : bool, optional
        Without meaning here.
    """
    from amsd_astro.frames.html_display import frame_html  # pictures are drawn only where they are shown

    file.write(frame_html(frame))


register_reader("fits", Frame, read_frame)
register_writer("fits", Frame, write_frame)
register_writer("html", Frame, write_html)
