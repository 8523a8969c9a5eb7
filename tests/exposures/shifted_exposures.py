"""Exposures of one field at places that are known, with all that is to be known of them given by hand."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from amsd_astro import Frame, NoiseModel
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.placing.placement import Placement
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue

SHAPE = (200, 220)
SIGMA = 4.0
_MARGIN = 16
_NONE = np.zeros(0)


def field(seed: int = 0) -> np.ndarray:
    """Light above the sky, well sampled, wider than an exposure."""
    rng = np.random.default_rng(seed)
    shape = tuple(side + 2 * _MARGIN for side in SHAPE)
    points = np.zeros(shape)
    points[tuple(rng.integers(0, side, 120) for side in shape)] = 10 ** rng.uniform(1.5, 3.5, 120)
    return ndimage.gaussian_filter(points, 1.6)


def seen(light: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """The part of the field that an exposure shows whose pixels lie so far from the reference's, (dx, dy)."""
    moved = ndimage.shift(light, (shift[1], shift[0]), order=5, mode="nearest")
    return moved[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def expose(
    light: np.ndarray, shift: tuple[float, float], *, scale: float = 1.0, sky: float = 100.0, seed: int = 0
) -> tuple[Exposure, Placement, np.ndarray]:
    """An exposure, its place, and the light in it without noise, in its own unit."""
    rng = np.random.default_rng([7, seed])
    truth = scale * seen(light, shift)
    frame = Frame((truth + sky + rng.normal(0, SIGMA, SHAPE)).astype(np.float32))
    noise = NoiseModel(0.0, SIGMA**2, sky)
    stars = StarCatalogue(*[_NONE] * 6)
    exposure = Exposure(f"exposure {seed}", lambda: frame, noise, stars, 3.8, SHAPE)
    grid = GridMap(SHAPE, np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]]))
    return exposure, Placement(grid, scale, 0.0, sky, 0.0, 3.8, 0, 0.0, 0.0, "stars"), truth


def expose_several(n: int) -> tuple[list[Exposure], list[Placement], list[np.ndarray]]:
    """Exposures of all shifts, scales and skies; the first is the reference."""
    rng, light = np.random.default_rng(3), field()
    made = [expose(light, (0.0, 0.0))]
    for k in range(1, n):
        shift = tuple(float(one) for one in rng.uniform(-6, 6, 2))
        made.append(expose(light, (shift[0], shift[1]), scale=rng.uniform(0.7, 1.4), sky=100.0 + 20 * k, seed=k))
    exposures, placements, truths = zip(*made, strict=True)
    return list(exposures), list(placements), list(truths)
