"""What the header and the tables of an image of several exposures say of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from astropy.nddata import StdDevUncertainty
from astropy.table import Table
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.combination.selection import Selection, Used
from amsd_astro.exposures.coaddition import Coadd
from amsd_astro.exposures.exposure_facts import span_of
from amsd_astro.frames import Frame
from amsd_astro.frames.denoising_record import without_record
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD, Combination
from amsd_astro.frames.masks import FLAG_MASKED
from amsd_astro.noise.keywords import EFFECTIVE_GAIN, EFFECTIVE_READ_NOISE
from amsd_astro.noise.model import NoiseModel

__all__ = ["CHECKSUMS_KEYWORD", "checksums_digest", "coadd_frame", "combination_of", "combined_cards", "mark"]

CHECKSUMS_KEYWORD = "AMSDSRCS"
"""Card of the digest of what all exposures are."""

Cards = Mapping[str, tuple[Any, str]]


def coadd_frame(selection: Selection, image: Coadd, noise: NoiseModel) -> Frame:
    """Return the mean as a frame of the reference's header, with its 1-sigma error and without what describes that.

    Parameters
    ----------
    selection : Selection
        The exposures.
    image : Coadd
        Their mean.
    noise : NoiseModel
        Its noise.
    """
    reference = selection.reference.load()
    sigma = _sigma_of(image, noise)
    data = np.where(image.mask, reference.data, image.data)  # bad pixels keep their value, as in `denoise`
    frame = reference.with_arrays(data, StdDevUncertainty(sigma, unit=reference.unit, copy=False), None, noise)
    frame.mask = image.mask
    header = without_record(frame.header)
    frame.meta = header.copy() if header is frame.header else header
    return frame


def mark(result: Frame, image: Coadd, cards: Cards) -> None:
    """Give a result the cards and the flags of its exposures.

    Parameters
    ----------
    result : Frame
        Changed in place.
    image : Coadd
        What it is made of.
    cards : mapping of str to (value, comment)
        As `combined_cards` returns them.
    """
    flags = np.zeros(image.data.shape, np.uint8) if result.flags is None else np.array(result.flags)
    flags[image.mask] |= FLAG_MASKED
    flags |= image.flags
    result.flags = flags
    for keyword, (value, comment) in cards.items():
        result.header[keyword] = (float(f"{value:.7g}"), comment) if isinstance(value, float) else (value, comment)
    result.header.add_history(f"amsd_astro: mean of {cards[COMBINED_KEYWORD][0]} exposures, see AMSD_EXPOSURES")
    if result.source is not None and result.source.planes:
        result.header.add_history("amsd_astro: masks and errors that the reference has beside it describe that alone")


def combined_cards(selection: Selection, image: Coadd) -> dict[str, tuple[Any, str]]:
    """Return the cards that tell of the exposures.

    Parameters
    ----------
    selection : Selection
        The exposures.
    image : Coadd
        Their mean.
    """
    facts = [one.exposure.facts for one in selection.used]
    cards: dict[str, tuple[Any, str]] = {
        COMBINED_KEYWORD: (len(selection.used), "exposures of which this is the mean"),
        "AMSDREF": (selection.used_names.index(selection.reference.name) + 1, "row of the reference in AMSD_EXPOSURES"),
        CHECKSUMS_KEYWORD: (checksums_digest(selection.checksums), "SHA-256 of those of all exposures"),
        "AMSDFWHM": (selection.fwhm(image.weights), "[pix] FWHM of the PSF, weighted mean"),
        "NCOMBINE": (sum(one.n_combined for one in facts), "exposures of which this is the mean"),
    }
    seconds = sum(one.seconds for one in facts)
    if np.isfinite(seconds):
        cards["AMSDTIME"] = (seconds, "[s] exposure times of all together")
    if image.slope > 0:
        cards[EFFECTIVE_GAIN] = (1 / image.slope, "electrons per unit of the mean, in effect")
        floor = typical(image.floor)
        if floor >= 0:
            cards[EFFECTIVE_READ_NOISE] = (float(np.sqrt(floor)) / image.slope, "[electron] read noise, in effect")
    for keyword, time in zip(("DATE-BEG", "DATE-END"), span_of(facts), strict=True):
        if time is not None:
            cards[keyword] = (time, "of all exposures together")
    return {keyword: card for keyword, card in cards.items() if card[0] == card[0]}  # nan is no value


def checksums_digest(checksums: Iterable[str]) -> str:
    """Return one SHA-256 for those of all exposures, in their order."""
    return hashlib.sha256("\n".join(checksums).encode()).hexdigest()


def combination_of(selection: Selection, image: Coadd, mean: Frame) -> Combination:
    """Return what lies beside the result: the mean, how many exposures count where, and the tables.

    Parameters
    ----------
    selection : Selection
        The exposures.
    image : Coadd
        Their mean.
    mean : Frame
        As `coadd_frame` returns it.
    """
    assert mean.uncertainty is not None  # it was made with one
    return Combination(
        image.data,
        np.asarray(mean.uncertainty.array),
        image.n_exposures,
        _exposures(selection, image),
        _variables(image),
    )


def _sigma_of(image: Coadd, noise: NoiseModel) -> NDArray[np.float32]:
    sigma = np.sqrt(noise.variance(image.data)).astype(np.float32)
    if image.unsure is not None:
        sigma = np.hypot(sigma, image.unsure)
    sigma[image.mask] = np.nan
    return sigma


def _exposures(selection: Selection, image: Coadd) -> Table:
    rows = [
        _row(_ascii(one.source.name), one, weight, rejected)
        for one, weight, rejected in zip(selection.used, image.weights, image.rejected, strict=True)
    ]
    rows += [{"NAME": _ascii(name), "LEFT_OUT": _ascii(reason)} for name, reason in selection.left_out.items()]
    columns = {name: [row.get(name, nothing) for row in rows] for name, nothing in _COLUMNS.items()}
    return Table(columns, units=_UNITS)


def _row(name: str, one: Used, weight: float, rejected: float) -> dict[str, Any]:
    where, facts = one.placement, one.exposure.facts
    dx, dy = where.grid.shift
    return {
        "NAME": name, "SHA256": facts.checksum, "SECONDS": facts.seconds, "PLACED_BY": where.how,
        "DX": dx, "DY": dy, "ROTATION": where.grid.rotation, "PARITY": where.grid.parity,
        "PIXEL_SCALE": where.grid.area**-0.5, "RMS": where.rms, "ACCURACY": where.accuracy, "N_STARS": where.n_stars,
        "LIGHT": where.scale, "LIGHT_ERROR": where.scale_error, "SKY": where.sky, "SKY_ERROR": where.sky_error,
        "FWHM": where.fwhm, "WEIGHT": weight, "REJECTED": rejected,
    }  # fmt: skip


def _variables(image: Coadd) -> Table:
    n = len(image.weights)
    names = ("X", "Y", "SIGNIFICANCE", "FLUX", "FLUX_ERROR")
    listed = image.variables
    return Table(
        [
            np.array([one.x for one in listed], np.float64),
            np.array([one.y for one in listed], np.float64),
            np.array([one.significance for one in listed], np.float32),
            np.array([one.fluxes for one in listed], np.float32).reshape(-1, n),
            np.array([one.errors for one in listed], np.float32).reshape(-1, n),
        ],
        names=names,
    )


def _ascii(text: str) -> str:
    """Return text as a table of FITS can hold it."""
    return text.encode("ascii", "backslashreplace").decode()


_NAN = math.nan
_COLUMNS: dict[str, Any] = {
    "NAME": "", "SHA256": "", "SECONDS": _NAN, "PLACED_BY": "", "DX": _NAN, "DY": _NAN, "ROTATION": _NAN, "PARITY": 0,
    "PIXEL_SCALE": _NAN, "RMS": _NAN, "ACCURACY": _NAN, "N_STARS": 0, "LIGHT": _NAN, "LIGHT_ERROR": _NAN, "SKY": _NAN,
    "SKY_ERROR": _NAN, "FWHM": _NAN, "WEIGHT": 0.0, "REJECTED": _NAN, "LEFT_OUT": "",
}  # fmt: skip
"""Columns of AMSD_EXPOSURES, and what stands in them of an exposure that is left out."""

_UNITS = {
    "SECONDS": "s", "DX": "pix", "DY": "pix", "ROTATION": "deg", "RMS": "pix", "ACCURACY": "pix", "FWHM": "pix",
}  # fmt: skip
