"""Sources found by a matched filter, in a frame as it is or in a denoised one, and which of the injected they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal
from scipy.spatial import KDTree

from amsd_astro.arrays.filling import fill_masked
from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import quantile
from amsd_astro.validation.measures.injection import Injection
from amsd_astro.validation.measures.moments import FWHM_PER_SIGMA
from amsd_astro.validation.measures.psf import MeasuredPsf
from amsd_astro.validation.measures.sky_map import smooth_background
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["Detections", "Match", "detect", "match"]

_NARROW = 0.5  # width of the filter of a denoised image, in PSFs
_QUANTILES, _IN_SIGMA = (0.05, 0.3), (-1.6449, -0.5244)  # the dark side, which sources hardly reach
_CLIP, _N_LOOKS = 3.0, 2
_APART = 0.7  # FWHM: radius in which a detection is the highest


@dataclass(frozen=True)
class Detections:
    """Local maxima of a filtered image above a threshold, the most significant first.

    Attributes
    ----------
    positions : ndarray, shape (n, 2)
        (y, x), to a part of a pixel.
    significance : ndarray, shape (n,)
        Height in the width of the filtered image.
    width : float or ndarray, shape (ny, nx)
        That width.
    n_pixels : int
        Pixels that were searched.
    """

    positions: NDArray[np.float64]
    significance: NDArray[np.float64]
    width: float | NDArray[np.float64]
    n_pixels: int


@dataclass(frozen=True)
class Match:
    """Which detection each of n injected sources is.

    Attributes
    ----------
    index : ndarray of int, shape (n,)
        Of the detection, -1 where there is none.
    significance : ndarray, shape (n,)
        Of the detection, -inf where there is none: a source is found at a threshold that is not above it.
    """

    index: NDArray[np.int64]
    significance: NDArray[np.float64]


def detect(
    image: NDArray[np.floating],
    psf: MeasuredPsf,
    *,
    threshold: float,
    mask: NDArray[np.bool_] | None = None,
    noise_width: float | NDArray[np.floating] | None = None,
    smoothed: bool = False,
) -> Detections:
    """Find sources by a filter that is matched to them.

    The image less its own smooth background is filtered. For a frame as it is the filter is its PSF: for a star on
    white noise no filter does better. In a denoised image neighbouring pixels have been averaged already; the PSF once
    more would only blend what stands close. There the filter is a Gaussian of half the width, so that single odd pixels
    are no sources.

    Heights are divided by the width of the filtered image itself (from the quantiles at 5 and 30 %, where sources
    hardly count), so the units of the image do not matter. On a frame of Gaussian noise a threshold of 5 is five sigma
    of that noise. A denoised sky is much flatter and not Gaussian: there a threshold is a level and no probability, and
    much more than 5 may be wanted. So thresholds of two images are compared by what they let through: see
    `threshold_at_purity`.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Frame or denoised frame.
    psf : MeasuredPsf
        Of the frame.
    threshold : float
        Least significance.
    mask : ndarray of bool, optional
        True where a pixel is bad: filled from its neighbours, and no detection is there or within half a FWHM.
    noise_width : float or ndarray, shape (ny, nx), optional
        Width of the filtered image, where it is known: that of another image of the same noise, so that both are cut
        at the same level, or a map where the noise varies over the frame.
    smoothed : bool
        The image is denoised.

    Returns
    -------
    Detections

    Examples
    --------
    >>> from amsd_astro import detect, measure_noise, measure_psf, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> psf = measure_psf(frame, measure_noise(frame), fwhm=3.3)
    >>> found = detect(frame.data, psf, threshold=5.0, mask=frame.mask)
    >>> found.positions.shape[1], bool(found.significance.min() >= 5.0)
    (2, True)
    """
    image = as_double(image)
    bad = bad_pixels_of(image, mask)
    searched = ~np.asarray(ndimage.maximum_filter(bad, 2 * math.ceil(0.5 * psf.fwhm) + 1))
    edge = math.ceil(psf.fwhm)
    searched[:edge] = searched[-edge:] = searched[:, :edge] = searched[:, -edge:] = False
    n_pixels = int(np.count_nonzero(searched))
    if not n_pixels:
        return Detections(np.zeros((0, 2)), np.zeros(0), float("nan"), 0)
    filtered, measured = _filtered_and_width(np.where(bad, 0.0, image), bad, searched, psf, smoothed)
    width = measured if noise_width is None else noise_width
    with np.errstate(divide="ignore", invalid="ignore"):
        significance = np.where(searched, filtered / width, -np.inf)
    row, column = _maxima(significance, threshold, psf)
    height = significance[row, column]
    order = np.argsort(-height, kind="stable")
    positions = _refined(filtered, row[order], column[order])
    return Detections(positions, height[order], width if np.ndim(width) else float(width), n_pixels)  # type: ignore[arg-type]


def match(detections: Detections, injection: Injection, radius: float) -> Match:
    """Give each injected source the nearest detection within a radius; no detection is given away twice.

    Parameters
    ----------
    detections : Detections
        In the frame the sources were put into.
    injection : Injection
        The sources.
    radius : float
        Pixels; about a FWHM. Of a galaxy, whose middle is flat, half the half-light radius more.

    Returns
    -------
    Match
    """
    n = injection.y.size
    index, significance = np.full(n, -1, np.int64), np.full(n, -np.inf)
    if not (n and len(detections.positions)):
        return Match(index, significance)
    places = np.column_stack([injection.y, injection.x])
    distance, nearest = KDTree(detections.positions).query(places)
    allowed = distance <= radius + 0.5 * injection.half_light_radius
    for k in np.argsort(distance, kind="stable"):  # the nearest pairs first; sources stand further apart than this
        if allowed[k] and nearest[k] not in index:
            index[k] = nearest[k]
    significance[index >= 0] = detections.significance[index[index >= 0]]
    return Match(index, significance)


def _kernel(psf: MeasuredPsf, smoothed: bool) -> NDArray[np.float64]:
    """The filter; its answer to a star of unit flux, at the star, is one."""
    kernel = psf.image
    if smoothed:
        point = np.zeros(psf.image.shape)
        point[psf.half, psf.half] = 1.0
        kernel = ndimage.gaussian_filter(point, _NARROW * psf.fwhm / FWHM_PER_SIGMA, mode="constant")
    return kernel / float(np.sum(kernel * psf.image))


def _filtered_and_width(
    image: NDArray[np.float64],
    bad: NDArray[np.bool_],
    searched: NDArray[np.bool_],
    psf: MeasuredPsf,
    smoothed: bool,
) -> tuple[NDArray[np.float64], float]:
    """The filtered image less its background, and its width, both without the sources that a first look shows."""
    level = float(np.median(image[~bad]))
    kernel, reach = _kernel(psf, smoothed), 2 * round(psf.fwhm) + 1
    sources = np.zeros(image.shape, bool)
    filtered, width = image, 0.0
    for _ in range(_N_LOOKS):
        light = image - smooth_background(image, bad | sources, level)
        filtered = _filtered(fill_masked(light.astype(np.float32), bad), kernel)
        empty = searched & ~sources
        width = _width(filtered[empty if empty.any() else searched])
        sources = np.asarray(ndimage.maximum_filter(filtered > _CLIP * width, reach))
    return filtered, width


def _filtered(image: NDArray[np.floating], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate with a kernel, the image mirrored at its edges."""
    half = kernel.shape[0] // 2
    padded = np.pad(image.astype(np.float64), half, mode="symmetric")
    return np.asarray(signal.oaconvolve(padded, kernel[::-1, ::-1], mode="valid"))


