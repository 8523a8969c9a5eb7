"""From the variance that a network predicts to the one that it has on a frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["VarianceCurve"]

_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0)  # of the pixels by predicted variance: the highest are few and matter
_FEW_SHARES = (0.0, 0.5, 1.0)
_MANY = 15_000  # pixels, from which all shares are told apart


@dataclass(frozen=True)
class VarianceCurve:
    """A factor on the variance that depends on the variance: between the knots linear in the logarithms.

    Attributes
    ----------
    log_variance, log_factor : tuple of float
        The knots, rising, and the factor there; beyond them it is that of the last. By default a factor of 1.
    """

    log_variance: tuple[float, ...] = (0.0,)
    log_factor: tuple[float, ...] = (0.0,)

    def __call__(self, variance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the corrected variance."""
        if not any(self.log_factor):
            return variance
        tiny = np.finfo(np.float32).tiny
        factor = np.exp(np.interp(np.log(np.maximum(variance, tiny)), self.log_variance, self.log_factor))
        return variance * factor.astype(np.float32)

    @classmethod
    def fitted(
        cls, predicted: NDArray[np.floating], squared_error: NDArray[np.floating], *, factor: float = 1.0
    ) -> VarianceCurve:
        """The curve by which the mean predicted variance is the mean squared error, for low variances and for high.

        Parameters
        ----------
        predicted, squared_error : ndarray, shape (n,)
            Of pixels, the first positive; without any the curve is a factor of 1.
        factor : float, optional
            By which the variance is to be larger than these errors.
        """
        if predicted.size == 0:
            return cls()
        edges = np.unique(np.quantile(predicted, _SHARES if predicted.size >= _MANY else _FEW_SHARES))
        knots: list[tuple[float, float]] = []
        for low, high in pairwise(edges) if edges.size > 1 else [(edges[0], edges[0])]:
            chosen = (predicted >= low) & (predicted <= high)
            mean, error = (float(part[chosen].mean(dtype=np.float64)) for part in (predicted, squared_error))
            if mean > 0 and error > 0 and (not knots or np.log(mean) > knots[-1][0]):
                knots.append((float(np.log(mean)), float(np.log(factor * error / mean))))
        return cls(*map(tuple, zip(*knots, strict=True))) if knots else cls()
