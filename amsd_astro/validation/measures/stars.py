"""The stars of a frame that its PSF can be read off: bright, isolated, not saturated, of one size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import scatter_of_sum
from amsd_astro.validation.measures.moments import FWHM_PER_SIGMA, Moments, adaptive_moments
from amsd_astro.validation.measures.sky_map import SkyMap
from amsd_astro.validation.measures.stamps import cut_stamps

__all__ = ["StarList", "find_stars"]

_SMOOTH = 1.0  # pixels: of the peaks
_SEEN, _BRIGHT = 6.0, (30.0, 12.0)  # sigma of a smoothed peak: of a neighbour; of stars, and where they are few
_MOST, _KEPT, _ENOUGH = 600, 50, 7
_ISOLATED = ((4.0, 0.03), (2.5, 0.1), (1.5, 0.3))  # FWHM, and part of the star's peak that neighbours may have
_HALF = 20
_SMALLEST = 0.47  # sigma in pixels: less is a hot pixel or a cosmic ray
_FLATTEST = 0.65  # e of the moments: what is flatter is a track
_LOCUS = 0.07  # half-width of the stars' locus, in the logarithm of the size
_SAME_SHAPE = 0.15
_BELOW_TOP = 0.6  # what is brighter than this part of the frame's brightest may be saturated
_SATURATION_KEYS = ("SATURATE", "SATLEVEL")


@dataclass(frozen=True)
class StarList:
    """Stars, brightest first: positions `y`, `x` (pixels) and size `sigma`, each of shape (n,)."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    sigma: NDArray[np.float64]

    @property
    def fwhm(self) -> float:
        """Median size, as that of a Gaussian."""
        return float(np.median(self.sigma)) * FWHM_PER_SIGMA if self.sigma.size else float("nan")


def find_stars(frame: Frame, noise: NoiseModel, sky: SkyMap) -> StarList:
    """Find the stars that show the PSF.

    Sources of all kinds are measured; stars are those of the smallest size that many share, so that galaxies, which
    are larger and of many sizes, and cosmic rays, which are smaller, stay out. Isolated means that no neighbour within
    four FWHM has more than 3 % of the star's peak; where that leaves fewer than seven, 10 % within 2.5 FWHM, and then
    30 % within 1.5.

    Parameters
    ----------
    frame : Frame
        As observed.
    noise : NoiseModel
        Its noise.
    sky : SkyMap
        Its background and bad pixels.

    Returns
    -------
    StarList
        50 at most.
    """
    light = np.where(sky.bad, 0.0, as_double(frame.data) - sky.background)
    row, column, peak = _peaks(light, noise)
    usable = _unsaturated(frame, light, sky, row, column)
    usable &= ~np.asarray(ndimage.maximum_filter(sky.bad, 7))[row, column]
    stars = StarList(np.zeros(0), np.zeros(0), np.zeros(0))
    for least in _BRIGHT:
        candidates = np.flatnonzero(usable & (peak > least))[:_MOST]
        found = adaptive_moments(cut_stamps(light, row[candidates], column[candidates], _HALF, bad=sky.bad)[0])
        chosen = np.flatnonzero(_alike(found))
        fwhm = float(np.median(found.sigma[chosen])) * FWHM_PER_SIGMA if chosen.size else 0.0
        alone = chosen
        for radius, share in _ISOLATED:
            alone = chosen[_isolated(row, column, peak, candidates[chosen], radius * fwhm, share)]
            if alone.size >= _ENOUGH:
                break
        alone = alone[:_KEPT]
        y, x = row[candidates] + found.dy, column[candidates] + found.dx
        stars = StarList(y[alone], x[alone], found.sigma[alone])
        if alone.size >= _ENOUGH:
            break
    return stars


def _alike(found: Moments) -> NDArray[np.bool_]:
    """Which sources are of the stars' size and shape."""
    fit = np.isfinite(found.sigma) & (found.sigma > _SMALLEST) & (np.hypot(found.e1, found.e2) < _FLATTEST)
    fit &= np.hypot(found.dy, found.dx) < np.maximum(1.5, found.sigma)
    fit[fit] = _locus(found.sigma[fit])
    if fit.any():
        fit &= np.hypot(found.e1 - np.median(found.e1[fit]), found.e2 - np.median(found.e2[fit])) < _SAME_SHAPE
    return np.asarray(fit)


def _peaks(
    light: NDArray[np.float64], noise: NoiseModel
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Row, column and significance of the local maxima of the smoothed frame, the brightest first."""
    smooth = ndimage.gaussian_filter(light, _SMOOTH)
    kernel = np.zeros((11, 11))
    kernel[5, 5] = 1.0
    width = scatter_of_sum(ndimage.gaussian_filter(kernel, _SMOOTH), noise.correlation) * np.sqrt(noise.sky_variance)
    smooth /= max(width, mad_sigma(smooth.flatten()) / 2, np.finfo(float).tiny)
    row, column = np.nonzero((smooth == ndimage.maximum_filter(smooth, 5)) & (smooth > _SEEN))
    peak = smooth[row, column]
    order = np.argsort(-peak, kind="stable")
    return row[order], column[order], peak[order]


def _unsaturated(
    frame: Frame, light: NDArray[np.float64], sky: SkyMap, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.bool_]:
    highest = ndimage.maximum_filter(light, 3)[row, column]
    if not highest.size:
        return np.zeros(0, bool)
    well = np.asarray(highest <= _BELOW_TOP * highest.max())
    for key in _SATURATION_KEYS:
        level = frame.header.get(key)
        if isinstance(level, (int, float)) and level > 0:
            well &= highest + sky.background[row, column] < 0.9 * level
    return well


def _locus(sigma: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which sizes belong to the smallest size that many sources share."""
    if sigma.size == 0:
        return np.zeros(0, bool)
    size = np.log(sigma)
    ordered = np.sort(size)
    count = np.searchsorted(ordered, ordered + 2 * _LOCUS) - np.arange(ordered.size)
    first = int(np.argmax(count >= max(min(5, count.max()), 0.3 * count.max())))
    middle = ordered[first] + _LOCUS
    for _ in range(10):  # uphill, to the middle of the crowd
        middle = float(np.median(size[np.abs(size - middle) <= 1.5 * _LOCUS]))
    return np.asarray(np.abs(size - middle) <= 1.5 * _LOCUS)


def _isolated(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    peak: NDArray[np.float64],
    which: NDArray[np.int64],
    radius: float,
    share: float,
) -> NDArray[np.bool_]:
    """Whether no other peak within the radius has that share of the star's."""
    if not which.size:
        return np.zeros(0, bool)
    places = np.column_stack([row, column])
    neighbours = KDTree(places).query_ball_point(places[which], radius)
    others = ([j for j in near if j != k] for k, near in zip(which, neighbours, strict=True))
    return np.array([bool(np.all(peak[near] < share * peak[k])) for k, near in zip(which, others, strict=True)])
