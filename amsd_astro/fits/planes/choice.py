"""Which planes a caller asks for: by HDU, in files of their own, or those that lie beside the image's file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from amsd_astro.errors import FrameError
from amsd_astro.fits.hdu_selection import Extension, named_hdu
from amsd_astro.fits.planes.errors import ErrorKind
from amsd_astro.fits.planes.use import check_shape
from amsd_astro.fits.raw_hdus import Outline, RawFile, RawHDU

__all__ = ["NamedPlane", "NamedPlanes", "PathLike", "PlaneChoice", "PlaneRole", "named_plane"]

PathLike = str | os.PathLike[str]
PlaneRole = Literal["mask", "error"]


@dataclass(frozen=True)
class PlaneChoice:
    """What `read_frame` is told of the planes; by default what the names of the HDUs beside the image say.

    Attributes
    ----------
    mask_ext, error_ext : int, str, tuple or None
        HDU of the mask, and of the errors: of the image's file, or of their own.
    mask_bits : int or None
        Bits that make a pixel bad.
    error_kind : {"sigma", "variance", "inverse"} or None
        What the errors are.
    mask_file, error_file : path-like or None
        Files of their own, FILE or FILE[HDU].
    companions : bool
        Whether they lie in files that are found by the name of the image's.
    """

    mask_ext: Extension | None = None
    mask_bits: int | None = None
    error_ext: Extension | None = None
    error_kind: ErrorKind | None = None
    mask_file: PathLike | None = None
    error_file: PathLike | None = None
    companions: bool = False

    @property
    def has_files(self) -> bool:
        """Whether any plane is in a file of its own."""
        return self.mask_file is not None or self.error_file is not None or self.companions


@dataclass(frozen=True)
class NamedPlane:
    """A plane that was asked for.

    Attributes
    ----------
    file, hdu : RawFile, RawHDU
        Where it is.
    role : {"mask", "error"}
        What it is asked for as.
    own : bool
        Whether that is a file of its own.
    """

    file: RawFile
    hdu: RawHDU
    role: PlaneRole
    own: bool = False

    @property
    def path(self) -> str:
        """The file, where it is one of its own, else empty."""
        return str(self.file.path) if self.own else ""


@dataclass(frozen=True)
class NamedPlanes:
    """The planes that were asked for, None where none was.

    Attributes
    ----------
    mask, error : NamedPlane or None
        The planes.
    mask_bits : int or None
        Bits that make a pixel bad.
    error_kind : {"sigma", "variance", "inverse"} or None
        What the errors are, where that was told, or the layout of their file says so.
    """

    mask: NamedPlane | None = None
    error: NamedPlane | None = None
    mask_bits: int | None = None
    error_kind: ErrorKind | None = None


def named_plane(file: Outline, image: RawHDU, ext: Extension, what: str) -> RawHDU:
    """Return the HDU of a plane that was named.

    Parameters
    ----------
    file : Outline
        The file.
    image : RawHDU
        The image, which may be in another file.
    ext : int, str or tuple
        As for `read_frame`.
    what : str
        Name of the argument, for messages.

    Raises
    ------
    FrameError
        There is no such HDU, it has another shape, or cannot be read.
    """
    plane = named_hdu(file, ext, what=what)
    check_shape(file, image, plane, what)
    if plane.problem:
        raise FrameError(f"{what}: {plane.problem}.", path=file.path, hdu=plane.index)
    return plane
