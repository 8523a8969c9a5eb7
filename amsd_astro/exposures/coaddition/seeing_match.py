"""The kernel that makes the stars of the median those of one exposure: its seeing, and what is left of a shift.

A sum of Gaussians and their derivatives, fitted to the light around the brightest stars (Alard & Lupton 1998); wider
stars are made by smoothing, narrower ones by taking the smoothed part away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from amsd_astro.exposures.coaddition.psf_fits import SIGMA_PER_FWHM

__all__ = ["MISFIT_SPREAD", "UNMATCHED", "SeeingMatch", "match_seeing"]

_WIDTHS = (0.5, 0.8, 1.2, 2.0)  # of the Gaussians, in sigma of the stars
_MOST_STARS, _FEWEST_STARS = 80, 5
_FAIR = 0.03  # of the light: how well two images of a star can agree at all
_ODD = 3.0  # times the usual misfit: a star that varies, or is spoilt
MISFIT_SPREAD = 3.0
"""Times the typical star's misfit, by which pixels may differ."""

_SHARPEST = 0.7  # of the median's FWHM: no kernel makes stars as narrow as that
_LEAST, _MOST = 0.02, 3.0  # part of the light that may differ anyway
UNMATCHED = 0.25
"""The same where nothing tells how stars differ, or more; a match is better."""


