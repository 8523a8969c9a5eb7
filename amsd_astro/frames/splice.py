"""The splice: the source's bytes with one image's pixels, and the few cards that describe them, replaced."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from amsd_astro.arrays.blocks import finite_range
from amsd_astro.errors import FrameChangedError
from amsd_astro.fits.byte_streams import STRIPE, ByteStream
from amsd_astro.fits.cards import (
    card_keyword,
    card_value,
    find_card,
    group_cards,
    make_card,
    merge_cards,
    replace_value,
)
from amsd_astro.fits.checksum import Sum32
from amsd_astro.fits.hdu_bytes import Pieces, header_bytes, stripes, with_sums, write_hdu
from amsd_astro.fits.hdu_selection import OUR_NAMES, find_hdus, stated_image
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.tile_cards import is_structure
from amsd_astro.fits.tile_compression import pack_tiles
from amsd_astro.frames.denoising_record import has_record
from amsd_astro.frames.extensions.result_hdus import free_version, our_hdus, our_versions
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.source import FrameSource

__all__ = ["NewImage", "float_cards", "new_image", "splice"]

_MANDATORY = re.compile(r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS)\Z")
_GONE = ("BSCALE", "BZERO", "BLANK")


@dataclass(frozen=True)
class NewImage:
    """An image of the source with other pixels, as bytes.

    Attributes
    ----------
    hdu : int
        Index in the source.
    cards, pieces : list of bytes, callable
        Header and data unit.
    ours : list of (list of bytes, callable)
        Our extensions that are added.
    replaces : bool
        Whether those of an earlier run on the same image are left out.
    """

    hdu: int
    cards: list[bytes]
    pieces: Pieces
    ours: list[tuple[list[bytes], Pieces]]
    replaces: bool


def new_image(frame: Frame, source: FrameSource, file: RawFile, *, sigma: bool) -> NewImage:
    """Make the bytes of an image.

    Parameters
    ----------
    frame : Frame
        The new pixels and the edited header.
    source : FrameSource
        Where the image was.
    file : RawFile
        The source, scanned anew.
    sigma : bool
        Whether our extensions are added; those of an earlier run on the same image are replaced, and left out where
        the frame has other pixels since.
    """
    image = file.hdus[source.hdu]
    cards, pieces = _image_hdu(frame, source, image)
    ours = our_hdus(frame, source.shape, cards, image.extver, image.index) if sigma else []
    return NewImage(image.index, cards, pieces, ours, sigma or _is_stale(frame, source))


def splice(images: Sequence[NewImage], file: RawFile, out: BinaryIO) -> None:
    """Copy the source with images replaced and our extensions added.

    Parameters
    ----------
    images : sequence of NewImage
        In the order of the source.
    file : RawFile
        The source, scanned anew.
    out : binary file
        Written from front to back. Memory does not grow with the other HDUs.
    """
    new = {image.hdu: image for image in images}
    # What has our name but does not say that it describes this image may be somebody else's.
    old = [hdu for name in OUR_NAMES for hdu in find_hdus(file, name) if hdu.index and hdu.index not in new]
    replaced = {image.hdu for image in images if image.replaces}
    dropped = {hdu.index for hdu in old if stated_image(hdu) in replaced}
    added = _placed(images, file, dropped)
    n_extensions = len(file.hdus) - 1 - len(dropped) + len(added)
    for hdu in file.hdus:
        announce = hdu.index == 0 and bool(added or dropped)
        if hdu.index in new:
            cards = new[hdu.index].cards
            write_hdu(out, _announce(cards, n_extensions) if announce else cards, new[hdu.index].pieces)
        elif hdu.index in dropped:
            continue
        elif (edited := _edited(file, hdu, dropped, n_extensions if announce else None)) != list(hdu.cards):
            _copy_hdu(file.stream, out, hdu, with_sums(edited, _data_sum(file.stream, hdu), add=False))
        else:
            _copy_hdu(file.stream, out, hdu)
    for more_cards, more_pieces in added:
        write_hdu(out, more_cards, more_pieces)
    if file.junk:
        file.stream.seek(file.hdus[-1].end)
        while piece := file.stream.read(STRIPE):
            out.write(piece)


def _placed(images: Sequence[NewImage], file: RawFile, dropped: Collection[int]) -> list[tuple[list[bytes], Pieces]]:
    """Return our extensions of all images, each with a version of its own and the index that its image will have."""
    added: list[tuple[list[bytes], Pieces]] = []
    taken = our_versions(file, dropped)
    for image in images:
        if not image.ours:
            continue
        version = free_version(file.hdus[image.hdu].extver, taken)
        taken.add(version)
        index = image.hdu - sum(number < image.hdu for number in dropped)
        values = {"EXTVER": str(version), "AMSDHDU": str(index)}
        for cards, pieces in image.ours:
            told = [_valued(card, values) for card in cards]
            added.append((told, pieces))
    return added


def _valued(card: bytes, values: Mapping[str, str]) -> bytes:
    value = values.get(card_keyword(card))
    return card if value is None else replace_value(card, value)


def _is_stale(frame: Frame, source: FrameSource) -> bool:
    """Whether the file says that its image is denoised, and the frame does not: it was given other pixels."""
    return find_card(source.cards, "AMSDVERS") is not None and not has_record(frame.header)


def _edited(file: RawFile, hdu: RawHDU, dropped: Collection[int], n_extensions: int | None) -> list[bytes]:
    """Return the cards of an HDU that is kept, true to the HDUs that follow and to what was dropped in front."""
    cards = list(hdu.cards)
    if n_extensions is not None:
        cards = _announce(cards, n_extensions)
    stated = stated_image(hdu) if dropped and hdu.name in OUR_NAMES else None
    card = find_card(cards, "AMSDHDU")
    if card is None or stated is None or not 0 <= stated < len(file.hdus):
        return cards
    index = -1 if stated in dropped else stated - sum(number < stated for number in dropped)
    if index != stated:
        cards[cards.index(card)] = replace_value(card, str(index))
    return cards


def _copy_hdu(stream: ByteStream, out: BinaryIO, hdu: RawHDU, cards: Sequence[bytes] | None = None) -> None:
    """Copy an HDU, with another header if one is given; padding that the file lacks at its end is supplied."""
    end = hdu.end - hdu.n_missing
    if cards is None:
        stream.seek(hdu.header_offset)
    else:
        out.write(header_bytes(cards))
        stream.seek(min(hdu.data_offset, end))
    while stream.position < end:
        piece = stream.read(min(STRIPE, end - stream.position))
        if not piece:
            raise FrameChangedError("the input became shorter while it was copied.", path=stream.path)
        out.write(piece)
    if hdu.data_size:
        out.write((b" " if hdu.cards[0].startswith(b"XTENSION= 'TABLE") else b"\0") * hdu.n_missing)
    elif cards is None:
        out.write(b" " * hdu.n_missing)


def _data_sum(stream: ByteStream, hdu: RawHDU) -> int:
    """Return the checksum of an HDU's data unit."""
    total = Sum32()
    stream.seek(hdu.data_offset)
    left = hdu.data_size
    while left > 0 and (piece := stream.read(min(STRIPE, left))):
        total.update(piece)
        left -= len(piece)
    return total.value


