"""The denoised frame: pixels, sigma map, flags and the cards that say how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.arrays.filling import NEAR_REACH, near_masked
from amsd_astro.arrays.scratch import new_array
from amsd_astro.fits.planes.choice import PlaneRole
from amsd_astro.frames.denoising_record import TAKEN_OUT
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.masks import FLAG_BOUNDED, FLAG_MASKED, FLAG_NEAR_MASKED
from amsd_astro.noise.model import NoiseModel
from amsd_astro.printable import printable
from amsd_astro.version import __version__

__all__ = ["Denoised", "assemble"]

_OF_THE_INPUT = ("AMSDSIGM",)  # noise that was added to it

_OF_OWN_FILES: dict[PlaneRole, str] = {"mask": "AMSDSRCM", "error": "AMSDSRCE"}


@dataclass(frozen=True)
class Denoised:
    """Arrays of a result, filled part by part.

    Attributes
    ----------
    data : ndarray, shape (ny, nx)
        Denoised pixels in the frame's unit; bad ones keep their input value.
    sigma : ndarray of float32, shape (ny, nx)
        Their 1-sigma error, NaN where bad.
    flags : ndarray of uint8, shape (ny, nx)
        The FLAG bits.
    """

    data: NDArray[np.floating]
    sigma: NDArray[np.float32]
    flags: NDArray[np.uint8]

    @classmethod
    def like(cls, frame: Frame) -> Denoised:
        """Return arrays for a frame, their contents undefined."""
        shape = frame.data.shape
        return cls(new_array(shape, frame.data.dtype), new_array(shape, np.float32), new_array(shape, np.uint8))

    def fill(
        self,
        frame: Frame,
        where: tuple[slice, slice],
        data: NDArray[np.floating],
        sigma: NDArray[np.floating],
        bounded: NDArray[np.bool_],
    ) -> None:
        """Set a part of the frame.

        Parameters
        ----------
        frame : Frame
            The input.
        where : (slice, slice)
            The part.
        data, sigma : ndarray
            Denoised pixels and their errors in the frame's unit.
        bounded : ndarray of bool
            Where the residual reached its bound.
        """
        self.data[where], self.sigma[where] = data, sigma
        flags = np.multiply(bounded, FLAG_BOUNDED, dtype=np.uint8)
        wide, inner = _around(where)
        mask = frame.mask[wide]
        if mask.any():
            bad = mask[inner]
            np.copyto(self.data[where], frame.data[where], where=bad)
            np.copyto(self.sigma[where], np.nan, where=bad)
            flags[near_masked(mask)[inner]] |= FLAG_NEAR_MASKED
            flags[bad] = FLAG_MASKED
        self.flags[where] = flags


def _around(where: tuple[slice, slice]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return a part of a frame with as far around it as a masked pixel is near, and where the part is in that."""
    wide = tuple(slice(max(0, part.start - NEAR_REACH), part.stop + NEAR_REACH) for part in where)
    inner = tuple(
        slice(part.start - more.start, part.stop - more.start) for part, more in zip(where, wide, strict=True)
    )
    return wide, inner


def assemble(frame: Frame, noise: NoiseModel, denoised: Denoised, cards: Mapping[str, tuple[Any, str]]) -> Frame:
    """Put a denoised frame together.

    Parameters
    ----------
    frame : Frame
        The input; its mask and its header are used on.
    noise : NoiseModel
        Its noise model.
    denoised : Denoised
        The arrays.
    cards : mapping of str to (value, comment)
        Provenance besides version, source and noise model.

    Returns
    -------
    Frame
    """
    result = frame.with_arrays(
        denoised.data, StdDevUncertainty(denoised.sigma, unit=frame.unit, copy=False), denoised.flags, noise
    )
    _record(
        result.header, {"AMSDVERS": (__version__, "version of amsd_astro"), **_origin(frame), **cards, **_noise(noise)}
    )
    if frame.uncertainty is not None:
        result.header.add_history("amsd_astro: the error plane of the input describes the input, AMSD_SIGMA this image")
    for own in () if frame.source is None else frame.source.own_files:
        name = own.path.name.encode("ascii", "backslashreplace").decode()
        result.header.add_history(f"amsd_astro: {own.role} of the input from {printable(name)}[{own.hdu}]")
    return result


def _origin(frame: Frame) -> dict[str, tuple[Any, str]]:
    """Checksums of the files that the pixels, the mask and the errors are from."""
    if frame.source is None:
        return {}
    own = {_OF_OWN_FILES[file.role]: (file.fingerprint, "") for file in frame.source.own_files}
    return {"AMSDSRC": (frame.source.fingerprint, ""), **own}


def _noise(noise: NoiseModel) -> dict[str, tuple[Any, str]]:
    across, along = noise.neighbours
    cards: dict[str, tuple[Any, str]] = {
        "AMSDNSRC": (noise.source, "where the slope of the noise model is from"),
        "AMSDSLOP": (noise.slope, "variance per unit of signal"),
        "AMSDFLOR": (typical(noise.floor), "variance at zero signal (median of its map)"),
        "AMSDSKY": (noise.sky, "level of the sky"),
        "AMSDNOIS": (float(np.sqrt(max(noise.sky_variance, 0.0))), "noise of the sky before denoising"),
        "AMSDRHOX": (across, "correlation of the noise, next pixel along x"),
        "AMSDRHOY": (along, "correlation of the noise, next pixel along y"),
        "AMSDRHOS": (float(noise.correlation.sum()), "sum of that correlation over all lags"),
    }
    if np.isfinite(noise.agreement):
        cards["AMSDAGRE"] = (noise.agreement, "stated over measured variance of the sky")
    return cards


def _record(header: fits.Header, cards: Mapping[str, tuple[Any, str]]) -> None:
    # Whatever the input says of a denoising is not of this one, and one that cannot be parsed cannot be set either.
    for keyword in {str(key) for key in header if str(key).startswith("AMSD") and key not in _OF_THE_INPUT}:
        header.remove(keyword, ignore_missing=True, remove_all=True)
    for keyword, (value, comment) in cards.items():
        header[keyword] = (float(f"{value:.7g}"), comment) if isinstance(value, float) else (value, comment)
    what = "left as it was, it shows no noise" if "AMSDSAME" in cards else TAKEN_OUT
    header.add_history(f"amsd_astro {__version__}: {what}; 1-sigma errors in AMSD_SIGMA, flags in AMSD_FLAGS")
