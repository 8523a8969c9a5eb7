"""The sky of a frame and what stands on it: a smooth background, and where the frame's own sources are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.stats import SigmaClip
from numpy.typing import NDArray
from photutils.background import Background2D, MedianBackground
from scipy import ndimage

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import scatter_of_sum
from amsd_astro.validation.measures.moments import FWHM_PER_SIGMA
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["SOURCE_SIGMA", "SkyMap", "flattened", "map_sky", "smooth_background"]

SOURCE_SIGMA = 3.5
"""Significance above which something is a source."""

_WIDE = 3.0  # the second scale that sources are looked for at, in PSFs
_BOX, _FEWEST_BOXES, _MANY_BOXES, _SMALLEST = 64, 4, 12, 32
_N_STEPS = 3
_WORST = 2.0  # wider than the model says by more than this is not noise: the frame is crowded


@dataclass(frozen=True, eq=False)
class SkyMap:
    """Background and sources of a frame.

    Attributes
    ----------
    background : ndarray of float64, shape (ny, nx)
        Smooth sky, in the frame's unit.
    significance : ndarray of float32, shape (ny, nx)
        The frame less its background, smoothed to about the PSF or three times as wide, in the noise of that;
        the larger of the two, 0 where bad.
    sources : ndarray of bool, shape (ny, nx)
        Where the significance is above `SOURCE_SIGMA`, and a FWHM around.
    bad : ndarray of bool, shape (ny, nx)
        Masked, or no number.
    """

    background: NDArray[np.float64]
    significance: NDArray[np.float32]
    sources: NDArray[np.bool_]
    bad: NDArray[np.bool_]

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Good pixels without a source."""
        return ~(self.sources | self.bad)


def map_sky(frame: Frame, noise: NoiseModel, *, fwhm: float = 3.0) -> SkyMap:
    """Find the background and the sources of a frame, each without the other.

    Parameters
    ----------
    frame : Frame
        As observed.
    noise : NoiseModel
        Its noise.
    fwhm : float
        Of the PSF, or a guess, pixels.

    Returns
    -------
    SkyMap
    """
    data = as_double(frame.data)
    bad = bad_pixels_of(data, frame.mask)
    background = smooth_background(data, bad, noise.sky)
    significance = _significance(data, background, bad, noise, fwhm)
    for _ in range(_N_STEPS):
        sources = _grown(significance > SOURCE_SIGMA, fwhm)
        background = smooth_background(data, sources | bad, noise.sky)
        significance = _significance(data, background, bad, noise, fwhm)
    return SkyMap(background, significance, _grown(significance > SOURCE_SIGMA, fwhm), bad)


def _grown(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    return np.asarray(ndimage.maximum_filter(mask, 2 * round(radius) + 1))


def _significance(
    data: NDArray[np.float64],
    background: NDArray[np.float64],
    bad: NDArray[np.bool_],
    noise: NoiseModel,
    fwhm: float,
) -> NDArray[np.float32]:
    scaled = np.where(bad, 0.0, (data - background) / np.sqrt(noise.variance(background)))
    result = np.full(data.shape, -np.inf)
    for sigma in (fwhm / FWHM_PER_SIGMA, _WIDE * fwhm / FWHM_PER_SIGMA):
        smooth = ndimage.gaussian_filter(scaled, sigma, mode="reflect")
        reach = int(4 * sigma + 0.5)
        kernel = np.zeros((2 * reach + 1,) * 2)
        kernel[reach, reach] = 1.0
        width = scatter_of_sum(ndimage.gaussian_filter(kernel, sigma, mode="constant"), noise.correlation)
        # what the frame shows, where the model says too little; in a crowd the sources are most of it
        smooth /= float(np.clip(mad_sigma(smooth[~bad]), width, _WORST * width))
        np.maximum(result, smooth, out=result)
    result[bad] = 0.0
    return result.astype(np.float32)


def smooth_background(data: NDArray[np.float64], left_out: NDArray[np.bool_], level: float) -> NDArray[np.float64]:
    """Return a smooth background: clipped medians of boxes of 64 pixels, interpolated.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        An image.
    left_out : ndarray of bool, shape (ny, nx)
        Bad pixels, and sources as far as they are known; others are clipped.
    level : float
        The background of an image that is too small or shows too little sky.
    """
    ny, nx = data.shape
    box = tuple(min(_BOX, max(1, side // _FEWEST_BOXES)) for side in data.shape)
    if min(ny, nx) < _SMALLEST or np.count_nonzero(~left_out) < 0.1 * data.size:
        return np.full(data.shape, level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = Background2D(
                data,
                box,
                mask=left_out,
                exclude_percentile=75.0,
                # a median over neighbouring boxes flattens a slope in the outermost: not where these are many
                filter_size=3 if min(ny // box[0], nx // box[1]) >= _MANY_BOXES else 1,
                sigma_clip=SigmaClip(sigma=3.0, maxiters=5),
                bkg_estimator=MedianBackground(),
            ).background
        except ValueError:  # every box has too many sources
            return np.full(data.shape, level)
    return np.asarray(found, np.float64)


def flattened(image: Frame, left_out: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return an image less its own smooth background, shape (ny, nx); pixels that are no numbers come out as 0."""
    data = as_double(image.data)
    lost = ~np.isfinite(data)
    data, left_out = np.where(lost, 0.0, data), left_out | lost
    level = float(np.median(data[~left_out])) if not left_out.all() else 0.0
    return np.where(lost, 0.0, data - smooth_background(data, left_out, level))
