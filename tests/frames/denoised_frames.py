"""A denoised frame as it is read from a file, and what is left of that on another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from amsd_astro.frames import Frame, read_frame
from amsd_astro.noise.model import NoiseModel

__all__ = ["SHAPE", "assert_written_as_a_ccd", "claims_of", "denoised_frame"]

SHAPE = (40, 48)
_CARDS = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRPIX1": 20.0,
    "CRPIX2": 16.0,
    "CDELT1": -0.01,
    "CDELT2": 0.01,
    "CRVAL1": 10.0,
    "CRVAL2": 20.0,
    "BUNIT": "adu",
    "EXPTIME": 30.0,
}


def denoised_frame(folder: Path, seed: int, dtype: str) -> Frame:
    """Return a frame with all that a denoised one has; one pixel of it is masked."""
    path = folder / f"exposure_{seed}.fits"
    pixels = np.random.default_rng(seed).normal(100, 5, SHAPE).astype(dtype)
    fits.PrimaryHDU(pixels, fits.Header(_CARDS)).writeto(path, overwrite=True)
    frame = read_frame(path)
    frame.uncertainty = StdDevUncertainty(np.full(SHAPE, 2.0, np.float32))
    frame.flags = np.ones(SHAPE, np.uint8)
    frame.noise = NoiseModel(0.5, 3.0, sky=100.0)
    frame.header["AMSDVERS"], frame.header["AMSDRISK"] = "1.0", 0.1
    frame.header.add_history("amsd_astro 1.0: noise taken out")
    frame.mask[2, 3] = True
    return frame


def claims_of(frame: Any) -> set[str]:
    """Return what a frame has that describes the very pixels of an image."""
    return {
        *(name for name in ("source", "noise", "flags") if getattr(frame, name, None) is not None),
        *(str(key) for key in frame.header if str(key).startswith("AMSD")),
    }


def assert_written_as_a_ccd(frame: Frame, path: Path) -> None:
    """Make sure that a frame is written as one that came from no file and was never denoised."""
    frame.write(path)
    names = ["PRIMARY"] + ["MASK"] * bool(frame.mask.any()) + ["UNCERT"] * (frame.uncertainty is not None)
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus] == names
        assert not [key for hdu in hdus for key in hdu.header if key.startswith("AMSD")]
        np.testing.assert_array_equal(hdus[0].data, frame.data)
        if "MASK" in names:
            np.testing.assert_array_equal(hdus["MASK"].data != 0, frame.mask)
        if "UNCERT" in names:
            np.testing.assert_array_equal(hdus["UNCERT"].data, frame.uncertainty.array)
