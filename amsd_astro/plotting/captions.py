"""Lines of text over a figure: which frame, and what its header says of its denoising."""

from __future__ import annotations

import warnings

from astropy.io.fits import VerifyError

from amsd_astro.frames import Frame
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.frames.descriptions import flux_in_words, recipe_in_words, risk_in_words

__all__ = ["facts_line", "name_of"]


def name_of(before: Frame, after: Frame) -> str:
    """Return the name of what is shown: its object and its file, as far as they are known."""
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            name = before.header.get("OBJECT") or after.header.get("OBJECT")
        except (ValueError, VerifyError):  # a card that cannot be parsed
            name = None
    if isinstance(name, str) and name.strip():
        parts.append(name.strip())
    source = before.source or after.source
    if source is not None:
        parts.append(source.path.name)
    return _printable(", ".join(parts) or "A frame")


def facts_line(after: Frame) -> str:
    """Return what the header says of recipe, error that is left, and flux; empty for a frame of other origin."""
    record = read_record(after.header)
    if record is None:
        return "no record of a denoising in the header"
    parts = [f"recipe {recipe_in_words(record)}"]
    risk, flux = risk_in_words(record), flux_in_words(record)
    parts.append("rms error left not measured" if risk is None else f"estimated rms error left {risk}")
    if flux is not None:
        parts.append(f"flux of faint sources {flux}")
    return _printable("; ".join(parts))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
