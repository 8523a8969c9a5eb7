"""Flux, position, size and shape of injected sources, measured in the same way on any image of the frame.

Positions are known. The local sky is taken from the image less the light that was put in: the frame's own sources and
what a denoiser does to the sky count, the sources' own halos do not. So flux is linear in the image, and what is
measured on the noiseless light is the truth to compare with, neighbours, halos and the window's own effects included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from photutils.aperture import CircularAperture, aperture_photometry

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.validation.measures.injection import Injection
from amsd_astro.validation.measures.moments import FWHM_PER_SIGMA, weighted_moments
from amsd_astro.validation.measures.psf import MeasuredPsf
from amsd_astro.validation.measures.stamps import bad_pixels_of, cut_stamps

__all__ = ["SourceTable", "measure_sources", "measure_truth"]

_ANNULUS = (3.0, 5.0)  # FWHM
_HALF_LIGHT_SIGMA = 1.1774  # half-light radius of a Gaussian over its sigma
_WINDOW = 1.2  # sigma of the window over that of the source
_TOGETHER, _FEWEST = 256, 20


@dataclass(frozen=True)
class SourceTable:
    """What was measured of n injected sources, in their order; NaN where a bad pixel or a lack of light forbids it.

    Attributes
    ----------
    aperture_flux : ndarray, shape (n,)
        Within 1.5 FWHM, less the local sky.
    psf_flux : ndarray
        Of the PSF fitted at the known position.
    dy, dx : ndarray
        Centre less the known position, pixels.
    fwhm : ndarray
        Size under a fixed window, as that of a Gaussian, pixels.
    e1, e2 : ndarray
        ``(xx - yy) / (xx + yy)`` and ``2 xy / (xx + yy)`` of the second moments under that window.
    sky : ndarray
        Local sky: mean of an annulus of 3 to 5 FWHM without the frame's own sources, outliers clipped, in the image
        less the injected light.
    """

    aperture_flux: NDArray[np.float64]
    psf_flux: NDArray[np.float64]
    dy: NDArray[np.float64]
    dx: NDArray[np.float64]
    fwhm: NDArray[np.float64]
    e1: NDArray[np.float64]
    e2: NDArray[np.float64]
    sky: NDArray[np.float64]

    @property
    def ellipticity(self) -> NDArray[np.float64]:
        """``1 - b/a``."""
        e = np.minimum(np.hypot(self.e1, self.e2), 1.0)
        return np.asarray(1 - np.sqrt((1 - e) / (1 + e)))


def measure_sources(
    image: NDArray[np.floating], injection: Injection, psf: MeasuredPsf, *, mask: NDArray[np.bool_] | None = None
) -> SourceTable:
    """Measure the injected sources on an image of the frame: raw, denoised, or what was injected alone.

    Sizes and shapes of single sources mean something from a signal to noise of about 10; below, the moments of many are
    none of a Gaussian's.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        In the frame's unit.
    injection : Injection
        The sources.
    psf : MeasuredPsf
        Sets apertures, windows and the profile of `psf_flux`.
    mask : ndarray of bool, optional
        True where a pixel is bad.

    Returns
    -------
    SourceTable
    """
    image = as_double(image)
    bad = bad_pixels_of(image, mask)
    y, x = injection.y, injection.x
    sky = _local_sky(image - injection.light, injection, psf, bad)
    if not y.size:
        none = np.zeros(0)
        return SourceTable(none, none, none, none, none, none, none, none)
    apertures = CircularAperture(np.column_stack([x, y]), psf.aperture)
    sums = np.asarray(aperture_photometry(np.where(bad, 0.0, image), apertures)["aperture_sum"], np.float64)
    half = math.ceil(psf.aperture)
    stamps, dy, dx = cut_stamps(image, y, x, half, bad=bad)
    stamps -= sky[:, None, None]
    offset = np.arange(-half, half + 1)
    distance = np.hypot(offset[None, None, :] - dx[:, None, None], offset[None, :, None] - dy[:, None, None])
    inside = distance <= psf.aperture
    lost = np.any(inside & ~np.isfinite(stamps), axis=(1, 2))
    flux = np.where(lost, np.nan, sums - sky * np.pi * psf.aperture**2)
    window = _windows(injection, psf)
    wide = math.ceil(3 * float(window.max()))
    shapes = weighted_moments(cut_stamps(image, y, x, wide, bad=bad)[0] - sky[:, None, None], dy, dx, window)
    true = weighted_moments(cut_stamps(injection.light, y, x, wide)[0], dy, dx, window)
    # the window pulls the centre to its own: for a Gaussian by this factor
    pull = 1 + (true.sigma / window) ** 2
    for values in (shapes.dy, shapes.dx, shapes.yy, shapes.xx, shapes.xy):
        values[lost] = np.nan
    return SourceTable(
        aperture_flux=flux,
        psf_flux=_psf_flux(stamps, dy, dx, inside, psf),
        dy=pull * (shapes.dy - dy),
        dx=pull * (shapes.dx - dx),
        fwhm=shapes.sigma * FWHM_PER_SIGMA,
        e1=shapes.e1,
        e2=shapes.e2,
        sky=sky,
    )


def measure_truth(injection: Injection, psf: MeasuredPsf) -> SourceTable:
    """Measure the injected light itself, without sky and noise."""
    return measure_sources(injection.light, injection, psf)


def _windows(injection: Injection, psf: MeasuredPsf) -> NDArray[np.float64]:
    """Sigma of the window of each source."""
    own = psf.fwhm / FWHM_PER_SIGMA
    return np.asarray(_WINDOW * np.hypot(own, injection.half_light_radius / _HALF_LIGHT_SIGMA))


def _local_sky(
    image: NDArray[np.float64], injection: Injection, psf: MeasuredPsf, bad: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean of the empty pixels of the annulus around each source, or of all where these are few, outliers clipped."""
    half = math.ceil(_ANNULUS[1] * psf.fwhm)
    offset = np.arange(-half, half + 1)
    radius = np.hypot(offset[:, None], offset[None, :])
    ring = (radius >= _ANNULUS[0] * psf.fwhm) & (radius <= _ANNULUS[1] * psf.fwhm)
    result = np.zeros(injection.y.size)
    for start in range(0, injection.y.size, _TOGETHER):
        part = slice(start, start + _TOGETHER)
        place = injection.y[part], injection.x[part]
        every = cut_stamps(image, *place, half, bad=bad)[0][:, ring]
        empty = cut_stamps(image, *place, half, bad=bad | ~injection.empty)[0][:, ring]
        few = np.count_nonzero(np.isfinite(empty), axis=1) < _FEWEST
        empty[few] = every[few]
        values = np.ma.masked_invalid(empty)
        for _ in range(4):
            middle = np.ma.median(values, axis=1, keepdims=True)
            width = 1.4826 * np.ma.median(np.abs(values - middle), axis=1, keepdims=True)
            values = np.ma.masked_where(np.abs(values - middle) > 3 * width, values)
        result[part] = np.ma.filled(values.mean(axis=1), np.nan)
    return result


def _psf_flux(
    stamps: NDArray[np.float64],
    dy: NDArray[np.float64],
    dx: NDArray[np.float64],
    inside: NDArray[np.bool_],
    psf: MeasuredPsf,
) -> NDArray[np.float64]:
    """Least squares of the PSF at the known place over the good pixels of the aperture."""
    half = stamps.shape[-1] // 2
    cut = slice(psf.half - half, psf.half + half + 1)
    result = np.empty(dy.size)
    for k, drawn in enumerate(psf.stamps(dy, dx)):
        used = inside[k] & np.isfinite(stamps[k])
        profile = drawn[cut, cut][used]
        total = float(np.sum(profile**2))
        result[k] = float(np.sum(profile * stamps[k][used])) / total if total > 0 else np.nan
    return result
