"""A recipe of a small network and few steps, and a field to train it on."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import ndimage

from amsd_astro.network import recipes
from amsd_astro.network.architectures import AmsdArchitecture

SMALL = dataclasses.replace(
    recipes.AMSD,
    architecture=AmsdArchitecture((4, 8), 4),
    weights=None,
    n_steps=4,
    n_patches=2,
    patch=16,
    n_orientations=2,
)


def true_scene(shape: tuple[int, int] = (128, 120), *, sky: float = 200.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[0], : shape[1]]
    scene = np.full(shape, sky)
    for _ in range(shape[0] * shape[1] // 4000):
        cy, cx, size = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(2, 6)
        scene += rng.uniform(20, 300) * np.exp(-((np.hypot(y - cy, x - cx) / size) ** 1.2))
    stars = np.zeros(shape)
    n = shape[0] * shape[1] // 400
    stars[rng.integers(0, shape[0], n), rng.integers(0, shape[1], n)] = 10 ** rng.uniform(2, 4.5, n)
    return scene + ndimage.gaussian_filter(stars, 1.4)


def expose(truth: np.ndarray, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.poisson(truth) + rng.normal(0, 5, truth.shape)).astype(np.float32)
