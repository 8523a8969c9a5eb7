"""What a frame's own pixels say of its noise: level, variance and correlation of the sky, and the photon noise's slope.

All of it is measured in the finest band of the frame (the difference between a pixel and its blurred neighbourhood),
away from sources. The noise of that band is a known linear function of the covariance of the pixels, so the covariance
is found by least squares; faint sources, which are smooth at that scale, hardly enter. (Correlations read directly off
sky pixels count faint sources as noise; the scatter of differences alone underestimates correlated noise.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.flat_areas import FLAT_REACH, flat_pixels
from amsd_astro.arrays.robust_statistics import mad_sigma, median, quantile, unrounded_median
from amsd_astro.arrays.starlet import smoothed
from amsd_astro.noise.covariance import pixel_covariance
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.photon_skewness import skewed_slope, skewness_of_noise
from amsd_astro.noise.photon_slope import photon_slope
from amsd_astro.noise.sampling import Sample, spread_sample

__all__ = ["Sky", "measure_pieces", "measure_sky"]

_N_BANDS = 3
_WIDE = 65  # pixels on a side of the surroundings that tell where the sky is dark
_REACH = sum(2 * 2**scale for scale in range(_N_BANDS))
_SIGNIFICANT = 2.5
_CORRELATED, _ALIKE = 0.08, 0.6
_STRIP, _FEWEST_ROWS = 2**18, 64  # pixels, and rows, taken apart at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Sky:
    """Noise measured on a frame: level and variance of the sky, correlation, slope of variance with signal.

    ``slope_error`` is the slope's standard error, infinite where the frame has nothing to measure it on;
    ``least_slope`` what the skewness of the sky's noise asks for at least, where the slope itself is in doubt, and
    ``most_slope`` what can be assumed at most. ``skewness`` is that of the noise, where neighbouring pixels are
    correlated: noise that was resampled is symmetric, faint stars are not. ``n_averaged`` is how many pixels smoothing
    made one of, where it did: by so much less grow their variances with the signal.
    """

    level: float
    variance: float
    correlation: NDArray[np.float64]
    slope: float
    slope_error: float
    least_slope: float = 0.0
    most_slope: float = float("inf")
    skewness: float = 0.0
    n_averaged: float = 1.0

    @property
    def is_correlated(self) -> bool:
        """Whether neighbouring pixels are alike along both axes."""
        k = self.correlation.shape[0] // 2
        return k > 0 and bool(min(self.correlation[k, k + 1], self.correlation[k + 1, k]) > _CORRELATED)

    @property
    def is_alike(self) -> bool:
        """Whether neighbouring pixels are nearly the same along both axes."""
        k = self.correlation.shape[0] // 2
        return k > 0 and bool(min(self.correlation[k, k + 1], self.correlation[k + 1, k]) > _ALIKE)

    def after_smoothing(self, stated: NoiseModel) -> NoiseModel:
        """What is left of the noise that is stated for single pixels."""
        if self.n_averaged == 1:
            return stated
        return replace(
            stated,
            slope=stated.slope / self.n_averaged,
            floor=stated.floor / self.n_averaged,
            sky_variance=stated.sky_variance / self.n_averaged,
        )

    @property
    def shows_slope(self) -> bool:
        """Whether the photon noise of brighter pixels is seen beyond doubt."""
        return self.slope > _SIGNIFICANT * self.slope_error


@np.errstate(over="ignore", invalid="ignore")  # pixels near the largest float: the caller looks at the result
def measure_sky(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> Sky:
    """Measure level, variance, correlation and slope on the frame itself, or on a sample of a large one.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    Sky
    """
    sample = spread_sample(mask)
    return measure_pieces(sample.of(data), sample.of(mask), sample)


def measure_pieces(data: NDArray[np.floating], mask: NDArray[np.bool_], sample: Sample) -> Sky:
    """Do what `measure_sky` does, on pixels of a sample."""
    good = ~mask
    if not good.any():
        raise ValueError("mask must leave at least one good pixel. Received: every pixel masked")
    pedestal = data.dtype.type(median(data[good]))  # without it, float32 has digits enough
    image = data - pedestal
    image[mask] = 0
    bands, background, flat = _taken_apart(image)
    # a border of one value, as mosaics have outside their exposures, is not sky
    usable = good & ~_dilated(mask, 2) & ~_dilated(flat, 4) & sample.inner(mask.shape)
    if not usable.any():
        usable = good
    quiet = _without_sources(bands, usable)
    empty = _dark_part(background, quiet)
    if not empty.any():  # a background that is no number lies below no quantile
        return Sky(float("nan"), float("nan"), np.ones((1, 1)), 0.0, float("inf"))
    # what is dark by a few pixels is noise as well, and its level too low by 0.07 sigma
    dark = _dark_part(_wide(background, quiet), quiet)
    level = float(pedestal) + unrounded_median(image[dark if dark.any() else empty])
    del image
    variance, correlation = pixel_covariance(bands[0], empty)
    if not variance > 0:
        return Sky(level, 0.0, np.ones((1, 1)), 0.0, float("inf"))
    slope, error = photon_slope(bands, background, usable, empty, variance)
    sky = Sky(level, variance, correlation, slope, error)
    if sky.is_correlated:
        sky = replace(sky, skewness=skewness_of_noise(bands[0], empty)[0])
    return sky if sky.shows_slope else replace(sky, least_slope=skewed_slope(bands[0], empty, variance))


def _taken_apart(
    image: NDArray[np.floating],
) -> tuple[list[NDArray[np.floating]], NDArray[np.floating], NDArray[np.bool_]]:
    """The bands of an image, mirrored at its edges, and what is left; and where 5 x 5 pixels have one value."""
    ny, nx = image.shape
    padded = np.pad(image, _REACH, mode="symmetric")
    planes = [np.empty_like(image) for _ in range(_N_BANDS + 1)]
    flat = np.empty(image.shape, bool)
    step = max(_FEWEST_ROWS, _STRIP // nx)
    for start in range(0, ny, step):
        rows = slice(start, min(start + step, ny))
        fine = padded[rows.start : rows.stop + 2 * _REACH]
        close = slice(_REACH - FLAT_REACH, FLAT_REACH - _REACH)
        flat[rows] = flat_pixels(fine[close, close])
        offset = _REACH
        for scale, plane in enumerate(planes[:-1]):
            plane[rows] = fine[offset:, offset : offset + nx][: rows.stop - rows.start]
            fine = smoothed(fine, scale)
            offset -= 2 * 2**scale
            plane[rows] -= fine[offset:, offset : offset + nx][: rows.stop - rows.start]
        planes[-1][rows] = fine[: rows.stop - rows.start, :nx]
    return planes[:-1], planes[-1], flat


def _dilated(mask: NDArray[np.bool_], n_steps: int) -> NDArray[np.bool_]:
    """Grow a mask by its four neighbours, some times over."""
    if not mask.any():
        return mask
    for _ in range(n_steps):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        grown[:, 1:] |= mask[:, :-1]
        grown[:, :-1] |= mask[:, 1:]
        mask = grown
    return mask


def _without_sources(bands: list[NDArray[np.floating]], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels away from anything significant at any scale."""
    source = np.zeros(usable.shape, bool)
    for scale, band in enumerate(bands):
        threshold = (5.0 if scale == 0 else 3.5) * mad_sigma(band[usable])
        seen = (band > threshold) | (band < -threshold)
        source |= _dilated(seen, 2**scale) if scale else seen
    quiet = usable & ~source
    return usable if np.count_nonzero(quiet) < max(100, 0.01 * np.count_nonzero(usable)) else quiet


def _dark_part(background: NDArray[np.floating], quiet: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those pixels that are not on the brightest 40 % of the background."""
    return np.asarray(quiet & (background <= quantile(background[quiet], 0.6)), bool)


def _wide(background: NDArray[np.floating], quiet: NDArray[np.bool_]) -> NDArray[np.floating]:
    """The mean of the background's pixels without sources around each pixel."""
    low, high = (quantile(background[quiet], share) for share in (0.25, 0.75))
    usual = np.clip(background, low, high)  # a sum that runs over 1e38 is never right again
    total = ndimage.uniform_filter(np.where(quiet, usual, 0), _WIDE, mode="mirror")
    count = ndimage.uniform_filter(quiet.astype(background.dtype), _WIDE, mode="mirror")
    # sums that run over rounded numbers are not quite zero where there is nothing
    return np.where(count > 0.5 / _WIDE**2, total / np.maximum(count, 0.5 / _WIDE**2), background)
