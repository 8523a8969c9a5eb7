"""The noise model of described pixels: what they, their planes and their cards give to it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.frames.described_pixels import DescribedPixels
from amsd_astro.frames.measures.stated_quantities import without_units
from amsd_astro.noise.line_pattern import find_pattern
from amsd_astro.noise.measurement import Stated, find_noise
from amsd_astro.noise.model import NoiseModel

__all__ = ["card_of", "noise_of", "unit_of"]


def card_of(frame: DescribedPixels, keyword: str) -> tuple[Any, str] | None:
    """Look value and comment of a keyword up in the image's header as it is now, then in what it came from.

    Parameters
    ----------
    frame : Frame
        The frame.
    keyword : str
        Long ones without HIERARCH.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> from amsd_astro.frames.noise import card_of
    >>> card_of(read_frame("exposure.fits"), "BUNIT")
    ('adu', 'unit of the pixels')
    """
    try:
        for header in (frame.header, frame.primary):
            if header is not None and header.get(keyword) is not None:
                return header[keyword], header.comments[keyword]
    except fits.VerifyError:
        return "what cannot be parsed", ""
    return None if frame.source is None else frame.source.card(keyword)


def noise_of(frame: DescribedPixels, *, stated: Stated = None, has_pattern: bool = True) -> NoiseModel:
    """Find the noise model of a frame, as `~amsd_astro.frames.noise.measure_noise` tells.

    Parameters
    ----------
    frame : Frame
        Exposure in linear units.
    stated, has_pattern : optional
        As there.
    """
    data = np.asarray(frame.data)
    pattern = find_pattern(data, frame.mask) if has_pattern else None
    return find_noise(
        data if pattern is None else pattern.taken_off(data),
        frame.mask,
        deviation=None if frame.uncertainty is None else np.asarray(frame.uncertainty.array),
        lookup=partial(card_of, frame),
        unit=unit_of(frame),
        stated=without_units(stated, frame.unit),
    )


def unit_of(frame: DescribedPixels) -> str:
    """Return the unit of a frame in words, empty where it has none."""
    return "" if frame.unit is None else frame.unit.to_string().strip()
