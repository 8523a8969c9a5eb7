"""What the cards of a denoised frame say of its denoising, also after it was read back from a file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.frames.measures.recorded_correlation import recorded_correlation
from amsd_astro.noise.model import NoiseModel

__all__ = [
    "TAKEN_OUT",
    "Record",
    "error_left",
    "has_record",
    "is_credible",
    "read_record",
    "was_denoised",
    "without_record",
]

TAKEN_OUT = "noise taken out"
"""What a line of HISTORY says of a denoised frame, and of what was made of one."""

_OURS = "AMSD"  # what the keywords of a denoising begin with
_BEYOND = 3.0  # standard errors
_HARDLY = 0.8  # of the noise's variance, from which on little is gained
_KNOWN = 0.03  # how well the variance of the noise is known, over the variance


def is_credible(risk: float | None, error: float | None) -> bool:
    """Whether a risk is one that a right noise model can have, as far as it is known.

    A mean squared error is not below zero, and that of a denoised frame not above the noise's. What is so by three
    standard errors, and by what the variance is uncertain anyway, says that the noise is not what it was taken for.

    Parameters
    ----------
    risk, error : float or None
        Estimated mean squared error over the variance of the noise, and its standard error; None where unknown.
    """
    if risk is None or error is None:
        return True
    margin = _BEYOND * error + _KNOWN
    return -margin <= risk <= 1 + margin


def error_left(risk: float) -> str:
    """Return in words what a risk says of the error that is left.

    Parameters
    ----------
    risk : float
        Estimated mean squared error over the variance of the noise.
    """
    if not risk > 0:
        return "too little to be measured"
    hardly = ": hardly anything was taken out" if risk > _HARDLY else ""
    return f"{math.sqrt(risk):.2f} of the noise{hardly}"


@dataclass(frozen=True)
class Record:
    """A denoising, as recorded; None where a card is missing or cannot be used.

    Attributes
    ----------
    recipe : str or None
        How the network was trained.
    mode : str or None
        What was asked of the network: fast, standard or adapt.
    steps : int or None
        Training steps of its weights.
    risk, risk_error : float or None
        Estimated mean squared error over that of the noise, and its standard error.
    flux, flux_error : float or None
        Flux of faint sources gained (lost: negative) in per cent, and its standard error.
    source : str or None
        SHA-256 of the input file.
    offsets : (float, float) or None
        Rms of the offsets of rows and of columns, over the noise, where there were any.
    noise : NoiseModel or None
        The noise model, a floor that was a map by its median, the correlation by that with the next pixels.
    """

    recipe: str | None
    mode: str | None
    steps: int | None
    risk: float | None
    risk_error: float | None
    flux: float | None
    flux_error: float | None
    source: str | None
    offsets: tuple[float, float] | None
    noise: NoiseModel | None

    @property
    def is_trusted(self) -> bool:
        """Whether the risk `is_credible`."""
        return is_credible(self.risk, self.risk_error)


def read_record(header: fits.Header) -> Record | None:
    """Read the cards of a denoised frame.

    Parameters
    ----------
    header : `~astropy.io.fits.Header`
        Of any frame.

    Returns
    -------
    Record or None
        None for a frame that was not denoised.
    """
    if _value(header, "AMSDVERS") is None:
        return None
    steps = _number(header, "AMSDSTEP")
    return Record(
        recipe=_text(header, "AMSDRCP"),
        mode=_text(header, "AMSDMODE"),
        steps=None if steps is None else int(steps),
        risk=_number(header, "AMSDRISK"),
        risk_error=_number(header, "AMSDRERR"),
        flux=_number(header, "AMSDFLUX"),
        flux_error=_number(header, "AMSDFERR"),
        source=_text(header, "AMSDSRC"),
        offsets=_offsets(header),
        noise=_noise(header),
    )


def has_record(header: fits.Header) -> bool:
    """Whether a header holds a card of a denoising."""
    return any(str(keyword).startswith(_OURS) for keyword in header)


def was_denoised(header: fits.Header) -> bool:
    """Whether a frame was denoised, or made of one that was: its cards are gone then, and HISTORY tells."""
    # a mean of several exposures has cards of ours, too
    return read_record(header) is not None or any(TAKEN_OUT in str(line) for line in header.get("HISTORY", ()))


def without_record(header: fits.Header) -> fits.Header:
    """Return a header without the cards of a denoising, for pixels that are not those it gave.

    What was done to the pixels before remains in HISTORY.

    Parameters
    ----------
    header : `~astropy.io.fits.Header`
        It stays as it is, and is returned where there is nothing to be left out.
    """
    if not has_record(header):
        return header
    rest = header.copy()
    for keyword in {str(keyword) for keyword in header if str(keyword).startswith(_OURS)}:
        rest.remove(keyword, ignore_missing=True, remove_all=True)
    return rest


def _offsets(header: fits.Header) -> tuple[float, float] | None:
    rows, columns = _number(header, "AMSDPROW"), _number(header, "AMSDPCOL")
    return None if rows is None or columns is None else (rows, columns)


def _noise(header: fits.Header) -> NoiseModel | None:
    slope, floor, sky, sigma = (_number(header, f"AMSD{name}") for name in ("SLOP", "FLOR", "SKY", "NOIS"))
    if slope is None or slope < 0 or floor is None or sky is None or sigma is None:
        return None
    if not (sigma > 0 or (sigma == 0 and _value(header, "AMSDSAME") is True)):
        return None
    agreement = _number(header, "AMSDAGRE")
    return NoiseModel(
        slope,
        floor,
        sky,
        sigma**2,
        recorded_correlation(
            _number(header, "AMSDRHOX") or 0.0, _number(header, "AMSDRHOY") or 0.0, _number(header, "AMSDRHOS")
        ),
        _text(header, "AMSDNSRC") or "none",
        float("nan") if agreement is None else agreement,
    )


def _value(header: fits.Header, keyword: str) -> Any:
    """Return a card's value, None where there is none or where it cannot be parsed."""
    try:
        value = header.get(keyword)
    except (fits.VerifyError, ValueError):
        return None
    return None if isinstance(value, fits.card.Undefined) else value


def _number(header: fits.Header, keyword: str) -> float | None:
    value = _value(header, keyword)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        return None
    return float(value)


def _text(header: fits.Header, keyword: str) -> str | None:
    value = _value(header, keyword)
    return value if isinstance(value, str) and value.strip() else None
