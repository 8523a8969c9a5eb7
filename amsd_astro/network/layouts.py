"""Sizes of the networks, as data: known without the libraries that build them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["GROUPS", "MOST_CHANNELS", "SMALLEST_IMAGE", "AmsdArchitecture", "ThesisArchitecture"]

GROUPS = (1, 4)
"""Groups of channels that the thesis network may give."""

MOST_CHANNELS = 16
"""Channels that an image for it may have."""

SMALLEST_IMAGE = 16
"""Pixels on a side that it learns from at least: the loss has a window of 11."""


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


@dataclass(frozen=True)
class ThesisArchitecture:
    """What can be chosen of the thesis network.

    Parameters
    ----------
    n_channels : int
        Channels of an image.
    n_groups : int
        Groups of such channels that the network gives: 1, or 4 where it learned from targets of stacked scales.
    """

    n_channels: int = 1
    n_groups: int = 1

    @property
    def n_outputs(self) -> int:
        """Channels that the network gives."""
        return self.n_channels * self.n_groups

    @property
    def stride(self) -> int:
        """1: nothing is pooled, so that any translation commutes with the network."""
        return 1

    @property
    def receptive_radius(self) -> int:
        """Pixels on each side that an output pixel depends on."""
        head = 2  # a 3 x 3 convolution with dilation 2
        extraction = (2 + 1) + (1 + 2 * 2 + 1) + 2  # 5 x 5 and 3 x 3; the towers, its longest way; dilation 2
        contraction = (1 + 1) + 3 * (1 + 2)  # two 3 x 3, then three times 3 x 3 and 5 x 5
        return head + 2 * max(extraction, contraction)
