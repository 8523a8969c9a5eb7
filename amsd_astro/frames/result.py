"""The denoised frame: pixels, sigma map, flags and the cards that say how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.frames.filling import near_masked
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.noise import NoiseModel
from amsd_astro.version import __version__

__all__ = ["FLAG_BOUNDED", "FLAG_MASKED", "FLAG_NEAR_MASKED", "Denoised", "assemble"]

FLAG_MASKED = 1
FLAG_NEAR_MASKED = 2
FLAG_BOUNDED = 4


@dataclass(frozen=True)
class Denoised:
    """Denoised pixels and their 1-sigma error in the frame's unit, and where the residual reached its bound."""

    data: NDArray[np.floating]
    sigma: NDArray[np.floating]
    bounded: NDArray[np.bool_]


def assemble(frame: Frame, noise: NoiseModel, denoised: Denoised, cards: Mapping[str, tuple[Any, str]]) -> Frame:
    """Put a denoised frame together; bad pixels keep their input value and have no sigma.

    Parameters
    ----------
    frame : Frame
        The input.
    noise : NoiseModel
        Its noise model.
    denoised : Denoised
        Pixels, sigma and bound.
    cards : mapping of str to (value, comment)
        Provenance besides version, source and noise model.

    Returns
    -------
    Frame
    """
    data = np.where(frame.mask, frame.data, denoised.data).astype(frame.data.dtype)
    sigma = np.where(frame.mask, np.nan, denoised.sigma).astype(np.float32)
    flags = (
        FLAG_MASKED * frame.mask
        + FLAG_NEAR_MASKED * near_masked(frame.mask)
        + FLAG_BOUNDED * (denoised.bounded & ~frame.mask)
    ).astype(np.uint8)
    result = frame.copy()
    result.data = data
    result.uncertainty = StdDevUncertainty(sigma, unit=frame.unit)
    result.flags = flags
    result.noise = noise
    _record(
        result.header, {"AMSDVERS": (__version__, "version of amsd_astro"), **_origin(frame), **cards, **_noise(noise)}
    )
    if frame.uncertainty is not None:
        result.header.add_history("amsd_astro: the error plane of the input describes the input, AMSD_SIGMA this image")
    return result


def _origin(frame: Frame) -> dict[str, tuple[Any, str]]:
    return {} if frame.source is None else {"AMSDSRC": (frame.source.fingerprint, "")}


def _noise(noise: NoiseModel) -> dict[str, tuple[Any, str]]:
    across, along = noise.neighbours
    cards: dict[str, tuple[Any, str]] = {
        "AMSDNSRC": (noise.source, "where the slope of the noise model is from"),
        "AMSDSLOP": (noise.slope, "variance per unit of signal"),
        "AMSDFLOR": (float(np.median(noise.floor)), "variance at zero signal (median of its map)"),
        "AMSDSKY": (noise.sky, "level of the sky"),
        "AMSDNOIS": (float(np.sqrt(max(noise.sky_variance, 0.0))), "noise of the sky before denoising"),
        "AMSDRHOX": (across, "correlation of the noise, next pixel along x"),
        "AMSDRHOY": (along, "correlation of the noise, next pixel along y"),
    }
    if np.isfinite(noise.agreement):
        cards["AMSDAGRE"] = (noise.agreement, "stated over measured variance of the sky")
    return cards


def _record(header: fits.Header, cards: Mapping[str, tuple[Any, str]]) -> None:
    for keyword, (value, comment) in cards.items():
        header[keyword] = (float(f"{value:.7g}"), comment) if isinstance(value, float) else (value, comment)
    header.add_history(f"amsd_astro {__version__}: noise taken out; 1-sigma errors in AMSD_SIGMA, flags in AMSD_FLAGS")
