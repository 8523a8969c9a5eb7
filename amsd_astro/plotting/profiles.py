"""The residual of a frame pixel by pixel: how it is distributed, and whether it goes with the signal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.plotting.pair import Pair
from amsd_astro.plotting.windows import spread_windows

__all__ = ["Profile", "residual_and_signal", "residual_profile"]

_N_BINS = 24
_FEWEST = 30  # pixels in a bin


@dataclass(frozen=True)
class Profile:
    """The residual in bins of the denoised signal, all in noise sigma.

    Attributes
    ----------
    signal : ndarray, shape (n,)
        Median signal in the bin, above the sky.
    mean, error : ndarray, shape (n,)
        Mean residual and its standard error, as of independent pixels.
    width : ndarray, shape (n,)
        Scatter of the residual, by the median absolute deviation.
    """

    signal: NDArray[np.float64]
    mean: NDArray[np.float64]
    error: NDArray[np.float64]
    width: NDArray[np.float64]


def residual_and_signal(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return residual and denoised signal of the good pixels, or of a sample of them, each of shape (n,)."""
    residuals, signals = [], []
    for where in spread_windows(pair.before.data.shape):
        residual, signal = pair.residual(where), pair.signal(where)
        good = np.isfinite(residual) & np.isfinite(signal)
        residuals.append(residual[good])
        signals.append(signal[good])
    return np.concatenate(residuals), np.concatenate(signals)


def residual_profile(residual: NDArray[np.float64], signal: NDArray[np.float64]) -> Profile:
    """Return the residual by signal.

    Parameters
    ----------
    residual, signal : ndarray, shape (n,)
        As `residual_and_signal` returns.

    Returns
    -------
    Profile
        Bins are even in asinh of the signal; those with few pixels are left out.
    """
    rows = []
    if signal.size:
        place = np.arcsinh(signal)
        low, high = float(place.min()), float(place.max())
        number = np.floor((place - low) / max(high - low, 1e-9) * _N_BINS).astype(np.int64)
        number = np.clip(number, 0, _N_BINS - 1)
        order = np.argsort(number, kind="stable")
        edges = np.searchsorted(number[order], np.arange(_N_BINS + 1))
        for start, stop in pairwise(edges):
            if stop - start >= _FEWEST:
                inside = residual[order[start:stop]]
                error = inside.std() / np.sqrt(inside.size)
                rows.append((np.median(signal[order[start:stop]]), inside.mean(), error, mad_sigma(inside.copy())))
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    return Profile(*columns)
