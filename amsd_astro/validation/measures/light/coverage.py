"""How much of a frame injected sources stand for: they stand on open sky, and tell nothing of a crowd."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.validation.measures.sky_map import SkyMap

__all__ = ["COVERED", "REACH", "Coverage", "measure_coverage"]

REACH, COVERED = 8.0, 0.9
"""FWHM to each side of a pixel, and the share of that square which sources cover where the pixel is not tested."""


@dataclass(frozen=True)
class Coverage:
    """What the injected sources do not stand for: where sources crowd, or one is larger than any that was put in.

    Attributes
    ----------
    frame, light, source_pixels : float
        Share of the good pixels, of the light of the frame's sources above the background, and of their pixels. The
        last two are NaN where there are no sources.
    y, x : float
        Where the light of its brightest part is centred, pixels, the first pixel's centre at 0; NaN where all is
        tested.
    """

    frame: float
    light: float
    source_pixels: float
    y: float
    x: float


def measure_coverage(frame: Frame, sky: SkyMap, fwhm: float) -> Coverage:
    """Find what of a frame injected sources do not stand for.

    An isolated source of the frame stands as an injected one does, on open sky. A pixel is not tested where sources
    cover nine tenths of the square of eight FWHM to each side: nothing that was put in is as large as that.

    Parameters
    ----------
    frame : Frame
        As observed.
    sky : SkyMap
        Its background and sources.
    fwhm : float
        Of the PSF, pixels.

    Returns
    -------
    Coverage
    """
    good = ~sky.bad
    if not good.any():
        return Coverage(math.nan, math.nan, math.nan, math.nan, math.nan)
    side = 2 * round(REACH * fwhm) + 1
    # a bad pixel may be on a source or not: only the others are asked
    covered = ndimage.uniform_filter((sky.sources & good).astype(np.float64), side, mode="reflect")
    covered /= np.maximum(ndimage.uniform_filter(good.astype(np.float64), side, mode="reflect"), 1 / side**2)
    untested = sky.sources & good & (covered > COVERED)
    light = np.where(good & sky.sources, as_double(frame.data) - sky.background, 0.0)
    total, n_source = float(light.sum()), int(np.count_nonzero(sky.sources & good))
    y, x = _brightest_part(light, untested)
    return Coverage(
        np.count_nonzero(untested) / np.count_nonzero(good),
        float(np.clip(light[untested].sum() / total, 0.0, 1.0)) if total > 0 else math.nan,
        np.count_nonzero(untested) / n_source if n_source else math.nan,
        y,
        x,
    )


def _brightest_part(light: NDArray[np.float64], untested: NDArray[np.bool_]) -> tuple[float, float]:
    """Centre of the light of the connected part that has most."""
    labels, n = ndimage.label(untested)
    if not n:
        return math.nan, math.nan
    brightest = 1 + int(np.argmax(ndimage.sum_labels(light, labels, np.arange(1, n + 1))))
    weight = np.where(labels == brightest, np.maximum(light, 0.0), 0.0)
    if not weight.sum() > 0:
        return math.nan, math.nan
    y, x = ndimage.center_of_mass(weight)
    return float(y), float(x)
