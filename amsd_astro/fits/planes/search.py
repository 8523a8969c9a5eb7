"""Which HDUs of a file belong to an image: by the words, stems and versions of their names."""

from __future__ import annotations

from amsd_astro.fits.layouts.plane_names import PlaneName, Role, plane_names
from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["find_plane", "planes_beside", "planes_of"]


def find_plane(file: RawFile, image: RawHDU, role: Role) -> RawHDU | None:
    """Return the one plane of a role that belongs to an image; None where there is none, or no telling which.

    Planes that share the stem of an image's name come first ("MSK_2" belongs to "SCI_2"), and the likeliest word.
    """
    stems = _stems(file, image)
    beside = [(hdu, name) for hdu, name in planes_beside(file, image) if name.role == role]
    own = [(hdu, name) for hdu, name in beside if name.stem and name.stem in stems]
    bare = [(hdu, name) for hdu, name in beside if not name.stem and hdu.extver == image.extver]
    for group in (own, bare):
        for word in getattr(layout_table().roles, role):
            found = [hdu for hdu, name in group if name.word == word]
            if len(found) == 1:
                return found[0]
    return None


def planes_of(file: RawFile, image: RawHDU) -> list[RawHDU]:
    """Return the planes that belong to an image by their names, whatever they are."""
    stems = _stems(file, image)
    return [
        hdu
        for hdu, name in planes_beside(file, image)
        if (name.stem in stems if name.stem else hdu.extver == image.extver)
    ]


def _stems(file: RawFile, image: RawHDU) -> tuple[str, str]:
    """Return what a plane of an image may share with it: the stem of its name, or the name."""
    return plane_names([hdu.name for hdu in file.hdus])[image.index].stem, image.name


def planes_beside(file: RawFile, image: RawHDU) -> list[tuple[RawHDU, PlaneName]]:
    """Return the HDUs that may say something of the pixels of an image: of its shape, with a name that tells a role."""
    names = plane_names([hdu.name for hdu in file.hdus])
    return [
        (hdu, name)
        for hdu, name in zip(file.hdus, names, strict=True)
        if hdu is not image and name.role not in ("", "image") and _fits(hdu, image)
    ]


def _fits(plane: RawHDU, image: RawHDU) -> bool:
    return plane.is_plane and plane.shape[-2:] == image.shape[-2:] and not plane.problem
