"""Training pairs of real exposures: patches of one, and what the others of the field show there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.repeats.frame import RepeatFrame
from amsd_astro.network.resumable_draws import Seeded

__all__ = ["RepeatedPairs"]


class RepeatedPairs(Seeded):
    """Patches of repeated exposures, drawn without end.

    Parameters
    ----------
    frames : sequence of RepeatFrame
        Exposures to draw from, those that are learned from, each in proportion to its pixels.
    n_patches, patch : int
        Patches in a batch and pixels on a side of each.
    seed : int
        Seed of exposures, places and orientations.
    """

    def __init__(self, frames: Sequence[RepeatFrame], *, n_patches: int, patch: int, seed: int) -> None:
        super().__init__(seed)
        self._reach = band_radius()
        self._patch = patch
        self._n_patches = n_patches
        self._frames = [frame for frame in frames if frame.is_learned]
        self._band_noise = [band_noise(frame.correlation) for frame in self._frames]
        sizes = np.array([frame.values.size for frame in self._frames], float)
        self._share = sizes / sizes.sum()

    def __call__(self) -> tuple[NDArray[np.float32], ...]:
        """Draw a batch.

        Inputs (n, p, p, N_BANDS); noisy, target, weight, and the two halves, each (n, p, p, 1); the unlikeness of the
        exposures (n, 1, 1, 1).
        """
        chosen = self._rng.choice(len(self._frames), p=self._share, size=self._n_patches)
        drawn = [self._draw(int(k)) for k in chosen]
        inputs = np.concatenate(
            [normalized_bands(wide[None], self._band_noise[k]) for (wide, _), k in zip(drawn, chosen, strict=True)]
        )
        inner = slice(self._reach, self._reach + self._patch)
        noisy = np.stack([wide[inner, inner] for wide, _ in drawn])
        known = np.stack([planes for _, planes in drawn])
        planes = tuple(np.ascontiguousarray(part[..., None]) for part in (noisy, *np.moveaxis(known, 1, 0)))
        unlikeness = np.array([self._frames[k].unlikeness for k in chosen], np.float32)
        return inputs, *planes, unlikeness[:, None, None, None]

    def _draw(self, k: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A patch with the reach of the bands around it, and the planes of the patch, in one of eight orientations."""
        frame, side = self._frames[k], self._patch + 2 * self._reach
        ny, nx = frame.values.shape
        # the reach of the bands around the patch may lie beyond the frame
        y, x = (int(self._rng.integers(0, max(n - self._patch, 0) + 1)) for n in (ny, nx))
        wide = frame.values[np.ix_(mirrored(y - self._reach, side, ny), mirrored(x - self._reach, side, nx))]
        at = np.ix_(mirrored(y, self._patch, ny), mirrored(x, self._patch, nx))
        inside = np.logical_and.outer(np.arange(y, y + self._patch) < ny, np.arange(x, x + self._patch) < nx)
        weight = frame.is_known(at) & inside & ~frame.held_out[at]
        planes = np.stack([frame.target[at], weight, frame.halves[0][at], frame.halves[1][at]])
        orientation = int(self._rng.integers(8))
        return _turned(wide, orientation), _turned(planes, orientation)


def _turned(array: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    turned = np.rot90(array, orientation % 4, axes=(-2, -1))
    return turned[..., ::-1, :] if orientation >= 4 else turned
