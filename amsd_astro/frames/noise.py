"""The noise of a frame: what its pixels, planes and cards give to the noise model."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from amsd_astro.frames.frame import Frame
from amsd_astro.noise.measurement import Stated, find_noise
from amsd_astro.noise.model import NoiseModel

__all__ = ["measure_noise"]


def measure_noise(frame: Frame, *, stated: Stated = None) -> NoiseModel:
    """Find the noise model of a frame.

    Parameters
    ----------
    frame : Frame
        Exposure in linear units.
    stated : NoiseModel or mapping, optional
        A NoiseModel is used as it is, but for its sky where the frame's is another one: a level more than five sigma
        away, such as the 0 of a model that states none, gives way to the one that is measured. A mapping may have
        ``gain`` (electrons per unit of the frame), which comes before anything the file says, and ``read_noise``
        (electrons), which goes with it or with the header's gain.

    Returns
    -------
    NoiseModel

    Raises
    ------
    FrameError
        The pixels are so large that their variance is no number.
    """

    def lookup(keyword: str) -> tuple[Any, str] | None:
        """A value and its comment in the image's header, then in the primary's."""
        try:
            if frame.header.get(keyword) is not None:
                return frame.header[keyword], frame.header.comments[keyword]
        except fits.VerifyError:
            return "what cannot be parsed", ""
        return None if frame.source is None else frame.source.card(keyword)

    return find_noise(
        np.asarray(frame.data),
        frame.mask,
        deviation=None if frame.uncertainty is None else np.asarray(frame.uncertainty.array),
        lookup=lookup,
        unit="" if frame.unit is None else frame.unit.to_string().strip(),
        stated=stated,
    )
