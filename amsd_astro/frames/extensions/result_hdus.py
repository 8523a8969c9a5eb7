"""The extensions beside an image: AMSD_SIGMA, AMSD_FLAGS and more of a result, MASK and UNCERT of other new frames."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from functools import partial

import numpy as np
from astropy.nddata import StdDevUncertainty

from amsd_astro.errors import FrameError
from amsd_astro.fits.cards import card_keyword, group_cards, make_card
from amsd_astro.fits.hdu_bytes import Pieces, stripes
from amsd_astro.fits.hdu_selection import OUR_NAMES, find_hdus
from amsd_astro.fits.raw_hdus import RawFile
from amsd_astro.frames.extensions.combination import stated_by, table_hdu
from amsd_astro.frames.frame import Frame

__all__ = ["ccd_hdus", "free_version", "our_hdus", "our_versions"]

_KNOWN = ("StdDevUncertainty", "VarianceUncertainty", "InverseVariance")
"""Kinds of uncertainty that CCDData reads."""


def our_versions(file: RawFile, dropped: Collection[int]) -> set[int]:
    """Return the EXTVERs that extensions of our names have in a file, those that are dropped aside."""
    return {hdu.extver for name in OUR_NAMES for hdu in find_hdus(file, name) if hdu.index not in dropped}


def free_version(version: int, taken: Collection[int]) -> int:
    """Return the EXTVER of our extensions: that of the image, or the next one that no other image has taken."""
    if version not in taken:
        return version
    highest = max(taken) + 1
    return highest if highest < 2**31 else next(free for free in itertools.count(1) if free not in taken)


def our_hdus(
    frame: Frame, shape: tuple[int, ...], cards: Sequence[bytes], version: int, index: int
) -> list[tuple[list[bytes], Pieces]]:
    """Return the 1-sigma map, the flags and what several exposures gave besides as HDUs."""
    parts: list[tuple[list[bytes], Pieces]] = []
    if frame.uncertainty is not None:
        uncertainty = frame.uncertainty
        if not isinstance(uncertainty, StdDevUncertainty):
            uncertainty = uncertainty.represent_as(StdDevUncertainty)
        deviation = np.asarray(uncertainty.array)
        _check_plane("uncertainty", deviation, frame)
        head = _extension_cards("AMSD_SIGMA", version, -32, shape, index, "one standard deviation")
        parts.append((head + _unit_cards(cards), lambda: stripes(deviation, np.dtype(np.float32))))
    if frame.flags is not None:
        flags = np.asarray(frame.flags)
        _check_plane("flags", flags, frame)
        head = _extension_cards("AMSD_FLAGS", version, 8, shape, index, "bits that tell how a pixel was treated")
        parts.append((head, lambda: stripes(flags, np.dtype(np.uint8))))
    return [*parts, *_combination_hdus(frame, shape, _unit_cards(cards), version, index)]


def _combination_hdus(
    frame: Frame, shape: tuple[int, ...], unit: list[bytes], version: int, index: int
) -> Iterator[tuple[list[bytes], Pieces]]:
    if frame.combination is None:
        return
    for name, plane, comment in frame.combination.planes:
        _check_plane(name, plane, frame)
        counts = plane.dtype.kind == "u"
        head = _extension_cards(name, version, 16 if counts else -32, shape, index, comment)
        dtype = np.dtype(np.int16 if counts else np.float32)  # 32767 exposures are more than anybody has
        yield head + ([] if counts else unit), partial(stripes, plane, dtype)
    for name, table in frame.combination.tables:
        yield table_hdu(name, table, stated_by(index, version))


def _unit_cards(cards: Sequence[bytes]) -> list[bytes]:
    """Return the card of an image's unit, where it has one."""
    unit = [run for run in group_cards(cards) if card_keyword(run) == "BUNIT"][:1]
    return [run[i : i + 80] for run in unit for i in range(0, len(run), 80)]


def ccd_hdus(frame: Frame) -> list[tuple[list[bytes], Pieces]]:
    """Return mask and uncertainty as HDUs, as CCDData writes them; none where there is nothing to tell."""
    parts: list[tuple[list[bytes], Pieces]] = []
    shape = frame.data.shape
    if frame.mask.any():
        _check_plane("mask", frame.mask, frame)
        parts.append((_plane_cards("MASK", 8, shape), lambda: stripes(frame.mask, np.dtype(np.uint8))))
    uncertainty = frame.uncertainty
    if uncertainty is not None and uncertainty.array is not None:
        if type(uncertainty).__name__ not in _KNOWN:
            uncertainty = uncertainty.represent_as(StdDevUncertainty)
        values = np.asarray(uncertainty.array)
        _check_plane("uncertainty", values, frame)
        dtype = np.dtype(np.float64 if values.dtype.itemsize == 8 else np.float32)
        head = _plane_cards("UNCERT", -8 * dtype.itemsize, shape)
        head.append(make_card("UTYPE", type(uncertainty).__name__, "kind of uncertainty"))
        if uncertainty.unit is not None:
            head.append(make_card("BUNIT", uncertainty.unit.to_string(), "unit of the uncertainty"))
        parts.append((head, lambda: stripes(values, dtype)))
    return parts


def _check_plane(name: str, plane: np.ndarray, frame: Frame) -> None:
    if plane.shape != frame.data.shape:
        raise FrameError(f"{name} must have the shape of the data, {frame.data.shape}. Received: {plane.shape}")


def _plane_cards(name: str, bitpix: int, shape: tuple[int, ...], comment: str = "") -> list[bytes]:
    cards = [
        make_card("XTENSION", "IMAGE", "image extension"),
        make_card("BITPIX", bitpix, "array data type"),
        make_card("NAXIS", len(shape), "number of array dimensions"),
    ]
    cards += [make_card(f"NAXIS{i + 1}", length) for i, length in enumerate(reversed(shape))]
    return [
        *cards,
        make_card("PCOUNT", 0, "number of parameters"),
        make_card("GCOUNT", 1, "number of groups"),
        make_card("EXTNAME", name, comment),
    ]


def _extension_cards(
    name: str, version: int, bitpix: int, shape: tuple[int, ...], index: int, comment: str
) -> list[bytes]:
    return [*_plane_cards(name, bitpix, shape, comment), *stated_by(index, version)]
