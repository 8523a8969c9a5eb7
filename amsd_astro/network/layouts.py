"""Sizes of the networks, as data: known without the libraries that build them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AmsdArchitecture"]


@dataclass(frozen=True)
class AmsdArchitecture:
    """Size of the aggregated multiscale network.

    Parameters
    ----------
    widths : sequence of int
        Channels at full, half and quarter resolution (and so on).
    """

    widths: Sequence[int] = (32, 64, 96)

    @property
    def stride(self) -> int:
        """Pooling stride: translations by multiples of it commute with the network."""
        return 2 ** (len(self.widths) - 1)

    @property
    def receptive_radius(self) -> int:
        """Pixels on each side that an output pixel depends on, the bands not counted."""
        scales = [2**k for k in range(len(self.widths))]
        down = sum(3 * scale for scale in scales)  # a 3 x 3 convolution, then a module as wide as 5 x 5
        up = sum(2 * scale for scale in scales[:-1])  # a module
        resampling = sum(scales[:-1]) + sum(scales[1:])  # averaging, bilinear interpolation
        return down + up + resampling
