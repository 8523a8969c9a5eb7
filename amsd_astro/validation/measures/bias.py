"""Bias, its error, and scatter of what was measured of sources, in bins of their signal to noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Bias", "SNR_EDGES", "measure_bias"]

SNR_EDGES = (2.0, 4.0, 7.0, 12.0, 20.0, 35.0, 60.0, 110.0, 200.0)
"""Bins of aperture signal to noise."""

_CLIP, _MOST_CLIPPED = 5.0, 0.1
_FEWEST = 3


@dataclass(frozen=True)
class Bias:
    """Deviations in bins; arrays of shape (n_bins,), NaN where a bin has fewer than three sources.

    Attributes
    ----------
    low, high : ndarray
        Edges of the bins.
    mean, error : ndarray
        Mean deviation and its standard error, what is 5 sigma off left out.
    median : ndarray
        Median deviation of all.
    scatter : ndarray
        Standard deviation of the same sources.
    n : ndarray of int
        Sources that count.
    n_clipped : ndarray of int
        Sources left out as 5 sigma off: blends, or sources that were lost or torn.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    error: NDArray[np.float64]
    median: NDArray[np.float64]
    scatter: NDArray[np.float64]
    n: NDArray[np.int64]
    n_clipped: NDArray[np.int64]


def measure_bias(
    measured: ArrayLike,
    true: ArrayLike,
    snr: ArrayLike,
    *,
    edges: ArrayLike = SNR_EDGES,
    relative: bool = True,
) -> Bias:
    """Compare what was measured with the truth, bin by bin.

    One neighbour does not ruin a bin: what is further from the median than five times 1.4826 median absolute
    deviations is left out, twice over, and counted. That is a tenth of the bin at most, the furthest: more are no
    outliers but part of what the image does to sources.

    Parameters
    ----------
    measured, true : array_like, shape (n,)
        Of each source; those that are NaN in either are left out and not counted.
    snr : array_like, shape (n,)
        What the bins are of.
    edges : array_like, shape (n_bins + 1,)
        Rising; a bin holds its lower edge, the last one also its upper.
    relative : bool
        Deviation is ``(measured - true) / true``, else ``measured - true``.

    Returns
    -------
    Bias
    """
    measured, true, snr = (np.asarray(values, np.float64) for values in (measured, true, snr))
    bounds = np.asarray(edges, np.float64)
    if bounds.ndim != 1 or bounds.size < 2 or not np.all(np.diff(bounds) > 0):
        raise ValueError(f"edges must rise and be two or more. Received: {bounds.tolist()}")
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = (measured - true) / true if relative else measured - true
    place = np.searchsorted(bounds, snr, side="right") - 1
    place[snr == bounds[-1]] = bounds.size - 2
    rows = [_of_bin(deviation[(place == k) & np.isfinite(deviation)]) for k in range(bounds.size - 1)]
    mean, error, median, scatter, n, n_clipped = (np.array(column) for column in zip(*rows, strict=True))
    return Bias(bounds[:-1], bounds[1:], mean, error, median, scatter, n, n_clipped)


def _of_bin(values: NDArray[np.float64]) -> tuple[float, float, float, float, int, int]:
    if values.size < _FEWEST:
        return (float("nan"),) * 4 + (values.size, 0)
    kept = values
    for _ in range(2):
        middle = np.median(kept)
        distance = np.abs(values - middle)
        width = _CLIP * 1.4826 * np.median(np.abs(kept - middle))
        kept = values[distance <= max(width, np.quantile(distance, 1 - _MOST_CLIPPED))]
    scatter = float(kept.std(ddof=1))
    error = scatter / float(np.sqrt(kept.size))
    return float(kept.mean()), error, float(np.median(values)), scatter, kept.size, values.size - kept.size
