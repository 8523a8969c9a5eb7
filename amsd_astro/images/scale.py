"""The values of 0 to 1 of a frame, and the way back to its units.

A frame is brought to noise units, where its sky is zero and its noise has unit width, and stretched by an asinh so that
all of its range fits into 0..1. What that takes is six numbers; they go into the header of every file that is made of
the frame, so that a noisy version and its target have one scale, and units come back.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.arrays.filling import fill_masked
from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.network import recipes
from amsd_astro.network.thesis.normalization import Normalization
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.stabilization import Stabilizer

__all__ = ["Scale"]

_KEYWORDS = ("AMSDSLOP", "AMSDFLOR", "AMSDSKY", "AMSDSOFT", "AMSDLOW", "AMSDHIGH")
_N_DIGITS = 12  # with sign and exponent as many as a card takes


@dataclass(frozen=True)
class Scale:
    """From the units of a frame to 0..1 and back, losing nothing.

    Parameters
    ----------
    stabilizer : Stabilizer
        From the frame's units to noise units; its floor is a number.
    stretch : Normalization
        From noise units to 0..1.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> from amsd_astro.images import Scale
    >>> frame = read_frame("exposure.fits")
    >>> scale = Scale.measure(frame)
    >>> values = scale.forward(frame)
    >>> bool(abs(scale.inverse(values) - frame.data)[~frame.mask].max() < 0.1)
    True
    """

    stabilizer: Stabilizer
    stretch: Normalization

    @classmethod
    def measure(cls, frame: Frame, noise: NoiseModel | None = None) -> Scale:
        """Find the scale that brings all good pixels of a frame to 0..1.

        Parameters
        ----------
        frame : Frame
            An exposure.
        noise : NoiseModel, optional
            Its noise, measured by default. A floor that is a map is replaced by its median.

        Raises
        ------
        FrameError
            The frame shows no noise, so that there are no noise units.
        """
        noise = noise or measure_noise(frame)
        if not noise.sky_variance > 0:
            source = frame.source
            message = "the frame shows no noise: it has no scale in units of the noise."
            raise FrameError(message, path=None if source is None else source.path)
        stabilizer = Stabilizer(*(_rounded(value) for value in (noise.slope, typical(noise.floor), noise.sky)))
        values = _in_noise_units(frame, stabilizer)
        stretch = Normalization.over([values], softening=recipes.THESIS.softening)
        return cls(
            stabilizer, Normalization(*(_rounded(value) for value in (stretch.softening, stretch.low, stretch.high)))
        )

    @classmethod
    def from_header(cls, header: fits.Header) -> Scale | None:
        """Return the scale that cards record, None where one of them is missing.

        Raises
        ------
        FrameError
            They are no numbers that can be a scale.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not all(keyword in header for keyword in _KEYWORDS):
                return None
            try:
                numbers = [float(header[keyword]) for keyword in _KEYWORDS]
            except (TypeError, ValueError, fits.VerifyError):
                numbers = [np.nan]
        if not np.isfinite(numbers).all() or numbers[0] < 0 or numbers[3] <= 0 or numbers[4] >= numbers[5]:
            received = ", ".join(f"{value:g}" for value in numbers)
            raise FrameError(f"{', '.join(_KEYWORDS)} must record a scale of values. Received: {received}")
        return cls(Stabilizer(*numbers[:3]), Normalization(*numbers[3:]))

    def cards(self) -> Mapping[str, tuple[float, str]]:
        """Return the cards that record the scale."""
        numbers = (self.stabilizer.slope, float(self.stabilizer.floor), self.stabilizer.reference)
        stretch = (self.stretch.softening, self.stretch.low, self.stretch.high)
        comments = (
            "variance per unit of signal",
            "variance at zero signal (median of its map)",
            "level of the sky",
            "noise widths up to which the stretch is linear",
            "asinh(z / AMSDSOFT) that is 0, z in noise units",
            "asinh(z / AMSDSOFT) that is 1",
        )
        return {key: (value, text) for key, value, text in zip(_KEYWORDS, numbers + stretch, comments, strict=True)}

    def forward(self, frame: Frame) -> NDArray[np.float32]:
        """Return the values of a frame: 0 to 1 for the one that was measured, bad pixels filled from their neighbours.

        Parameters
        ----------
        frame : Frame
            An exposure, of shape (ny, nx).
        """
        return self.stretch.forward(_in_noise_units(frame, self.stabilizer))

    def inverse(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """From values of 0 to 1 to the units of the frame."""
        return self.stabilizer.undo(self.stretch.inverse(values))


def _in_noise_units(frame: Frame, stabilizer: Stabilizer) -> NDArray[np.float32]:
    data = np.where(frame.mask, stabilizer.reference, frame.data)
    return fill_masked(stabilizer.forward(data), frame.mask)


def _rounded(value: Any) -> float:
    """Return a number as a card will hold it: files that record it are on the very same scale."""
    return float(f"{float(value):.{_N_DIGITS}g}")
