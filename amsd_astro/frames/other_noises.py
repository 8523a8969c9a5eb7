"""Noise models that a frame may have besides the one that was found, for where its result refutes that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from amsd_astro.frames.frame import Frame
from amsd_astro.noise.calm_sky import calmest_sky
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.sky import Sky, measure_sky
from amsd_astro.noise.structure import measure_scatter

__all__ = ["other_noises"]

_APART = 1.1  # times the variance: nearer models are the same


def other_noises(frame: Frame, used: NoiseModel, *, is_too_high: bool) -> Iterator[NoiseModel]:
    """Yield further models, the most credible first.

    Parameters
    ----------
    frame : Frame
        Without a pattern of rows and columns.
    used : NoiseModel
        The one that was refuted.
    is_too_high : bool
        Whether it is, else it is too low.

    Yields
    ------
    NoiseModel
        Of less noise: that of the calmest blocks, then that of the finest detail of the median block; of more: what
        the sky shows, whatever was stated.
    """
    data, mask = np.asarray(frame.data), frame.mask
    sky = measure_sky(data, mask)
    candidates: list[Sky | None] = [sky]
    if is_too_high:
        blocks = measure_scatter(data, mask, lambda *_: np.ones(1))
        candidates = [calmest_sky(data, mask, sky)]
        if blocks is not None:
            finest = float(np.median(blocks.fourth) ** 2)
            candidates.append(replace(sky, variance=finest, correlation=np.ones((1, 1))))
    for one in candidates:
        if one is None or not one.variance > 0:
            continue
        factor = one.variance / used.sky_variance
        if factor < 1 / _APART if is_too_high else factor > _APART:
            yield _with_sky(used, one, factor)


def _with_sky(used: NoiseModel, sky: Sky, factor: float) -> NoiseModel:
    """A model through another sky: a map keeps its pattern, a number its slope as far as that can be."""
    if isinstance(used.floor, np.ndarray):
        slope, floor = used.slope * factor, used.floor * factor
        return NoiseModel(slope, floor, used.sky, used.sky_variance * factor, sky.correlation, used.source)
    slope = min(used.slope, sky.most_slope)
    return NoiseModel(slope, sky.variance - slope * sky.level, sky.level, sky.variance, sky.correlation, used.source)
