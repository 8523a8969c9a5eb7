"""Which HDU of a file is the image that is meant."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from amsd_astro.errors import FrameError
from amsd_astro.fits.cards import int_value, string_value
from amsd_astro.fits.layouts.plane_names import Role, plane_names, role_by_cards
from amsd_astro.fits.raw_hdus import Outline, RawHDU
from amsd_astro.spelling import closest

__all__ = [
    "OUR_NAMES",
    "Extension",
    "belongs_to",
    "choose_hdu",
    "find_hdus",
    "images_of",
    "named_hdu",
    "stated_image",
]

Extension = int | str | tuple[str, int]
"""An HDU: number, "NAME", "NAME,VERSION" or (name, version)."""

OUR_NAMES = (
    "AMSD_SIGMA",
    "AMSD_FLAGS",
    "AMSD_MEAN",
    "AMSD_MEAN_SIGMA",
    "AMSD_NEXP",
    "AMSD_EXPOSURES",
    "AMSD_VARIABLES",
)
"""Extensions this package adds."""

_SCIENCE = ("SCI", "IMAGE")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


def find_hdus(file: Outline, name: str, version: int | None = None) -> list[RawHDU]:
    """Return the HDUs of a name, case and blanks aside; a missing EXTVER counts as 1."""
    wanted = name.strip().upper()
    return [hdu for hdu in file.hdus if hdu.name == wanted and (version is None or hdu.extver == version)]


def stated_image(plane: RawHDU) -> int | None:
    """Return the index of the image that one of our extensions says it describes (AMSDHDU), None where it does not."""
    try:
        return int_value(plane.cards, "AMSDHDU")
    except ValueError:
        return None


def belongs_to(plane: RawHDU, image: RawHDU) -> bool:
    """Return whether one of our extensions describes an image: by its AMSDHDU card, else by the same EXTVER."""
    index = stated_image(plane)
    return plane.extver == image.extver if index is None else index == image.index


def _parse(ext: Extension, what: str, path: Path) -> tuple[int | None, str, int | None]:
    """Return number, name, version."""
    if not isinstance(ext, bool) and (isinstance(ext, int) or hasattr(ext, "__index__")):
        return int(ext), "", None  # type: ignore[arg-type]
    if isinstance(ext, str):
        text = ext.strip()
        if _NUMBER.fullmatch(text):
            return int(text), "", None
        name, comma, version = text.rpartition(",")
        if comma and _NUMBER.fullmatch(version.strip()):
            return None, name.strip(), int(version)
        if text:
            return None, text, None
    if isinstance(ext, tuple) and len(ext) == 2 and isinstance(ext[0], str) and hasattr(ext[1], "__index__"):
        return None, ext[0], int(ext[1])
    raise FrameError(f"{what} must be a number, a name or (name, version). Received: {ext!r}", path=path)


def named_hdu(file: Outline, ext: Extension, *, what: str = "ext") -> RawHDU:
    """Return the HDU a caller named.

    Parameters
    ----------
    file : Outline
        The file, or a list in memory.
    ext : int, str or tuple
        Number, "NAME", "NAME,VERSION" or (name, version). A name alone means the first of that name.
    what : str, optional
        Name of the argument, for the message.

    Raises
    ------
    FrameError
        There is no such HDU.
    """
    number, name, version = _parse(ext, what, file.path)
    if number is not None:
        if 0 <= number < len(file.hdus):
            return file.hdus[number]
    else:
        found = find_hdus(file, name, version)
        # A comma may be part of a name.
        found = found or (find_hdus(file, ext) if isinstance(ext, str) else [])
        if found:
            return next((hdu for hdu in found if hdu.is_plane), found[0])
    meant = closest(name, {hdu.name for hdu in file.hdus})
    raise FrameError(
        f"{what} names no HDU of the file, which has: {file.listing}. Received: {ext!r}",
        path=file.path,
        cure=f"{what}={meant!r}" if meant else "",
    )


def choose_hdu(file: Outline, ext: Extension | None = None) -> RawHDU:
    """Return the HDU of the image: the one named, else the one called SCI or IMAGE, else the only image of two axes.

    Raises
    ------
    FrameError
        There is none, there are several, or the one named is no image of two axes.
    """
    if ext is not None:
        hdu = named_hdu(file, ext)
        if not hdu.is_plane:
            raise FrameError(_why_not(hdu), path=file.path, hdu=hdu.index)
        return hdu
    planes = [hdu for hdu in file.hdus if hdu.is_plane and hdu.name not in OUR_NAMES]
    for name in _SCIENCE:
        named = [hdu for hdu in planes if hdu.name == name]
        if len(named) == 1:
            return named[0]
        if named:
            raise _not_one(file, named, f"are named {name}")
    if len(planes) > 1:
        planes = _not_planes(file, planes) or planes
    if len(planes) == 1:
        return planes[0]
    if planes:
        raise _not_one(file, planes, "hold an image")
    others = [hdu for hdu in file.hdus if hdu.kind in ("image", "compressed", "groups") and (hdu.shape or hdu.problem)]
    if not others:
        others = [hdu for hdu in file.hdus if hdu.kind == "groups"]
    science = _not_planes(file, others) or others  # a cube has cubes of errors beside it
    if len(science) == 1:
        raise FrameError(_why_not(science[0]), path=file.path, hdu=science[0].index)
    raise FrameError(f"no HDU holds an image of two axes. The file has: {file.listing}", path=file.path)


def images_of(file: Outline) -> list[RawHDU]:
    """Return all images of two axes: those whose names say that they are one, else those that are no plane of one.

    Raises
    ------
    FrameError
        There is none.
    """
    planes = [hdu for hdu in file.hdus if hdu.is_plane and hdu.name not in OUR_NAMES]
    roles = _roles(file)
    images = [hdu for hdu in planes if roles[hdu.index] == "image"] or _not_planes(file, planes)
    if not images:
        raise FrameError(f"no HDU holds an image of two axes. The file has: {file.listing}", path=file.path)
    return images


def _not_planes(file: Outline, hdus: list[RawHDU]) -> list[RawHDU]:
    """Leave out what belongs to an image and is none, by its name or its cards."""
    roles = _roles(file)
    return [hdu for hdu in hdus if roles[hdu.index] in ("", "image")]


def _roles(file: Outline) -> list[Role]:
    """Return what each HDU is, by its name, else by its cards."""
    names = plane_names([hdu.name for hdu in file.hdus])
    return [
        name.role or role_by_cards(partial(string_value, hdu.cards))[0]
        for hdu, name in zip(file.hdus, names, strict=True)
    ]


def _not_one(file: Outline, images: list[RawHDU], why: str) -> FrameError:
    """Return the error of a file in which several images could be meant."""
    return FrameError(
        f"{len(images)} HDUs {why}: choose one. The file has: {file.listing}",
        path=file.path,
        cure=f"ext={images[0].index} for the first of them",
    )


def _why_not(hdu: RawHDU) -> str:
    """Say why an HDU cannot be denoised."""
    shape = " x ".join(str(n) for n in reversed(hdu.shape))
    if hdu.problem:
        return f"{hdu.problem}."
    if hdu.kind == "groups":
        return "random groups are not an image."
    if hdu.kind == "empty":
        return "the HDU has a header but no pixels."
    if hdu.kind not in ("image", "compressed"):
        return "the HDU holds a table, not an image."
    if 0 in hdu.shape:
        return f"an axis of the image has no length. Received: {shape}"
    if len(hdu.shape) < 2:
        return f"the image must have two axes. Received: one of {shape} pixels"
    return f"the image must have two axes; a cube has to be cut into its planes first. Received: {shape}"
