"""The mask of an image, from the plane beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from amsd_astro.arrays.scratch import new_array
from amsd_astro.errors import FrameError
from amsd_astro.fits.layouts.bad_values import ANY_VALUE, BadValues, bad_values
from amsd_astro.fits.layouts.plane_names import plane_name
from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.fits.pixels import StoredPixels, read_plane
from amsd_astro.fits.planes.choice import NamedPlane
from amsd_astro.fits.planes.search import find_plane
from amsd_astro.fits.planes.use import PlaneUse, warn_of
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["no_mask", "read_mask"]


def read_mask(
    file: RawFile, image: RawHDU, named: NamedPlane | None, bits: int | None
) -> tuple[np.ndarray, PlaneUse | None]:
    """Return the bad pixels of the mask plane, none without one, and what was made of it.

    Parameters
    ----------
    file : RawFile
        The file.
    image : RawHDU
        The image.
    named : NamedPlane or None
        The mask, where it is named.
    bits : int or None
        Bits that make a pixel bad, where they are told.

    Raises
    ------
    FrameError
        A plane that was named cannot be used, or `bits` are no bits.
    """
    if bits is not None and (isinstance(bits, bool) or not hasattr(bits, "__index__") or int(bits) < 0):
        raise FrameError(f"mask_bits must be a whole number, not negative. Received: {bits!r}", path=file.path)
    if named is not None:
        return _read(named.file, named.hdu, _wanted(named.file, named.hdu, bits) or ANY_VALUE, own=named.path)
    found = find_plane(file, image, "mask")
    if found is None:
        if bits is not None:
            raise FrameError("mask_bits needs a plane DQ or MASK beside the image, or mask_ext.", path=file.path)
        return no_mask(image), None
    wanted = _wanted(file, found, bits)
    if wanted is None:
        note = "its layout is not known: --mask-bits tells which bits are bad"
        return no_mask(image), PlaneUse(found.index, found.name, "mask", used=False, note=note)
    if bits is None and wanted != ANY_VALUE and found.bitpix < 0:
        return _refused(file, image, found, "bits need a plane of integers: it is not used.")
    mask, use = _read(file, found, wanted)
    if mask.all():
        why = "the mask marks every pixel and is not used; name it by mask_ext if it is meant."
        return _refused(file, image, found, why)
    if mask.mean() > 0.5:
        warn_of(file, found, f"the mask marks {mask.mean():.0%} of the pixels as bad.")
    return mask, use


def no_mask(image: RawHDU) -> np.ndarray:
    """Return a mask of an image that marks nothing."""
    mask = new_array(image.shape[-2:], bool)
    mask[:] = False
    return mask


def _refused(file: RawFile, image: RawHDU, plane: RawHDU, why: str) -> tuple[np.ndarray, PlaneUse]:
    warn_of(file, plane, why)
    return no_mask(image), PlaneUse(plane.index, plane.name, "mask", used=False, note=why.rstrip("."))


def _wanted(file: RawFile, plane: RawHDU, bits: int | None) -> BadValues | None:
    """Return which values are bad: the caller's bits, the layout's, any; None for coded planes of no known layout."""
    if bits is not None:
        return BadValues(bits=int(bits), layout="told")
    coded = plane_name(plane.name).word in layout_table().roles.coded
    return bad_values(file, plane) or (None if coded else ANY_VALUE)


def _read(file: RawFile, plane: RawHDU, wanted: BadValues, *, own: str = "") -> tuple[np.ndarray, PlaneUse]:
    """Return where a plane has bad values, and how many pixels have each of its flags."""
    counts: dict[int, int] = dict.fromkeys((*wanted.meanings, *wanted.unknown), 0)

    def find(pixels: StoredPixels) -> np.ndarray:
        if wanted == ANY_VALUE:
            return ~pixels.is_zero()
        values = pixels.to_integer()
        marked = values[values != 0]  # few of all
        for flag in counts:
            hit = marked == flag if wanted.codes else BadValues(bits=flag).find(marked)
            counts[flag] += int(np.count_nonzero(hit))
        return wanted.find(values)

    try:
        mask = read_plane(file, plane, find, bool)
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"the mask cannot be used: {error}", path=file.path, hdu=plane.index) from None
    unknown = [name for flag, name in wanted.unknown.items() if counts[flag]]
    if unknown:
        warn_of(file, plane, f"bits of names that are not known do not mask: {', '.join(unknown)}.")
    note = {"": "any value but zero", "told": f"bits {wanted.bits}, as told"}.get(wanted.layout, wanted.layout)
    flags = _named(wanted.meanings, counts)
    return mask, PlaneUse(plane.index, plane.name, "mask", used=True, note=note, flags=flags, file=own)


def _named(meanings: Mapping[int, str], counts: Mapping[int, int]) -> dict[str, int]:
    return {f"{flag} {meaning}": counts[flag] for flag, meaning in meanings.items() if counts[flag]}
