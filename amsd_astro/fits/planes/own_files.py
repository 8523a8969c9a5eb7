"""Planes in files of their own: those that are named, and those that the naming of missions puts beside the image."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from amsd_astro.errors import FrameError
from amsd_astro.fits.hdu_selection import OUR_NAMES, Extension
from amsd_astro.fits.layouts.companions import find_companions
from amsd_astro.fits.layouts.plane_names import Role, plane_names
from amsd_astro.fits.planes.choice import NamedPlane, NamedPlanes, PathLike, PlaneChoice, PlaneRole, named_plane
from amsd_astro.fits.planes.errors import ErrorKind
from amsd_astro.fits.planes.use import check_shape, warn_of
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.scanning import scan

__all__ = ["OwnPath", "open_planes", "own_paths", "split_hdu"]

_WITH_HDU = re.compile(r"(.+)\[([^\[\]]+)\]", re.DOTALL)
_ROLES: dict[str, tuple[Role, ...]] = {"mask": ("mask",), "error": ("sigma", "variance", "inverse", "coverage")}


def open_planes(file: RawFile, image: RawHDU, choice: PlaneChoice, stack: contextlib.ExitStack) -> NamedPlanes:
    """Find the planes that are asked for, in the image's file and in files of their own.

    Parameters
    ----------
    file, image : RawFile, RawHDU
        The image.
    choice : PlaneChoice
        What is asked for.
    stack : ExitStack
        Closes the files.

    Raises
    ------
    FrameError
        A file or an HDU that is asked for is not there, is not the only one that fits, or has another shape.
    """
    found = own_paths(file.path, choice.mask_file, choice.error_file, companions=choice.companions)
    told = found["error"].kind if "error" in found else None
    return NamedPlanes(
        _plane(file, image, "mask", found.get("mask"), choice.mask_ext, stack),
        _plane(file, image, "error", found.get("error"), choice.error_ext, stack),
        choice.mask_bits,
        choice.error_kind or told,
    )


@dataclass(frozen=True)
class OwnPath:
    """A file that a plane is from.

    Attributes
    ----------
    path : str
        The file.
    ext : str or None
        The HDU, where the name holds it.
    kind : {"sigma", "variance", "inverse"} or None
        What errors in it are, where its layout says so.
    """

    path: str
    ext: str | None = None
    kind: ErrorKind | None = None


def own_paths(
    path: PathLike, mask_file: PathLike | None, error_file: PathLike | None, *, companions: bool
) -> dict[PlaneRole, OwnPath]:
    """Return the files that planes of an image are from, besides its own.

    Parameters
    ----------
    path : path-like
        The image's file.
    mask_file, error_file : path-like or None
        Files that are named, FILE or FILE[HDU].
    companions : bool
        Whether those that are not are found by the name of the image's.

    Raises
    ------
    FrameError
        Companions are asked for, and are not there, or not the only ones.
    """
    named: dict[PlaneRole, PathLike | None] = {"mask": mask_file, "error": error_file}
    found = {role: OwnPath(*split_hdu(name)) for role, name in named.items() if name is not None}
    unnamed = [role for role in named if role not in found]
    beside = find_companions(Path(path), unnamed) if companions and unnamed else {}
    return found | {role: OwnPath(beside[role].path, kind=beside[role].kind) for role in unnamed if role in beside}


def split_hdu(name: PathLike) -> tuple[str, str | None]:
    """Take FILE[HDU] apart; a file whose own name ends like that comes first."""
    text = os.fspath(name)
    found = _WITH_HDU.fullmatch(text)
    return (text, None) if found is None or os.path.lexists(text) else (found[1], found[2])


def _plane(
    file: RawFile,
    image: RawHDU,
    role: PlaneRole,
    own_path: OwnPath | None,
    ext: Extension | None,
    stack: contextlib.ExitStack,
) -> NamedPlane | None:
    what = f"{role}_ext"
    if own_path is None:
        return None if ext is None else NamedPlane(file, named_plane(file, image, ext, what), role)
    if own_path.ext is not None and ext is not None:
        raise FrameError(
            f"the HDU must be named once. Received: {role}_file[{own_path.ext}] and {what} {ext!r}", path=own_path.path
        )
    ext = ext if own_path.ext is None else own_path.ext
    own = scan(Path(os.path.abspath(own_path.path)))
    stack.callback(own.stream.close)
    if own.stamp == file.stamp:
        raise FrameError(f"{role}_file is the file of the image: name the HDU by {what}.", path=own.path)
    plane = named_plane(own, image, ext, what) if ext is not None else _find(own, file, image, role)
    return NamedPlane(own, plane, role, own=True)


def _find(own: RawFile, file: RawFile, image: RawHDU, role: str) -> RawHDU:
    """Return the HDU of a file that belongs to an image of another.

    It is called as the image, or as a plane of it; else it is the only one, or the one at its place.
    """
    planes = [hdu for hdu in own.hdus if hdu.is_plane and not hdu.problem and hdu.name not in OUR_NAMES]
    names = plane_names([hdu.name for hdu in own.hdus])
    is_named = image.name not in ("", "PRIMARY")
    stems = (plane_names([hdu.name for hdu in file.hdus])[image.index].stem, image.name)
    called = [hdu for hdu in planes if is_named and (hdu.name, hdu.extver) == (image.name, image.extver)]
    in_role = [
        hdu
        for hdu in planes
        if names[hdu.index].role in _ROLES[role]
        and (names[hdu.index].stem in stems if names[hdu.index].stem else hdu.extver == image.extver)
    ]
    only = planes if len(planes) == 1 and (len(_images(file)) == 1 or not _is_other(planes[0], image)) else []
    placed = [hdu for hdu in planes if hdu.index == image.index and not _is_other(hdu, image)]
    for found in (called, in_role, only, placed):
        if len(found) == 1:
            if found is only and _is_other(found[0], image) and names[found[0].index].role not in _ROLES[role]:
                warn_of(own, found[0], f"taken for the {role} of {image.name}, whose name is another.")
            check_shape(own, image, found[0], f"{role}_file")
            return found[0]
    looked_for = f"{image.name},{image.extver}, " if is_named else ""
    raise FrameError(
        f"no HDU can be told to be the {role} of the image. Looked for: {looked_for}a name that says so, HDU "
        f"{image.index}. The file has: {own.listing}.",
        path=own.path,
        cure=f"{role}_ext=HDU, or name it as FILE[HDU]",
    )


def _images(file: RawFile) -> list[RawHDU]:
    names = plane_names([hdu.name for hdu in file.hdus])
    return [hdu for hdu in file.hdus if hdu.is_plane and names[hdu.index].role in ("", "image")]


def _is_other(plane: RawHDU, image: RawHDU) -> bool:
    """Whether both have names, and other ones."""
    unnamed = ("", "PRIMARY")
    return plane.name not in unnamed and image.name not in unnamed and plane.name != image.name
