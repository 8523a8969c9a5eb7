"""What the cards of an exposure say of when it was taken and for how long, and what its bytes are."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from astropy.time import Time, TimeDelta

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import card_of

__all__ = ["ExposureFacts", "facts_of", "span_of"]

_SECONDS = ("EXPTIME", "EXPOSURE")
_BEGIN, _DAY, _CLOCK, _END = "DATE-BEG", "DATE-OBS", ("TIME-OBS", "UTC-OBS", "UT"), "DATE-END"


@dataclass(frozen=True)
class ExposureFacts:
    """What is known of an exposure besides its pixels.

    Attributes
    ----------
    pixels : str
        SHA-256 of its pixels: two exposures are never alike in all of them.
    checksum : str
        SHA-256 of the bytes of its file, of its pixels where there is none.
    seconds : float
        Exposure time, nan where no card tells.
    begin, end : Time or None
        When it was taken, None where no card tells.
    n_combined : int
        Exposures that it is made of itself (NCOMBINE).
    """

    pixels: str = ""
    checksum: str = ""
    seconds: float = math.nan
    begin: Time | None = None
    end: Time | None = None
    n_combined: int = 1


def facts_of(frame: Frame) -> ExposureFacts:
    """Return what is known of an exposure besides its pixels."""
    pixels = _digest(frame)
    seconds = next((value for key in _SECONDS if (value := _number(frame, key)) is not None), math.nan)
    begin, end = _begin(frame), _time(_text(frame, _END))
    if end is None and begin is not None and np.isfinite(seconds):
        end = begin + TimeDelta(seconds, format="sec")
    return ExposureFacts(
        pixels,
        pixels if frame.source is None else frame.source.fingerprint,
        seconds,
        begin,
        end,
        max(1, round(_number(frame, "NCOMBINE") or 1)),
    )


def span_of(facts: list[ExposureFacts]) -> tuple[str | None, str | None]:
    """Return when the first of several exposures began and the last ended, as FITS writes it; None where unknown."""
    begins, ends = (
        [one.begin for one in facts if one.begin is not None],
        [one.end for one in facts if one.end is not None],
    )
    first = min(begins, key=lambda time: time.mjd).isot if len(begins) == len(facts) else None
    last = max(ends, key=lambda time: time.mjd).isot if len(ends) == len(facts) else None
    return first, last


def _digest(frame: Frame) -> str:
    digest = hashlib.sha256(repr(frame.data.shape).encode())
    for block in row_blocks(frame.data.shape):
        digest.update(np.ascontiguousarray(frame.data[block.rows], np.float64).data)
    return digest.hexdigest()


def _begin(frame: Frame) -> Time | None:
    stated = _time(_text(frame, _BEGIN))
    day = _text(frame, _DAY)
    if stated is not None or day is None:
        return stated
    clock = next((text for key in _CLOCK if (text := _text(frame, key)) is not None), None)
    return _time(day if "T" in day or clock is None else f"{day}T{clock}")


def _time(text: str | None) -> Time | None:
    if text is None or "T" not in text:  # a day alone does not tell when
        return None
    try:
        return Time(text.strip(), format="fits", scale="utc")
    except ValueError:
        return None


def _text(frame: Frame, key: str) -> str | None:
    found = card_of(frame, key)
    return found[0] if found is not None and isinstance(found[0], str) else None


def _number(frame: Frame, key: str) -> float | None:
    found = card_of(frame, key)
    value = None if found is None else found[0]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not (np.isfinite(value) and value > 0):
        return None
    return float(value)
