"""What a residual should be like: as correlated as the noise, and with its power spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting.pair import Pair
from amsd_astro.plotting.windows import spread_windows, tiles

__all__ = ["LAGS", "Spectra", "lag_correlations", "model_correlations", "model_spectrum", "radial_spectra"]

LAGS: tuple[tuple[int, int], ...] = ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0))
"""Lags (dy, dx) that are looked at."""

_CLIP = 5.0  # noise sigma; one pixel further out must not be all of a correlation
_SIDE, _SMALLEST_SIDE = 64, 16  # pixels of a window that is transformed
_MOST_WINDOWS = 256
_MOST_MASKED = 0.05
_LEAST_PIXELS = 3  # of a correlation


def lag_correlations(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the correlations of the residual with itself some pixels away, and their standard errors.

    Parameters
    ----------
    pair : Pair
        A frame before and after.

    Returns
    -------
    values, errors : ndarray, shape (n_lags,)
        By `LAGS`; NaN where there are no such pixels.
    """
    sums, counts = np.zeros(len(LAGS)), np.zeros(len(LAGS), np.int64)
    total, n_pixels = 0.0, 0
    for where in spread_windows(pair.before.data.shape):
        residual = pair.residual(where)
        good = np.isfinite(residual)
        if not good.any():
            continue
        residual = np.where(good, np.clip(residual, -_CLIP, _CLIP) - np.mean(np.clip(residual[good], -_CLIP, _CLIP)), 0)
        total, n_pixels = total + float(np.sum(residual**2)), n_pixels + int(np.count_nonzero(good))
        for k, (dy, dx) in enumerate(LAGS):
            sums[k] += np.sum(_first(residual, dy, dx) * _second(residual, dy, dx))
            counts[k] += np.count_nonzero(_first(good, dy, dx) & _second(good, dy, dx))
    values, errors = np.full(len(LAGS), np.nan), np.full(len(LAGS), np.nan)
    known = counts >= _LEAST_PIXELS
    if total > 0:
        values[known] = sums[known] / counts[known] / (total / n_pixels)
        errors[known] = 1 / np.sqrt(counts[known])
    return values, errors


def _first(values: NDArray, dy: int, dx: int) -> NDArray:
    ny, nx = values.shape
    return values[: ny - dy, max(0, -dx) : nx - max(0, dx)] if dy < ny else values[:0, :0]


def _second(values: NDArray, dy: int, dx: int) -> NDArray:
    ny, nx = values.shape
    return values[dy:, max(0, dx) : nx - max(0, -dx)] if dy < ny else values[:0, :0]


def model_correlations(noise: NoiseModel) -> NDArray[np.float64]:
    """Return the correlations that a noise model states, by `LAGS`."""
    reach = noise.correlation.shape[0] // 2
    padded = np.pad(noise.correlation, 2)
    return np.array([padded[reach + 2 + dy, reach + 2 + dx] for dy, dx in LAGS])


@dataclass(frozen=True)
class Spectra:
    """Power in rings of spatial frequency; 1 everywhere is white noise of the model's variance.

    Attributes
    ----------
    frequency : ndarray, shape (n,)
        Cycles per pixel.
    before, after, residual : ndarray, shape (n,)
        Of the exposure, the denoised frame and what was taken, all in units of the noise of each pixel.
    """

    frequency: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    residual: NDArray[np.float64]


def radial_spectra(pair: Pair) -> Spectra | None:
    """Return power spectra on the emptier half of the frame: elsewhere the exposure's is that of its sources.

    Parameters
    ----------
    pair : Pair
        A frame before and after.

    Returns
    -------
    Spectra or None
        None for a frame under 16 pixels on a side, or one with bad pixels everywhere.
    """
    side = min(_SIDE, *pair.before.data.shape)
    if side < _SMALLEST_SIDE:
        return None
    places = list(tiles(pair.before.data.shape, (side, side)))
    chosen = np.linspace(0, len(places) - 1, min(_MOST_WINDOWS, len(places))).round().astype(int)
    powers = []
    for where in (places[k] for k in chosen):
        residual, sigma = pair.residual(where), pair.sigma(where)
        bad = ~np.isfinite(residual)
        if np.mean(bad) <= _MOST_MASKED:
            with np.errstate(invalid="ignore", over="ignore"):
                raw, clean = ((frame.data[where] - pair.noise.sky) / sigma for frame in (pair.before, pair.after))
            powers.append([_power(values, bad) for values in (raw, clean, residual)])
    if not powers:
        return None
    stack = np.array(powers)  # (n_windows, 3, side, side)
    order = np.argsort(stack[:, 1].sum(axis=(1, 2)))  # by the exposure's own, those of less noise would be chosen
    means = stack[order[: max(1, len(order) // 2)]].mean(axis=0)
    frequency, ring, n_rings = _rings(side)
    before, after, residual = (_by_ring(mean, ring, n_rings) for mean in means)
    return Spectra(frequency, before, after, residual)


def model_spectrum(noise: NoiseModel, spectra: Spectra) -> NDArray[np.float64]:
    """Return the power that a noise model states, at the frequencies of `radial_spectra`."""
    reach = noise.correlation.shape[0] // 2
    lags = np.arange(-reach, reach + 1)
    lattice = np.zeros((_SIDE, _SIDE))
    np.add.at(lattice, np.ix_(lags, lags), noise.correlation)
    frequency, ring, n_rings = _rings(_SIDE)
    return np.interp(spectra.frequency, frequency, _by_ring(np.fft.fft2(lattice).real, ring, n_rings))


def _power(values: NDArray[np.floating], bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the power of a square window, tapered to its edges; bad pixels count as its mean."""
    taper = np.hanning(len(values) + 2)[1:-1]
    weight = np.outer(taper, taper)
    weight[bad] = 0
    centred = np.where(bad, 0, values)
    centred -= np.sum(centred * weight) / np.sum(weight)
    return np.asarray(np.abs(np.fft.fft2(centred * weight)) ** 2 / np.sum(weight**2))


def _rings(side: int) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Return the frequency of each ring, the ring of each element of a transform, and how many rings there are."""
    steps = np.fft.fftfreq(side) * side
    ring = np.rint(np.hypot(*np.meshgrid(steps, steps))).astype(np.int64)
    n_rings = side // 2
    return np.arange(1, n_rings + 1) / side, ring, n_rings


def _by_ring(power: NDArray[np.float64], ring: NDArray[np.int64], n_rings: int) -> NDArray[np.float64]:
    sums = np.bincount(ring.ravel(), power.ravel())[1 : n_rings + 1]
    return np.asarray(sums / np.bincount(ring.ravel())[1 : n_rings + 1])
