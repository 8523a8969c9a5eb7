"""What was stated of the noise, or had to be assumed, beside what the pixels show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import quantile
from amsd_astro.frames.noise import other_slope
from amsd_astro.noise.model import NoiseModel

__all__ = ["doubts_about_assumed", "doubts_about_stated"]

_SHARE, _SAMPLE = 0.005, 2**20  # of the pixels, and how many are looked at
_BY = {"data": "of bright pixels", "header": "of the header"}
# of the variance that the sky shows: planes for resampled pixels, whose noise is shared, often state half more
_LIMITS = {"caller": (0.8, 1.25), "variance plane": (0.5, 2.0)}


def doubts_about_stated(noise: NoiseModel, slopes: Mapping[str, float]) -> list[str]:
    """Tell where what was stated and what the pixels show, or else the header says, cannot both be right.

    Parameters
    ----------
    noise : NoiseModel
        As `~amsd_astro.frames.noise.measure_noise` found it.
    slopes : mapping of str to float
        By `~amsd_astro.frames.noise.slopes_by_source`.

    Returns
    -------
    list of str
        A sentence each; empty where nothing was stated, or where it agrees.
    """
    if noise.source not in _LIMITS:
        return []
    doubts = []
    low, high = _LIMITS[noise.source]
    if noise.agreement < low or noise.agreement > high:  # it is no number where nothing can be compared
        times = f"{noise.agreement:.3g} times the variance that the sky shows"
        if noise.source == "caller":
            doubts.append(f"gain and read noise as stated make {times}: the sky's is used")
        else:
            doubts.append(
                f"the plane of errors states {times}: it is scaled to that. Are these errors, and of what kind?"
            )
    if noise.source == "caller" and (other := other_slope(noise.slope, slopes)):
        doubts.append(
            f"the gain stated is {1 / noise.slope:.3g} electrons per unit, that {_BY[other]} is "
            f"{1 / slopes[other]:.3g}: the errors of what is bright go by what was stated"
        )
    return doubts


def doubts_about_assumed(noise: NoiseModel, data: NDArray[np.floating], mask: NDArray[np.bool_]) -> list[str]:
    """Tell where a slope had to be assumed and many pixels are so bright that their errors depend on it.

    Parameters
    ----------
    noise : NoiseModel
        As `~amsd_astro.frames.noise.measure_noise` found it there.
    data : ndarray, shape (ny, nx)
        The exposure.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    """
    if noise.source != "assumed":
        return []
    every = slice(None, None, max(1, data.size // _SAMPLE))
    sample = data.ravel()[every][~mask.ravel()[every]]
    bright = quantile(sample, 1 - _SHARE) - noise.sky if sample.size else 0.0
    if not noise.slope * bright > noise.sky_variance:
        return []
    return [
        f"nothing tells the gain: {1 / noise.slope:.3g} electrons per unit is assumed, and the errors "
        "of what is bright are a guess. State gain and read noise"
    ]
