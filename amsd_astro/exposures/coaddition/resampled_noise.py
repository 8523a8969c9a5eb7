"""What resampling makes of the noise: variance by the squares of the weights, and what it correlates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.kernels import N_PHASES
from amsd_astro.exposures.coaddition.resampling import Places, Resampler

__all__ = ["REACH", "VarianceFactors", "mean_covariance"]

REACH = 3
"""Pixels to which correlations are told."""

_COARSE = 32  # phases along an axis at which correlated noise is looked at
_SAMPLES = 16  # places along an axis over which correlations are averaged


class VarianceFactors:
    """Variance of resampled pixels over that of an exposure's.

    Parameters
    ----------
    resampler : Resampler
        Its kernel is used.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the exposure's noise.
    """

    def __init__(self, resampler: Resampler, correlation: NDArray[np.float64]) -> None:
        kernel, k = resampler.kernel, correlation.shape[0] // 2
        self._line = kernel.products(0).astype(np.float32)
        self._table = None
        if k:
            every = slice(N_PHASES // _COARSE // 2, None, N_PHASES // _COARSE)
            lags = [kernel.products(min(abs(lag), kernel.n_taps))[every] for lag in range(-k, k + 1)]
            self._table = np.einsum("ji,jp,iq->pq", correlation, lags, lags).astype(np.float32)

    def at(self, places: Places) -> NDArray[np.float32]:
        """Return the factors at some places."""
        if self._table is None:
            return self._line.take(places.phase_x) * self._line.take(places.phase_y)
        coarse = N_PHASES // _COARSE
        return self._table[places.phase_y // coarse, places.phase_x // coarse]


def mean_covariance(resampler: Resampler | None, correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of resampled pixels over an exposure's variance, averaged over the frame.

    Parameters
    ----------
    resampler : Resampler or None
        None where the grids are the same.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the exposure's noise.

    Returns
    -------
    ndarray, shape (2 m + 1, 2 m + 1)
        m is `REACH`.
    """
    k = correlation.shape[0] // 2
    if resampler is None:
        inner = min(k, REACH)
        kept = correlation[k - inner : k + inner + 1, k - inner : k + inner + 1]
        return np.pad(kept, REACH - inner)
    y, x = (axis.ravel() for axis in np.meshgrid(*(_spread(n) for n in resampler.shape), indexing="ij"))
    here = _lines(resampler, x, y)
    result = np.zeros((2 * REACH + 1, 2 * REACH + 1))
    for dy in range(REACH + 1):
        for dx in range(-REACH, REACH + 1):
            there = _lines(resampler, x + dx, y + dy)
            across, down = (_lagged(a, b, k) for a, b in zip(here, there, strict=True))
            mean = np.einsum("ji,pj,pi->p", correlation, down, across).mean()
            result[REACH + dy, REACH + dx] = result[REACH - dy, REACH - dx] = mean
    return result


_Line = tuple[NDArray[np.intp], NDArray[np.float64]]


def _spread(n: int) -> NDArray[np.float64]:
    """Pixels along an axis, at steps that are no multiple of anything."""
    count = min(n, _SAMPLES)
    return np.rint((np.arange(count) + 0.5 + 0.3 * np.sin(np.arange(count))) * n / count - 0.5)


def _lines(resampler: Resampler, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[_Line, _Line]:
    """First taps and weights of pixels along both axes of the exposure."""
    lines = []
    for place in resampler.to_source(x, y):
        phases = np.rint(place * N_PHASES).astype(np.intp)
        whole, phase = phases // N_PHASES, phases % N_PHASES
        lines.append((whole, resampler.kernel.table.take(phase, axis=1).T.astype(np.float64)))
    return lines[0], lines[1]


def _lagged(here: _Line, there: _Line, k: int) -> NDArray[np.float64]:
    """Sums of products of the weights of two pixels whose places differ by -k..k pixels: shape (n, 2 k + 1)."""
    step = there[0] - here[0]
    n_taps = here[1].shape[1]
    gap = np.arange(n_taps)[None, :] - np.arange(n_taps)[:, None]  # tap of the second less tap of the first
    products = here[1][:, :, None] * there[1][:, None, :]
    lag = gap[None] + step[:, None, None]
    return np.stack([np.where(lag == one, products, 0.0).sum(axis=(1, 2)) for one in range(-k, k + 1)], axis=1)
