"""Frames like the observed one in which nothing is to be found: noise alone, and the frame upside down."""

from __future__ import annotations

import numpy as np

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import draw_noise
from amsd_astro.validation.measures.sky_map import SkyMap, map_sky

__all__ = ["mirrored_frame", "noise_only_frame"]


def noise_only_frame(frame: Frame, noise: NoiseModel, *, seed: int, sky: SkyMap | None = None) -> Frame:
    """Return the frame's smooth background with noise drawn from the model, its correlation included.

    Parameters
    ----------
    frame : Frame
        As observed; not changed.
    noise : NoiseModel
        Its noise.
    seed : int
        Of the noise.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    Frame
        With copies of mask, unit, header and WCS; bad pixels hold background and noise too, and stay masked.
    """
    sky = map_sky(frame, noise) if sky is None else sky
    drawn = sky.background + draw_noise(np.random.default_rng([seed, 13]), sky.background, noise)
    result = frame.with_arrays(drawn.astype(frame.data.dtype), None, None, frame.noise)
    result.mask = sky.bad.copy()
    return result


def mirrored_frame(frame: Frame, noise: NoiseModel, *, sky: SkyMap | None = None) -> Frame:
    """Return twice the background less the frame, its own sources masked: what is detected there is false.

    The noise is the frame's own, with whatever the model does not know: rows, steps, tails. Its skewness is turned
    round, and so is every dark defect.

    Parameters
    ----------
    frame : Frame
        As observed; not changed.
    noise : NoiseModel
        Its noise.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    Frame
        With copies of unit, header and WCS; bad pixels keep their values.
    """
    sky = map_sky(frame, noise) if sky is None else sky
    data = as_double(frame.data)
    turned = np.where(sky.bad, data, 2 * sky.background - data)
    result = frame.with_arrays(turned.astype(frame.data.dtype), None, None, frame.noise)
    result.mask = sky.bad | sky.sources
    return result