@dataclass(frozen=True, eq=False)
class SeeingMatch:
    """How the median becomes what an exposure shows.

    Attributes
    ----------
    kernel : ndarray or None
        None leaves it as it is.
    misfit : float
        Part of the light in a pixel that may differ without being a blemish.
    """

    kernel: NDArray[np.float64] | None
    misfit: float

    def apply(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the image as the exposure would show it."""
        if self.kernel is None:
            return image
        k = self.kernel.shape[0] // 2
        wide = np.pad(image, k, mode="edge")
        size = [fft.next_fast_len(n, real=True) for n in wide.shape]
        product = fft.rfft2(self.kernel.astype(np.float32), size)
        product *= fft.rfft2(wide, size)
        ny, nx = image.shape
        # what wraps around lands in the first rows and columns
        return np.ascontiguousarray(fft.irfft2(product, size)[2 * k : 2 * k + ny, 2 * k : 2 * k + nx])


def match_seeing(
    expected: NDArray[np.float32],
    seen: NDArray[np.float32],
    variance: NDArray[np.float32],
    stars: tuple[NDArray[np.float64], NDArray[np.float64]],
    fwhm: tuple[float, float],
) -> SeeingMatch:
    """Fit the kernel.

    Parameters
    ----------
    expected : ndarray of float32, shape (ny, nx)
        The median, on the exposure's grid.
    seen, variance : ndarray of float32, shape (ny, nx)
        The exposure, NaN where it is bad, and its variance.
    stars : tuple of ndarray
        x and y of stars, brightest first.
    fwhm : tuple of float
        Of the median and of the exposure, in the exposure's pixels.
    """
    sigma = SIGMA_PER_FWHM * fwhm[0]
    if not (math.isfinite(sigma) and sigma > 0):
        return SeeingMatch(None, UNMATCHED)
    if fwhm[1] < _SHARPEST * fwhm[0]:
        return _unmatched(fwhm)
    basis = _basis(sigma)
    k, core = basis.shape[1] // 2, math.ceil(1.5 * max(fwhm))
    y, x = _apart(stars, seen.shape, k + core, 2 * core)
    offset = np.arange(-k - core, k + core + 1)
    grids = y[:, None, None] + offset[:, None], x[:, None, None] + offset
    inner = (slice(None), slice(k, k + 2 * core + 1), slice(k, k + 2 * core + 1))
    here, there, noise = seen[grids][inner], expected[grids], variance[grids][inner]
    peak = there[inner].max(axis=(1, 2), initial=0)
    usable = np.isfinite(here).all(axis=(1, 2)) & np.isfinite(there).all(axis=(1, 2))
    usable &= peak > 10 * np.sqrt(noise.max(axis=(1, 2), initial=1e-30))
    if np.count_nonzero(usable) < _FEWEST_STARS:
        return _unmatched(fwhm)
    here, there, noise = here[usable].astype(float), there[usable].astype(float), noise[usable].astype(float)
    match = _fit(basis, here, there, noise, inner)
    return match if match.misfit < _unmatched(fwhm).misfit else _unmatched(fwhm)


def _fit(
    basis: NDArray[np.float64],
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    noise: NDArray[np.float64],
    inner: tuple[slice, slice, slice],
) -> SeeingMatch:
    images = np.stack([signal.fftconvolve(there, one[None], mode="valid", axes=(1, 2)) for one in basis])
    expected = there[inner]
    peak = np.maximum(expected.max(axis=(1, 2)), 1e-30)
    weight = 1 / (noise + (_FAIR * expected) ** 2 + (0.3 * _FAIR * peak[:, None, None]) ** 2)
    kept = np.ones(len(here), bool)
    solution = np.zeros(len(basis))
    for _ in range(3):
        normal = np.einsum("apyx,bpyx,pyx->ab", images[:, kept], images[:, kept], weight[kept])
        right = np.einsum("apyx,pyx,pyx->a", images[:, kept], here[kept], weight[kept])
        normal += 1e-7 * np.trace(normal) / len(normal) * np.eye(len(normal))
        solution = np.linalg.solve(normal, right)
        rest = here - np.einsum("a,apyx->pyx", solution, images)
        misfit = np.mean(rest**2 * weight, axis=(1, 2))
        kept = misfit <= _ODD * np.median(misfit[kept])
    square = np.mean(np.maximum(rest[kept] ** 2 - noise[kept], -noise[kept]), axis=(1, 2)) / np.mean(
        expected[kept] ** 2, axis=(1, 2)
    )
    typical = math.sqrt(max(float(np.median(square)), 0.0))
    kernel = np.einsum("a,ayx->yx", solution, basis)
    return SeeingMatch(kernel, min(max(MISFIT_SPREAD * typical, _LEAST), _MOST))


def _apart(
    stars: tuple[NDArray[np.float64], NDArray[np.float64]], shape: tuple[int, int], margin: int, apart: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels of the brightest stars away from the border and from brighter ones."""
    chosen: list[tuple[int, int]] = []
    for x, y in zip(*stars, strict=True):
        if not (margin <= x < shape[1] - margin - 1 and margin <= y < shape[0] - margin - 1):
            continue
        if all(max(abs(y - other[0]), abs(x - other[1])) > apart for other in chosen):
            chosen.append((round(float(y)), round(float(x))))
        if len(chosen) == _MOST_STARS:
            break
    places = np.array(chosen, np.intp).reshape(-1, 2)
    return places[:, 0], places[:, 1]


def _basis(sigma: float) -> NDArray[np.float64]:
    """The kernels that are added up: the first has the light, the others have none."""
    k = math.ceil(2.5 * _WIDTHS[-1] * sigma)
    y, x = np.mgrid[-k : k + 1, -k : k + 1].astype(float)
    delta = np.zeros_like(x)
    delta[k, k] = 1
    gaussians = [_gaussian(x, y, width * sigma) for width in _WIDTHS]
    narrow, wide = gaussians[1], gaussians[2]
    kernels = [delta, *(one - delta for one in gaussians)]
    kernels += [narrow * x, narrow * y, wide * (x * x - y * y), wide * x * y]
    scale = [1.0] * 5 + [1 / sigma] * 2 + [1 / sigma**2] * 2
    return np.stack([factor * one for factor, one in zip(scale, kernels, strict=True)])


def _gaussian(x: NDArray[np.float64], y: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    kernel = np.exp(-(x * x + y * y) / (2 * sigma**2))
    return np.asarray(kernel / kernel.sum())


def _unmatched(fwhm: tuple[float, float]) -> SeeingMatch:
    """A Gaussian that widens the median's stars to those of the exposure; narrower ones are allowed to differ."""
    if not fwhm[1] > 1.05 * fwhm[0]:
        sharper = (fwhm[0] / fwhm[1]) ** 2 - 1 if fwhm[1] > 0 else 0.0
        return SeeingMatch(None, UNMATCHED + max(sharper, 0.0))
    sigma = SIGMA_PER_FWHM * math.sqrt(fwhm[1] ** 2 - fwhm[0] ** 2)
    k = math.ceil(3 * sigma)
    y, x = np.mgrid[-k : k + 1, -k : k + 1].astype(float)
    return SeeingMatch(_gaussian(x, y, sigma), UNMATCHED)
