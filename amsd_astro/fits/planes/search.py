"""Which HDUs of a file belong to an image: by the words, stems and versions of their names."""

from __future__ import annotations

from amsd_astro.fits.layouts.plane_names import PlaneName, Role, plane_names
from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["find_plane", "planes_beside"]


def find_plane(file: RawFile, image: RawHDU, role: Role) -> RawHDU | None:
    """Return the one plane of a role that belongs to an image; None where there is none, or no telling which.

    The stem of an image's name comes first ("MSK_2" belongs to "SCI_2"), then the planes without stem of its version.
    The likeliest word counts.
    """
    beside = [(hdu, name) for hdu, name in planes_beside(file, image) if name.role == role]
    stem = plane_names([hdu.name for hdu in file.hdus])[image.index].stem
    own = [(hdu, name) for hdu, name in beside if name.stem and name.stem in (stem, image.name)]
    bare = [(hdu, name) for hdu, name in beside if not name.stem and hdu.extver == image.extver]
    for group in (own, bare):
        for word in getattr(layout_table().roles, role):
            found = [hdu for hdu, name in group if name.word == word]
            if len(found) == 1:
                return found[0]
    return None


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
