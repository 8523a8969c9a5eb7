"""Slope of the variance with the signal: the photon noise of a frame's brighter pixels, seen on their finest band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma, median

__all__ = ["photon_slope"]

_N_BINS = 24
_FEWEST = 60
_SMOOTH = 2.5  # sigma in the second and third band; beyond it the finest band is not noise alone
_MAD_COST = 2.7  # how many times more pixels the squared MAD needs than the variance, for the same error
_GRADIENT = 1.0  # sigma by which the sky is darker than its level where it has a gradient; without, 0.6 at most
_N_SKY_BINS = 8  # of a sky with a gradient
_NONE = 0.0, float("inf")


@dataclass(frozen=True)
class _Pixels:
    """Pixels, in one row.

    Attributes
    ----------
    signal : ndarray, shape (n,)
        Signal above the sky.
    band : ndarray, shape (n,)
        The finest band.
    entry : ndarray, shape (n,)
        Growth of the variance, per unit of signal, from which on the pixel is taken for smooth: below zero where it is
        by the noise of the sky.
    """

    signal: NDArray[np.floating]
    band: NDArray[np.floating]
    entry: NDArray[np.floating]

    def has_gradient(self, sigma: float) -> bool:
        """Whether these pixels of the sky are darker than its level by more than its noise explains."""
        smooth = self.signal[self.entry < 0]
        return smooth.size > 0 and float(smooth.mean(dtype=np.float64)) < -_GRADIENT * sigma

    def take(self, which: NDArray[np.intp]) -> _Pixels:
        return _Pixels(self.signal[which], self.band[which], self.entry[which])


def photon_slope(
    bands: list[NDArray[np.floating]],
    background: NDArray[np.floating],
    usable: NDArray[np.bool_],
    empty: NDArray[np.bool_],
    sky_variance: float,
) -> tuple[float, float]:
    """Measure the slope on smooth pixels at every brightness.

    Parameters
    ----------
    bands : list of ndarray, shape (ny, nx)
        The three finest bands. The second and the third are used up.
    background : ndarray, shape (ny, nx)
        The frame less the bands; used up, too.
    usable, empty : ndarray of bool, shape (ny, nx)
        Good pixels, and those of them that are empty sky.
    sky_variance : float
        Variance of the pixels on empty sky.

    Returns
    -------
    slope, error : float
        The slope and its standard error, infinite where there is nothing to measure it on.
    """
    sky = np.flatnonzero(empty)
    unit = [mad_sigma(band.ravel()[sky]) for band in bands]
    if not all(sigma > 0 for sigma in unit):
        return _NONE
    background -= median(background.ravel()[sky])
    steepness = _steepness(bands[1:], unit[1:])
    sigma = float(np.sqrt(sky_variance))
    faint, bright = _by_signal(_Pixels(background, bands[0], _entry(steepness, background)), usable, sigma)
    width = unit[0]
    has_gradient = faint.has_gradient(sigma)
    if has_gradient:  # widths differ over the sky: its variance is their mean square, not their median's
        faint = faint.take(np.argsort(-faint.signal))
        width = float(np.sqrt(np.mean(np.square(bands[0].ravel()[sky], dtype=np.float64))))
    slope, error = 0.0, float("inf")
    for _ in range(4):
        rows = list(_binned(faint, bright, slope / sky_variance, sigma, has_gradient=has_gradient))
        if len(rows) < 3:
            return _NONE
        means, variances, counts = (np.array(column, float) for column in zip(*rows, strict=True))
        before = slope
        variances *= sky_variance / width**2
        slope, error = _weighted_line(means, variances, counts, sky_variance, slope)
        if slope == before:
            break
    return slope, error


def _steepness(bands: list[NDArray[np.floating]], unit: list[float]) -> NDArray[np.floating]:
    """Squared structure in the second and third band, 1 where a pixel of the sky is no longer smooth; uses them up."""
    for band, sigma in zip(bands, unit, strict=True):
        np.abs(band, out=band)
        band /= _SMOOTH * sigma
    steepness = np.maximum(bands[0], bands[1], out=bands[0])
    steepness *= steepness
    return steepness


def _entry(steepness: NDArray[np.floating], signal: NDArray[np.floating]) -> NDArray[np.floating]:
    """The least growth with which ``steepness < max(1 + growth * signal, 1)``; uses the steepness up."""
    steepness -= 1
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(steepness, np.maximum(signal, 0), out=steepness, where=steepness >= 0)
    return steepness


def _by_signal(pixels: _Pixels, usable: NDArray[np.bool_], sigma: float) -> tuple[_Pixels, _Pixels]:
    """The usable pixels of the sky and, by rising signal, the brighter ones."""
    is_faint = pixels.signal < 0.5 * sigma
    faint, bright = (
        _Pixels(pixels.signal[which], pixels.band[which], pixels.entry[which])
        for which in (usable & is_faint, usable & ~is_faint)
    )
    return faint, bright.take(np.argsort(bright.signal))


def _binned(
    faint: _Pixels, bright: _Pixels, growth: float, sigma: float, *, has_gradient: bool
) -> Iterator[tuple[float, float, int]]:
    """Mean signal, robust variance of the band and number of smooth pixels: of the sky, and in bins of the signal."""
    if has_gradient:
        faint = faint.take(np.flatnonzero(faint.entry < growth))
        yield from _of_parts(faint, [faint.signal.size * k // _N_SKY_BINS for k in range(1, _N_SKY_BINS)])
    elif (sky := faint.band[faint.entry < growth]).size >= _FEWEST:
        yield 0.0, mad_sigma(sky) ** 2, sky.size  # the line starts here: its level does not count
    bright = bright.take(np.flatnonzero(bright.entry < growth))
    top = float(bright.signal[-1]) if bright.signal.size else sigma
    yield from _of_parts(bright, np.searchsorted(bright.signal, np.geomspace(sigma, max(top, 2 * sigma), _N_BINS)))


def _of_parts(pixels: _Pixels, parts: Sequence[int] | NDArray[np.intp]) -> Iterator[tuple[float, float, int]]:
    for signal, band in zip(np.split(pixels.signal, parts), np.split(pixels.band, parts), strict=True):
        if signal.size >= _FEWEST:
            yield float(signal.mean(dtype=np.float64)), mad_sigma(band) ** 2, signal.size


def _weighted_line(
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    counts: NDArray[np.float64],
    sky_variance: float,
    slope: float,
) -> tuple[float, float]:
    """Line through the sky's own bin; bins well above the line (structure) weigh less."""
    errors = (sky_variance + slope * np.maximum(means, 0)) * np.sqrt(2 * _MAD_COST / counts)
    means, excess = means - means[0], variances - variances[0]
    weight = np.ones(len(means))
    weight[0] = 0.0
    result = norm = 0.0
    for _ in range(10):
        norm = float(np.sum(weight * (means / errors) ** 2))
        if norm <= 0:
            return _NONE
        result = max(float(np.sum(weight * means * excess / errors**2)) / norm, 0.0)
        pull = (excess - result * means) / errors
        weight = np.where(pull > 1.5, 1.5 / np.maximum(pull, 1.5), 1.0)
        weight[0] = 0.0
    misfit = float(np.sum(weight * pull**2)) / max(len(means) - 2, 1)
    return result, float(np.sqrt(max(misfit, 1.0) / norm))
