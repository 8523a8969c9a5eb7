"""A network in name only: it moves every pixel up by half the noise, and states the whole noise as error."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

STEP = 0.5


@dataclass(frozen=True)
class Estimate:
    values: NDArray[np.float32]
    variance: NDArray[np.float32]
    bounded: NDArray[np.bool_]


class StillNetwork:
    """What `Denoiser` asks of its model."""

    margin = 3
    edge = 5
    bytes_per_pixel = 1600
    architecture = SimpleNamespace(stride=4)

    def halo(self, calibration: object) -> int:
        return 5

    def stride(self, calibration: object) -> int:
        return 4

    def can_be_lite(self) -> bool:
        return True

    def answers(
        self,
        images: NDArray[np.float32],
        correlation: NDArray[np.floating],
        calibration: object,
        *,
        orientation: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        values = self._inner(images) + np.float32(STEP)
        return values, np.ones_like(values)

    def estimated(
        self, images: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...], calibration: object
    ) -> Estimate:
        return Estimate(*answers, self._inner(images) > 10)

    def predict(
        self,
        images: NDArray[np.float32],
        correlation: NDArray[np.floating],
        calibration: object = None,
        *,
        n_orientations: int = 1,
    ) -> Estimate:
        return self.estimated(images, self.answers(images, correlation, calibration), calibration)

    def scaled(self, variance: NDArray[np.float32], calibration: object) -> NDArray[np.float32]:
        return variance

    def _inner(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        inner = slice(self.margin, -self.margin)
        return images[:, inner, inner]

    def fingerprint(self) -> str:
        return "0123456789abcdef"

    def cards(self, calibration: object) -> dict[str, tuple[float, str]]:
        return {}
