"""The normalization of the thesis recipe: from noise units to values of 0 to 1 and back, losing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Normalization"]

_FARTHEST = 60.0  # sinh of it is 6e25


@dataclass(frozen=True)
class Normalization:
    """``(asinh(z / softening) - low) / (high - low)`` (the asinh of Lupton, Gunn & Szalay 1999), for any z.

    Linear around the sky, logarithmic for what is bright: a range of 10**5 noise widths becomes about 12. Nothing is
    clipped: what is fainter or brighter than the frames it was made for lies below 0 or above 1.

    Parameters
    ----------
    softening : float
        Noise widths up to which it is linear.
    low, high : float
        What becomes 0 and 1, after the asinh.
    """

    softening: float = 1.0
    low: float = -3.0
    high: float = 12.0

    @classmethod
    def over(cls, frames: Sequence[NDArray[np.floating]], *, softening: float) -> Normalization:
        """Return the stretch that brings all pixels of frames in noise units to 0..1."""
        lowest = min(float(frame.min()) for frame in frames)
        highest = max(float(frame.max()) for frame in frames)
        low, high = (float(np.arcsinh(value / softening)) for value in (lowest, highest))
        return cls(softening, low, high if high > low else low + 1.0)

    def forward(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """From noise units to 0..1."""
        stretched = np.arcsinh(np.asarray(values, np.float64) / self.softening)
        return np.asarray((stretched - self.low) / (self.high - self.low), np.float32)

    def inverse(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """From 0..1 to noise units; the answers of a network, which can lie anywhere, give finite numbers."""
        argument = self.low + np.asarray(values, np.float64) * (self.high - self.low)
        return np.asarray(self.softening * np.sinh(np.clip(argument, -_FARTHEST, _FARTHEST)), np.float32)
