"""Pairs of one recipe as the network of the other sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.training.recorrupted_pairs import RecorruptedPairs
from amsd_astro.network.thesis.interpolation import SCALES, blurred
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS, draw_sigmas
from amsd_astro.network.thesis.normalization import Normalization
from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["InterpolatedBands", "NormalizedPairs"]


class NormalizedPairs:
    """Recorrupted pairs as the thesis network sees them: normalized input, target in noise units, weight."""

    state: Any = None

    def __init__(self, pairs: RecorruptedPairs, normalization: Normalization) -> None:
        self._pairs, self._normalization = pairs, normalization

    def __call__(self) -> tuple[np.ndarray, ...]:
        """Draw a batch."""
        batch = self._pairs.draw()
        return self._normalization.forward(batch.noisy), batch.target, batch.weight


class InterpolatedBands:
    """Thesis pairs in noise units as the amsd network sees them: bands, level, noisy version, target, weight.

    Parameters
    ----------
    frame : TrainingFrame
        The frame.
    normalization : Normalization
        That of the thesis recipe: noise of a share of its range is, at the sky, that share of ``high - low``.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each.
    seed : int
        Seed of places and noise.
    """

    state: Any = None

    def __init__(
        self, frame: TrainingFrame, normalization: Normalization, *, n_patches: int, patch: int, seed: int
    ) -> None:
        self._frame, self._n_patches, self._patch = frame, n_patches, patch
        self._rng = np.random.default_rng(seed)
        width = normalization.softening * (normalization.high - normalization.low) / 255
        self._sigmas = [width * sigma for sigma in draw_sigmas(np.random.default_rng([seed, 1]))]
        self._band_noise = band_noise(frame.correlation)

    def __call__(self) -> tuple[np.ndarray, ...]:
        """Draw a batch."""
        return tuple(np.stack(part) for part in zip(*(self._pair() for _ in range(self._n_patches)), strict=True))

    def _pair(self) -> tuple[np.ndarray, ...]:
        reach = band_radius()
        side = self._patch + 2 * reach
        y, x = (int(self._rng.integers(n - side + 1)) for n in self._frame.values.shape)
        version = int(self._rng.integers(N_VERSIONS))
        sigma = self._sigmas[version]
        noise = self._rng.standard_normal((side, side), dtype=np.float32)
        noisy = self._frame.values[y : y + side, x : x + side] + np.float32(sigma) * noise
        level = np.sqrt(1 + sigma**2)
        inner = slice(reach, reach + self._patch)
        target = blurred(noisy, *SCALES[version], registered=True)[inner, inner]
        weight = self._frame.weight(np.arange(y, y + side), np.arange(x, x + side))[inner, inner]
        seen = normalized_bands(noisy[None], self._band_noise * level)[0]
        return (
            seen,
            np.full((1, 1, 1), level, np.float32),
            *(part[..., None] for part in (noisy[inner, inner], target, weight)),
        )
