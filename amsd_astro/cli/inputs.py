"""The frames a command line names, and the noise it states."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsd_astro.frames import Frame

__all__ = ["read_input", "reading_options", "stated_noise"]


def reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what `read_frame` is to be told."""
    return {"ext": args.ext, "mask_ext": args.mask_ext, "mask_bits": args.mask_bits, "error_ext": args.error_ext}


def read_input(path: str | os.PathLike[str], args: argparse.Namespace) -> Frame:
    """Read a frame; one that is denoised already is refused unless that is forced, and so is a colour mosaic."""
    from amsd_astro.frames import read_frame, refuse_denoised, refuse_mosaic

    frame = read_frame(path, **reading_options(args))
    if not args.force:
        refuse_denoised(frame)
    refuse_mosaic(frame)
    return frame


def stated_noise(args: argparse.Namespace) -> dict[str, float | None] | None:
    """Return the gain and read noise of the options, None without either."""
    if args.gain is None and args.read_noise is None:
        return None
    return {"gain": args.gain, "read_noise": args.read_noise}
