"""A night made of the samples: one frame of it is cut, and of another all pixels are bad."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from astropy.io import fits

__all__ = ["ALL_MASKED", "CORRUPT", "make_night"]

CORRUPT, ALL_MASKED = 7, 13
"""Numbers of the two frames that cannot be denoised."""

_SAMPLES = sorted((Path(__file__).resolve().parents[2] / "data_samples").glob("*_[12].fits"))


def make_night(folder: Path, n_frames: int) -> list[Path]:
    """Write frames of 512 x 512 pixels; no two are alike.

    Parameters
    ----------
    folder : Path
        Where to; frames that are there are left as they are.
    n_frames : int
        How many there are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"frame{number:03d}.fits" for number in range(n_frames)]
    for number, path in enumerate(paths):
        if not path.exists():
            partial = path.with_suffix(".part")
            partial.write_bytes(_frame(number))
            partial.rename(path)
    return paths


def _frame(number: int) -> bytes:
    """Return a sample whose pixels are moved around by a shift of their own."""
    shift = (37 * number % 512, 53 * number % 512)
    with fits.open(_SAMPLES[number % len(_SAMPLES)], memmap=False) as hdus:
        for hdu in hdus:
            if hdu.data is not None:
                hdu.data = np.roll(hdu.data, shift, axis=(0, 1))
        if number == ALL_MASKED:
            hdus[0].data = np.full(hdus[0].shape, np.nan, np.float32)  # a MASK that marks all would not be believed
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()[: 300_000 if number == CORRUPT else None]