def _image_hdu(frame: Frame, source: FrameSource, image: RawHDU) -> tuple[list[bytes], Pieces]:
    """Return cards and data of the replaced image."""
    merged = merge_cards(source.cards, frame.header)
    if image.kind == "compressed":
        merged = [card for card in merged if not is_structure(card) and not _MANDATORY.match(card_keyword(card))]
        packed = pack_tiles(source.path, image, frame.data, source.dtype)
        return packed.head + float_cards(merged, frame.data), packed.pieces
    structure = [card for card in source.cards if _MANDATORY.match(card_keyword(card))]
    bitpix = str(-8 * source.dtype.itemsize)
    structure = [
        replace_value(card, bitpix) if card_keyword(card) == "BITPIX" and card_value(card) != bitpix else card
        for card in structure
    ]
    merged = _with_structure(merged, structure)
    return float_cards(merged, frame.data), lambda: stripes(frame.data, source.dtype)


def _with_structure(merged: Sequence[bytes], structure: list[bytes]) -> list[bytes]:
    """Put the true structural cards where those of the edited header are, or in front if that lacks some."""
    n_found = sum(1 for card in merged if _MANDATORY.match(card_keyword(card)))
    rest = [card for card in merged if not _MANDATORY.match(card_keyword(card))]
    keywords = [card_keyword(card) for card in merged if _MANDATORY.match(card_keyword(card))]
    if n_found != len(structure) or keywords != [card_keyword(card) for card in structure]:
        return structure + rest
    waiting = iter(structure)
    return [next(waiting) if _MANDATORY.match(card_keyword(card)) else card for card in merged]


def float_cards(cards: list[bytes], data: np.ndarray) -> list[bytes]:
    """Return cards fit for a float image: no scaling, true extremes."""
    result = []
    extremes = finite_range(data) if find_card(cards, "DATAMIN") or find_card(cards, "DATAMAX") else None
    for run in group_cards(cards):
        keyword = card_keyword(run)
        if keyword in _GONE:
            continue
        if keyword in ("DATAMIN", "DATAMAX"):
            if extremes is None:
                continue
            run = replace_value(run[:80], _number(extremes[keyword == "DATAMAX"]))
        result += [run[i : i + 80] for i in range(0, len(run), 80)]
    return result


def _number(value: float) -> str:
    """Return a number as text of at most 19 characters, where that suffices, that cannot be taken for an integer."""
    for digits in (17, 16, 15, 14, 13, 12):
        text = f"{value:.{digits}G}"
        if len(text) <= 19:
            break
    return text if any(char in text for char in ".E") else text + ".0"


def _announce(cards: list[bytes], n_extensions: int) -> list[bytes]:
    """Return the primary's cards with EXTEND and NEXTEND true to what follows; untouched where they are."""
    if not cards or not cards[0].startswith(b"SIMPLE"):
        return cards
    result = list(cards)
    for i, card in enumerate(result):
        if card_keyword(card) == "NEXTEND" and card_value(card) != str(n_extensions):
            result[i] = replace_value(card, str(n_extensions))
    if n_extensions:
        at = next((i for i, card in enumerate(result) if card_keyword(card) == "EXTEND"), None)
        if at is None:
            last_axis = max(i for i, card in enumerate(result) if re.match(r"NAXIS\d*\Z", card_keyword(card)))
            result.insert(last_axis + 1, make_card("EXTEND", True, "extensions may be present"))
        elif card_value(result[at]) != "T":
            result[at] = replace_value(result[at], "T")
    return result
