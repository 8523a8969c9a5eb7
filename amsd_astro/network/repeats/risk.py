"""The error of a model measured with repeated exposures: no noise level, no clean image.

With D what the model makes of one exposure and A, B the means of two disjoint halves of the others, the mean of
``(D - A) (D - B)`` is the mean squared error of D: the noises of A and of B are independent of each other and of D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.block_sums import error_of_ratio
from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.repeats.frame import RepeatFrame
from amsd_astro.network.risk import CONTEXT

__all__ = ["MeasuredRisk", "RepeatProbe"]

_TOGETHER = 8  # blocks


@dataclass(frozen=True)
class MeasuredRisk:
    """Sums over the parts of the field: of products of differences, of predicted variances, and of the weights."""

    products: NDArray[np.float64]
    predicted: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def value(self) -> float:
        """Mean squared error in noise units."""
        return float(self.products.sum() / self.weights.sum())

    @property
    def error(self) -> float:
        """Its standard error."""
        return error_of_ratio(self.products, self.weights)

    @property
    def mean_predicted(self) -> float:
        """Mean variance that was predicted."""
        return float(self.predicted.sum() / self.weights.sum())

    def fall_from(self, other: MeasuredRisk) -> tuple[float, float]:
        """How far the error is below that of another model on the same blocks, and the standard error of that.

        What both have in common, the noise of the halves and the brightness of the parts, drops out.
        """
        fall = other.products - self.products
        return float(fall.sum() / self.weights.sum()), error_of_ratio(fall, self.weights)


class RepeatProbe:
    """Measures the risk of models on the same blocks of repeated exposures.

    Parameters
    ----------
    frames : sequence of RepeatFrame
        The exposures; all blocks are of one side.
    margin : int
        Pixels that models take off each side.
    """

    def __init__(self, frames: Sequence[RepeatFrame], *, margin: int) -> None:
        self._frames = frames
        self._margin = margin
        self._scenes = sorted({block.scene for frame in frames for block in frame.blocks})

    def __bool__(self) -> bool:
        """Whether there are parts enough to tell an error with its standard error."""
        return len(self._scenes) >= 4

    def __call__(self, model: Predictor, *, n_orientations: int = 1) -> MeasuredRisk:
        """Measure the risk of a model."""
        sums = np.zeros((3, len(self._scenes)))
        for frame in self._frames:
            for start in range(0, len(frame.blocks), _TOGETHER):
                self._add(sums, model, frame, start, n_orientations)
        return MeasuredRisk(*sums)

    def _add(
        self, sums: NDArray[np.float64], model: Predictor, frame: RepeatFrame, start: int, n_orientations: int
    ) -> None:
        blocks, wide, (ny, nx) = frame.blocks[start : start + _TOGETHER], self._margin + CONTEXT, frame.values.shape
        places = [
            (mirrored(b.y - wide, b.side + 2 * wide, ny), mirrored(b.x - wide, b.side + 2 * wide, nx)) for b in blocks
        ]
        images = np.stack([frame.values[np.ix_(*place)] for place in places])
        estimate = model.predict(images, frame.correlation, n_orientations=n_orientations)
        for block, values, variance in zip(blocks, estimate.values, estimate.variance, strict=True):
            at = slice(block.y, block.y + block.side), slice(block.x, block.x + block.side)
            inner = slice(CONTEXT, CONTEXT + block.side)
            made, weight = values[inner, inner], _weight(frame, at)
            products = (made - frame.halves[0][at]) * (made - frame.halves[1][at])
            planes = (products * weight, variance[inner, inner] * weight, weight)
            sums[:, self._scenes.index(block.scene)] += [float(plane.sum(dtype=np.float64)) for plane in planes]


def _weight(frame: RepeatFrame, at: tuple[slice, slice]) -> NDArray[np.float32]:
    """What pixels count: where light is bright, seeing and placing differ by more than any model's error."""
    width = 1 + (np.float32(frame.unlikeness) * frame.target[at]) ** 2
    return np.asarray((frame.is_known(at) & frame.held_out[at]) / width, np.float32)
