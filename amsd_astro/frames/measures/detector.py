"""Gain, read noise and pedestal of an exposure, as far as its noise model and its cards tell them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import partial

from amsd_astro.arrays.blocks import typical
from amsd_astro.frames.described_pixels import DescribedPixels
from amsd_astro.frames.measures.noise import card_of, unit_of
from amsd_astro.noise.keywords import noises_by_keywords
from amsd_astro.noise.model import NoiseModel

__all__ = ["Detector", "detector_of"]


@dataclass(frozen=True)
class Detector:
    """What stands behind a noise model; None where it cannot be told.

    Attributes
    ----------
    gain : float or None
        Electrons per unit of the frame.
    read_noise : float or None
        Electrons.
    read_noise_source : {"caller", "header", "data"} or None
        Who says so; "data" says how much it is at most.
    pedestal : float or None
        Value of a pixel without light, in the unit of the frame.
    pedestal_is_known : bool
        Whether that is the value, and not the least that it can be.
    sky_electrons : float or None
        Of the sky, per pixel.
    """

    gain: float | None = None
    read_noise: float | None = None
    read_noise_source: str | None = None
    pedestal: float | None = None
    pedestal_is_known: bool = False
    sky_electrons: float | None = None


def detector_of(frame: DescribedPixels, noise: NoiseModel, *, read_noise: float | None = None) -> Detector:
    """Tell the detector by the noise: what its read noise and the photons of the sky do not explain is a pedestal.

    Parameters
    ----------
    frame : Frame
        The exposure.
    noise : NoiseModel
        As it was found there.
    read_noise : float, optional
        Electrons, as it is stated.
    """
    if not noise.slope > 0:
        return Detector()
    gain, floor = 1 / noise.slope, typical(noise.floor)
    if noise.source == "assumed" or abs(noise.sky) < math.sqrt(max(noise.sky_variance, 0.0)):
        return Detector(gain)  # of a sky that was taken off the photons are part of the floor
    source = "caller" if read_noise is not None else "header"
    if read_noise is None:
        read_noise = _read_noise_by_cards(frame)
    if read_noise is not None:
        pedestal = ((read_noise / gain) ** 2 - floor) * gain
        return Detector(gain, read_noise, source, pedestal, True, (noise.sky - pedestal) * gain)
    if floor > 0:
        return Detector(gain, math.sqrt(floor) * gain, "data")
    return Detector(gain, pedestal=-floor * gain)


def _read_noise_by_cards(frame: DescribedPixels) -> float | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd keywords it was told where they matter
        told = next(noises_by_keywords(partial(card_of, frame), unit_of(frame)), None)
    if told is None or not told.slope > 0 or not typical(told.floor) > 0:
        return None
    return math.sqrt(typical(told.floor)) / told.slope
