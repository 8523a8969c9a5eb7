"""Sizes of the networks, as data: known without the libraries that build them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

__all__ = [
    "GROUPS",
    "MOST_CHANNELS",
    "MOST_RESIDUALS",
    "SMALLEST_IMAGE",
    "AmsdArchitecture",
    "ThesisArchitecture",
    "are_residuals",
]

GROUPS = (1, 4)
"""Groups of channels that the thesis network may give."""

MOST_CHANNELS = 16
"""Channels that an image for it may have."""

MOST_RESIDUALS = 4
"""Residual blocks that the amsd network may have at a resolution."""

SMALLEST_IMAGE = 16
"""Pixels on a side that it learns from at least: the loss has a window of 11."""


def are_residuals(numbers: Sequence[object], n_widths: int) -> bool:
    """Whether these are numbers of residual blocks, one a width at most, that a model file may state."""
    return len(numbers) <= n_widths and all(type(n) is int and 0 <= n <= MOST_RESIDUALS for n in numbers)


@dataclass(frozen=True)
class AmsdArchitecture:
    """Size of the aggregated multiscale network.

    Parameters
    ----------
    widths : sequence of int
        Channels at half, quarter and eighth resolution (and so on).
    detail : int
        Channels at full resolution.
    residuals : sequence of int
        Residual blocks after a module at each of these resolutions, on the way down and on the way up; none at those
        that are left out at the end.
    """

    widths: Sequence[int] = (64, 96, 128)
    detail: int = 16
    residuals: Sequence[int] = ()

    @property
    def levels(self) -> list[tuple[int, int]]:
        """Channels and residual blocks of each resolution, from fine to coarse."""
        return list(zip_longest(self.widths, self.residuals[: len(self.widths)], fillvalue=0))

    @property
    def stride(self) -> int:
        """Pooling stride: translations by multiples of it commute with the network."""
        return 2 ** len(self.widths)

    @property
    def receptive_radius(self) -> int:
        """Pixels on each side that an output pixel depends on, the bands not counted."""
        places = range(self.stride)
        reached = [self._reached(place) for place in places]
        return max(max(place - low, high - place) for place, (low, high) in zip(places, reached, strict=True))

    def _reached(self, place: int) -> tuple[int, int]:
        """First and last pixel that the output at a place depends on: the longest way through the network."""
        low, high = place - 1, place + 1  # 3 x 3
        reaches = [2 + n for _, n in self.levels]  # a module, as wide as 5 x 5; a residual block is 3 x 3
        for reach in reaches:
            low, high = low // 2, high // 2  # a cell of this level stands for two pixels of the finer one
            low, high = low - reach, high + reach
        for reach in reaches[-2::-1]:
            low, high = 2 * (low - 1), 2 * (high + 1) + 1  # 3 x 3, behind an average of 2 x 2
            low, high = low - reach, high + reach
        return 2 * low - 2, 2 * high + 3  # 6 x 6 with a stride of 2


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
