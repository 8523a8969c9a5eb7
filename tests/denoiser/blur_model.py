"""A model of trivial cost: a little blur in the place of the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from scipy import ndimage

MARGIN = 4


@dataclass
class BlurModel:
    """What the denoiser needs of a model; one that knows only so many pixels on a side runs out of memory beyond."""

    most: int = 10**6
    uncalibrated: None = None
    margin: int = MARGIN
    bytes_per_pixel: int = 1600
    edge: int = 8
    architecture: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(stride=4))
    sides: list[int] = field(default_factory=list)

    def halo(self, calibration: object) -> int:
        return 2

    def stride(self, calibration: object) -> int:
        return 4

    def predict(
        self, images: np.ndarray, correlation: np.ndarray, calibration: object = None, *, n_orientations: int = 1
    ) -> SimpleNamespace:
        self.sides.append(max(images.shape[1:]))
        if max(images.shape[1:]) > self.most:
            raise MemoryError("no memory for so many pixels")
        inner = slice(self.margin, -self.margin)
        values = ndimage.uniform_filter(images.astype(np.float64), (0, 3, 3))[:, inner, inner].astype(np.float32)
        values = values.round(4)  # the same whatever lies beyond the reach of the filter
        bounded = np.abs(images[:, inner, inner] - values) > 4
        return SimpleNamespace(values=values, variance=np.full_like(values, 0.25), bounded=bounded)

    def cards(self, calibration: object) -> dict[str, tuple[float, str]]:
        return {}

    def fingerprint(self) -> str:
        return "0123456789abcdef"
