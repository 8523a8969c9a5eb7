"""What was made of a plane beside an image, for whoever wants to know whether the file was understood."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.raw_hdus import Outline, RawFile, RawHDU

__all__ = ["PlaneUse", "check_shape", "warn_of"]


@dataclass(frozen=True)
class PlaneUse:
    """A plane beside an image, and what was made of it.

    Attributes
    ----------
    hdu : int
        Its index.
    name : str
        EXTNAME.
    role : str
        "mask", "errors" or "weights"; empty for what has no use.
    used : bool
        Whether anything was made of it.
    note : str
        How it was read, or why it was left aside.
    flags : mapping of str to int
        Flags that make pixels bad, by value and meaning, and how many pixels have each.
    file : str
        The file, where it is one of its own; empty where the plane is in the image's.
    """

    hdu: int
    name: str
    role: str
    used: bool
    note: str
    flags: Mapping[str, int] = field(default_factory=dict)
    file: str = ""


def check_shape(file: Outline, image: RawHDU, plane: RawHDU, what: str) -> None:
    """Make sure that a plane that was named has the shape of the image.

    Raises
    ------
    FrameError
        It has another one, or is no image.
    """
    if not plane.is_plane or plane.shape[-2:] != image.shape[-2:]:
        raise FrameError(
            f"{what} must be an image of the shape {image.shape[-2:]}. Received: {plane.shape or plane.kind}",
            path=file.path,
            hdu=plane.index,
        )


def warn_of(file: RawFile, plane: RawHDU, text: str) -> None:
    """Warn of something about a plane."""
    warnings.warn(f"{file.path}[{plane.index}] {plane.name}: {text}", AmsdWarning, stacklevel=5)
