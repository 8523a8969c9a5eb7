"""Ways to find stars in an image, each with a height by which its detections are sorted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from amsd_astro.simulation import MoffatPsf, render_stars

__all__ = ["Detections", "by_matched_filter", "by_peaks", "by_sep"]

_LOWEST = 1.5  # widths of the filtered image, of a peak that counts as a detection at all
_SEP_THRESHOLDS = np.arange(0.8, 5.01, 0.1)  # of `sep.extract`, its sigma


@dataclass(frozen=True, eq=False)
class Detections:
    """Places and heights: all above a height are what a threshold of that height finds."""

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray


def by_peaks(image: np.ndarray, fwhm: float) -> Detections:
    """Return the maxima of an image within half a FWHM, without any filter."""
    reach = max(1, round(0.5 * fwhm))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    highest = ndimage.maximum_filter(image, footprint=np.hypot(x, y) <= max(reach, 1))
    middle = np.median(image)
    width = 1.4826 * np.median(np.abs(image - middle))
    row, column = np.nonzero((image == highest) & (image > middle + _LOWEST * width))
    return Detections(column.astype(float), row.astype(float), image[row, column].astype(float))


def by_matched_filter(image: np.ndarray, psf: MoffatPsf) -> Detections:
    """Return the maxima of an image filtered by the true PSF: on even noise no other filter finds fainter stars."""
    half = int(np.ceil(3 * psf.fwhm))
    size = 2 * half + 1
    middle = np.array([float(half)])
    kernel = render_stars((size, size), middle, middle, np.ones(1), psf)
    filtered = signal.fftconvolve(np.pad(image - np.median(image), half, mode="reflect"), kernel, mode="valid")
    return by_peaks(filtered, psf.fwhm)


def by_sep(image: np.ndarray) -> Detections:
    """Return what `sep.extract` finds by its defaults (3 x 3 kernel, 5 pixels): the highest threshold of each place."""
    import sep  # a peer: not among the package's dependencies

    data = np.ascontiguousarray(image, np.float32)
    background = sep.Background(data)
    rest, sigma = data - background.back(), background.globalrms
    places: list[np.ndarray] = []
    for threshold in _SEP_THRESHOLDS:
        found = sep.extract(rest, float(threshold), err=sigma)
        places.append(np.column_stack([found["x"], found["y"], np.full(len(found), threshold)]))
    x, y, height = np.concatenate(places).T
    return Detections(x, y, height)
