"""Training pairs: two noisy versions of one frame whose noise is independent.

With the noise known, ``z + a n`` and ``z - n / a`` (n fresh noise of the frame's own covariance) have independent
noise, so a network that maps the first to the second learns the clean frame without ever seeing one (Recorrupted to
Recorrupted, Pang et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.resumable_draws import Seeded
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import UnitNoise

__all__ = ["Batch", "RecorruptedPairs"]


@dataclass(frozen=True)
class Batch:
    """One step's worth of patches, all of float32.

    ``inputs`` (n, p, p, N_BANDS) are normalized bands, ``level`` (n, 1, 1, 1) the noise level of the input, ``noisy``,
    ``target`` and ``weight`` (n, p, p, 1) the recorrupted input, its independent counterpart and the loss's weight, and
    ``amplitude`` (n, 1, 1, 1) is the a of the recorruption.
    """

    inputs: NDArray[np.float32]
    level: NDArray[np.float32]
    noisy: NDArray[np.float32]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
    amplitude: NDArray[np.float32]


class RecorruptedPairs(Seeded):
    """Patches of recorrupted pairs, drawn without end.

    Parameters
    ----------
    frames : sequence of TrainingFrame
        Frames to draw from, each in proportion to its pixels.
    amplitude : float
        The ``a`` of the recorruption: more keeps more independent noise out of the input's copy, less leaves the input
        closer to the frame as it is.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each.
    seed : int
        Seed of places, orientations and noise.
    """

    def __init__(
        self, frames: Sequence[TrainingFrame], *, amplitude: float, n_patches: int, patch: int, seed: int
    ) -> None:
        super().__init__(seed)
        self._reach = band_radius()
        self._patch = patch
        self._n_patches = n_patches
        self._amplitude = amplitude
        self._frames = list(frames)
        self._noise = [UnitNoise(frame.correlation) for frame in frames]
        self._band_noise = [band_noise(frame.correlation) for frame in frames]
        sizes = np.array([frame.values.size for frame in frames], float)
        self._share = sizes / sizes.sum()

    def __call__(self) -> tuple[NDArray[np.float32], ...]:
        """Draw a batch: inputs, level, noisy, target, weight and amplitude."""
        batch = self.draw()
        return batch.inputs, batch.level, batch.noisy, batch.target, batch.weight, batch.amplitude

    def draw(self) -> Batch:
        """One batch; all its patches come from one frame, each seen in one of eight orientations."""
        rng = self._rng
        chosen = int(rng.choice(len(self._frames), p=self._share))
        values, weights, noise = self._patches(chosen)
        orientations = rng.integers(8, size=len(values))
        values, weights, noise = (_turned(array, orientations) for array in (values, weights, noise))
        a = np.float32(self._amplitude)
        noisy, target = values + a * noise, values - noise / a
        level = np.full((len(values), 1, 1, 1), np.sqrt(1 + a**2), np.float32)
        return Batch(
            inputs=normalized_bands(noisy, self._band_noise[chosen] * level[0, 0, 0, 0]),
            level=level,
            noisy=self._core(noisy),
            target=self._core(target),
            weight=self._core(weights),
            amplitude=np.full((len(values), 1, 1, 1), a, np.float32),
        )

    def _patches(self, chosen: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Values, weights and fresh noise of patches of a frame, mirrored beyond its edges.

        The noise is mirrored as the pixels are: with other noise on the mirror image, its input would tell of the
        noise in the original's target. Mirrored pixels weigh nothing.
        """
        side = self._patch + 2 * self._reach
        frame = self._frames[chosen]
        ny, nx = frame.values.shape
        # the reach of the bands around the patch may lie beyond the frame
        ys = self._rng.integers(0, max(ny - self._patch, 0) + 1, self._n_patches) - self._reach
        xs = self._rng.integers(0, max(nx - self._patch, 0) + 1, self._n_patches) - self._reach
        noise = self._noise[chosen].draw(self._rng, (self._n_patches, side, side))
        values, weights = np.empty_like(noise), np.empty_like(noise)
        for k, (y, x) in enumerate(zip(ys, xs, strict=True)):
            at_y, at_x = mirrored(y, side, ny), mirrored(x, side, nx)
            values[k] = frame.values[np.ix_(at_y, at_x)]
            inside = np.logical_and.outer(_inside(y, side, ny), _inside(x, side, nx))
            weights[k] = frame.weight(at_y, at_x) * inside
            noise[k] = noise[k][np.ix_(at_y - at_y.min(), at_x - at_x.min())]
        return values, weights, noise

    def _core(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        inner = slice(self._reach, self._reach + self._patch)
        return np.ascontiguousarray(array[:, inner, inner, None])


def _inside(start: int, count: int, n: int) -> NDArray[np.bool_]:
    """Which of the places from ``start`` on lie on an axis of length n itself."""
    place = np.arange(start, start + count)
    return (place >= 0) & (place < n)


def _turned(patches: NDArray[np.float32], orientations: NDArray[np.integer]) -> NDArray[np.float32]:
    """Every patch in an orientation of its own: the noise turns with it, so that its covariance stays its own."""
    turned = np.empty_like(patches)
    for k, orientation in enumerate(orientations):
        patch = np.rot90(patches[k], orientation % 4)
        turned[k] = patch[::-1] if orientation >= 4 else patch
    return turned