def _width(values: NDArray[np.float64]) -> float:
    """Robust scatter without the sources; where most pixels are equal, a small part of the plain one."""
    spread = float(values.std())
    width = 0.0
    for _ in range(10):
        before = width
        low, high = (quantile(values, share) for share in _QUANTILES)
        width = (high - low) / (_IN_SIGMA[1] - _IN_SIGMA[0])
        if abs(width - before) <= 1e-3 * width:
            break
        values = values[values <= high + (_CLIP - _IN_SIGMA[1]) * width]
    return max(width, 1e-3 * spread)


def _maxima(
    significance: NDArray[np.float64], threshold: float, psf: MeasuredPsf
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    reach = max(1, round(_APART * psf.fwhm))
    offset = np.arange(-reach, reach + 1)
    disc = np.hypot(offset[:, None], offset[None, :]) <= reach + 0.5
    highest = ndimage.maximum_filter(significance, footprint=disc, mode="constant", cval=-np.inf)
    row, column = np.nonzero((significance >= threshold) & (significance == highest) & np.isfinite(significance))
    return row, column


def _refined(image: NDArray[np.float64], row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
    """Position of each maximum by a parabola along each axis."""
    position = np.column_stack([row, column]).astype(np.float64)
    for axis in (0, 1):
        step = (1 - axis, axis)
        before, after = image[row - step[0], column - step[1]], image[row + step[0], column + step[1]]
        curvature = before - 2 * image[row, column] + after
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.where(curvature < 0, 0.5 * (before - after) / curvature, 0.0)
        position[:, axis] += np.clip(shift, -0.5, 0.5)
    return position
