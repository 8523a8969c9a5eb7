"""Headers as the world coordinates need them: cleaned of odd cards, parsed, moved along with a slice."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.wcs import WCS

from amsd_astro.errors import AmsdWarning
from amsd_astro.fits.cards import card_image, card_keyword

__all__ = ["clean_header", "parse_wcs", "short_header", "sliced_header"]

_LONG = 80 * 11

_REFERENCE_PIXEL = re.compile(r"CRPIX([12])[A-Z]?\Z")
_WCS_KEYWORD = re.compile(
    r"(WCSAXES|CRPIX\d|CRVAL\d|CTYPE\d|CUNIT\d|CDELT\d|CROTA\d|CD\d_\d|PC\d_\d|PV\d_\d+|PS\d_\d+|LONPOLE|LATPOLE|"
    r"RADESYS|EQUINOX)[A-Z]?\Z|(A|B|AP|BP)_(\d_\d|ORDER|DMAX)\Z|(CPDIS|CQDIS|CPERR|D2IMDIS|D2IMERR|DP|DQ|D2IM)\d"
)


def short_header(header: fits.Header) -> fits.Header:
    """Return a copy of a header without what goes on over more than ten CONTINUE cards: astropy is slow with those."""
    return fits.Header([card for card in header.copy().cards if len(card_image(card)) <= _LONG])


def clean_header(header: fits.Header) -> fits.Header:
    """Return a new header with those cards that can be written according to the standard."""
    cards = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for card in header.copy().cards:
            try:
                image = str(card)
                image.encode("ascii")
                clean = fits.Card.fromstring(image)
                clean.verify("exception")
                assert isinstance(clean.keyword, str)
                clean.value  # noqa: B018 - raises where the card cannot be parsed
            except Exception:  # noqa: BLE001, S112 - whatever is wrong with a card, the others count
                continue
            if len(image) % 80 == 0:
                cards.append(clean)
        return fits.Header(cards)


def parse_wcs(header: fits.Header, path: Path | None = None) -> WCS | None:
    """Return the WCS of two axes in a header; None, with a warning, where it is invalid."""
    keywords = {card_keyword(str(key).encode("latin-1", "replace")) for key in header}
    if not any(key.startswith(("CTYPE", "CRVAL", "CRPIX", "CD1_", "CDELT")) for key in keywords):
        return None
    distorted = any(key.startswith(("CPDIS", "D2IMDIS", "CQDIS")) for key in keywords)
    clean = clean_header(short_header(header))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if distorted and path is not None:
                with fits.open(path, memmap=False) as tables:
                    return WCS(clean, fobj=tables, naxis=2)
            return WCS(clean, naxis=2)
    except Exception as error:  # noqa: BLE001 - wcslib raises many kinds; the frame is usable without
        reason = " ".join(str(error).split())[:200]
        where = f"{path}: " if path is not None else ""
        warnings.warn(f"{where}the WCS in the header is invalid and not used ({reason}).", AmsdWarning, stacklevel=3)
        return None


def sliced_header(header: fits.Header, item: Any, shape: tuple[int, ...]) -> fits.Header:
    """Return a copy of a header whose WCS cards fit a slice: moved for a plain cut-out, gone for anything else."""
    copy = header.copy()
    index = item if isinstance(item, tuple) else (item,)
    plain = all(isinstance(part, slice) and part.step in (None, 1) for part in index) and len(index) <= len(shape)
    if plain:
        starts = [part.indices(n)[0] for part, n in zip(index, shape, strict=False)] + [0] * (len(shape) - len(index))
        offsets = {str(len(shape) - i): start for i, start in enumerate(starts) if start}
        for key in {str(key) for key in copy}:
            match = _REFERENCE_PIXEL.match(key)
            if match and match.group(1) in offsets:
                try:
                    copy[key] = copy[key] - offsets[match.group(1)]
                except (TypeError, ValueError, fits.VerifyError):
                    continue
        return copy
    for key in {str(key) for key in copy if _WCS_KEYWORD.match(str(key))}:
        copy.remove(key, ignore_missing=True, remove_all=True)
    return copy
