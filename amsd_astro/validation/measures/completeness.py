"""Completeness, purity and depth of a way to detect sources.

Two ways are compared at the same purity: each at the threshold at which, of what it finds of the injected sources and
of what it finds where there is nothing, a share of 0.9 is real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from amsd_astro.validation.measures.bias import SNR_EDGES

__all__ = ["Completeness", "Depth", "completeness", "depth", "purity", "threshold_at_purity"]

_FEWEST = 20
_PRIOR = 0.5  # of a source a bin: keeps the fit finite where all or none is found


@dataclass(frozen=True)
class Completeness:
    """Share of the sources found in bins; arrays of shape (n_bins,).

    Attributes
    ----------
    low, high : ndarray
        Edges of the bins.
    value : ndarray
        Share that was found, NaN in an empty bin.
    lower, upper : ndarray
        Wilson's interval of one sigma (Wilson 1927).
    n : ndarray of int
        Sources in the bin.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    n: NDArray[np.int64]


@dataclass(frozen=True)
class Depth:
    """Brightness at which a completeness is reached, and the standard error of its logarithm; NaN where it is not.

    With aperture S/N or flux as brightness, two depths differ by ``2.5 log10(first.value / second.value)`` magnitudes.
    """

    value: float
    log_error: float


def completeness(
    significance: ArrayLike, brightness: ArrayLike, threshold: float, *, edges: ArrayLike = SNR_EDGES
) -> Completeness:
    """Share of the injected sources found at a threshold, in bins of their brightness.

    Parameters
    ----------
    significance : array_like, shape (n,)
        `Match.significance`.
    brightness : array_like, shape (n,)
        Aperture S/N, flux or magnitude of the sources.
    threshold : float
        What is not below it is found.
    edges : array_like, shape (n_bins + 1,)
        Rising, of the brightness; a bin holds its lower edge, the last one also its upper.
    """
    found = np.asarray(significance, np.float64) >= threshold
    bounds = np.asarray(edges, np.float64)
    n = np.histogram(brightness, bounds)[0]
    k = np.histogram(np.asarray(brightness, np.float64)[found], bounds)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = k / n
        middle = (k + 0.5) / (n + 1)
        half = np.sqrt(k * (n - k) / n + 0.25) / (n + 1)
    lower, upper = (np.where(n > 0, np.clip(middle + sign * half, 0, 1), np.nan) for sign in (-1, 1))
    return Completeness(bounds[:-1], bounds[1:], value, lower, upper, n.astype(np.int64))


def purity(significance: ArrayLike, false_significance: ArrayLike, threshold: float, *, area_ratio: float) -> float:
    """Share of real ones among the detections at a threshold.

    Parameters
    ----------
    significance : array_like, shape (n,)
        `Match.significance` of the injected sources.
    false_significance : array_like, shape (m,)
        `Detections.significance` where there is nothing: a noise-only or mirrored frame, cut at the same width.
    threshold : float
        What is below it does not count.
    area_ratio : float
        Pixels searched where the sources are over those searched where there is nothing.

    Returns
    -------
    float
        NaN where nothing is detected.
    """
    n_found = np.count_nonzero(np.asarray(significance) >= threshold)
    n_false = np.count_nonzero(np.asarray(false_significance) >= threshold) * area_ratio
    return float(n_found / (n_found + n_false)) if n_found + n_false > 0 else float("nan")


def threshold_at_purity(
    significance: ArrayLike,
    false_significance: ArrayLike,
    *,
    area_ratio: float,
    wanted: float = 0.9,
    lowest: float = 0.0,
) -> float:
    """Lowest threshold at which the purity is reached.

    Parameters
    ----------
    significance, false_significance, area_ratio
        As for `purity`.
    wanted : float
        The purity.
    lowest : float
        The threshold at which detections were made: not gone below.

    Returns
    -------
    float
        Infinite where no threshold reaches the purity with a source left.
    """
    real = np.sort(np.asarray(significance, np.float64))
    false = np.sort(np.asarray(false_significance, np.float64))
    # purity changes only where a threshold passes a detection
    steps = np.concatenate([[lowest], np.nextafter(false, np.inf), real[np.isfinite(real)]])
    steps = np.unique(steps[steps >= lowest])
    n_real = real.size - np.searchsorted(real, steps, side="left")
    n_false = (false.size - np.searchsorted(false, steps, side="left")) * area_ratio
    pure = (n_real > 0) & (n_real >= wanted * (n_real + n_false))
    return float(steps[np.argmax(pure)]) if pure.any() else float("inf")


def depth(significance: ArrayLike, brightness: ArrayLike, threshold: float, *, wanted: float = 0.9) -> Depth:
    """Brightness at which the completeness is reached, by a logistic curve in its logarithm.

    Parameters
    ----------
    significance : array_like, shape (n,)
        `Match.significance`.
    brightness : array_like, shape (n,)
        Aperture S/N or flux of the sources, positive.
    threshold : float
        What is not below it is found.
    wanted : float
        The completeness.

    Returns
    -------
    Depth
        NaN where the brightness would be outside that of the sources, or where fewer of the brighter ones are found:
        the curve knows no source that is lost although it is bright.
    """
    found = np.asarray(significance, np.float64) >= threshold
    x = np.log(np.asarray(brightness, np.float64))
    nothing = Depth(float("nan"), float("nan"))
    if x.size < _FEWEST or not found.any():
        return nothing
    centre, span = float(x.mean()), float(max(x.std(), 1e-6))
    u = (x - centre) / span

    def loss(p: NDArray[np.float64]) -> float:
        z = np.exp(p[1]) * (u - p[0])
        return float(-np.sum(np.where(found, special.log_expit(z), special.log_expit(-z))) + _PRIOR * 0.1 * p[1] ** 2)

    fit = optimize.minimize(loss, np.array([0.0, 1.5]), method="BFGS")
    place, steep = float(fit.x[0]), float(np.exp(fit.x[1]))
    logit = float(special.logit(wanted))
    at = place + logit / steep
    gradient = np.array([1.0, -logit / steep])
    error = float(np.sqrt(max(float(gradient @ fit.hess_inv @ gradient), 0.0))) * span
    brighter = u >= at
    if not (u.min() <= at <= u.max()) or found[brighter].mean() < wanted:
        return nothing
    return Depth(float(np.exp(centre + span * at)), error)
