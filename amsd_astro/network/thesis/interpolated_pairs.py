"""Training pairs of the thesis recipe: a noisy version, and what is left of it at a coarser scale.

Pairs that were packed before are read from arrays; those of a frame are made as they are drawn, so that a frame of any
size takes no more memory than a batch.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.architectures import SMALLEST_IMAGE
from amsd_astro.network.resumable_draws import Seeded
from amsd_astro.network.thesis.interpolation import SCALES, blurred
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS, draw_sigmas, with_white_noise

__all__ = ["Block", "FramePairs", "InterpolatedPairs", "PackedPairs"]

Block = tuple[int, int, int]
"""Row and column where a square begins, and its side."""

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]

_CONTEXT = 12  # pixels around a patch that its target depends on: two cells of the coarsest scale on each side
_TRIES = 100


class InterpolatedPairs(Seeded, ABC):
    """Draws batches of patches that touch no block held out.

    Parameters
    ----------
    shapes : sequence of (ny, nx)
        Sizes of the images.
    held_out : sequence of sequences of Block
        Blocks of each image that must not be learned from.
    patch, n_patches : int
        Pixels on a side of a patch (less where images are smaller, or too small for a patch beside what is held out),
        and patches in a batch.
    seed : int
        Seed of places and noise.
    """

    def __init__(
        self,
        shapes: Sequence[tuple[int, int]],
        held_out: Sequence[Sequence[Block]],
        *,
        patch: int,
        n_patches: int,
        seed: int,
    ) -> None:
        super().__init__(seed)
        self._shapes, self._held_out = list(shapes), list(held_out)
        self._patch = max(SMALLEST_IMAGE, min([patch, *(n for shape in shapes for n in shape)]))
        while self._patch > SMALLEST_IMAGE and self._free_place() is None:
            self._patch = max(SMALLEST_IMAGE, self._patch // 2)
        self._n_patches = n_patches
        sizes = np.array([ny * nx for ny, nx in shapes], float)
        self._share = sizes / sizes.sum()

    def __call__(self) -> Pair:
        """Draw a batch: noisy patches and their targets, of shapes (n, p, p, C) and (n, p, p, C * groups)."""
        return _stacked([self._pair(*self._place(), self._patch, self._rng) for _ in range(self._n_patches)])

    def validation(self, most: int, *, seed: int) -> Pair | None:
        """Pairs of the blocks held out, up to so many, the same ones each time; None where there are none."""
        blocks = [(k, *block) for k, held in enumerate(self._held_out) for block in held]
        if len(blocks) > most:
            blocks = [blocks[k] for k in np.linspace(0, len(blocks) - 1, most).astype(int)]
        side = min((block[3] for block in blocks), default=0)
        made = [self._pair(*block[:3], side, np.random.default_rng([seed, k])) for k, block in enumerate(blocks)]
        return _stacked(made) if made else None

    def _place(self) -> tuple[int, int, int]:
        """Image, row and column where a patch begins."""
        for _ in range(_TRIES):
            k = int(self._rng.choice(len(self._shapes), p=self._share))
            y, x = (int(self._rng.integers(max(n - self._patch, 0) + 1)) for n in self._shapes[k])
            if self._is_free(k, y, x):
                return k, y, x
        return self._free_place() or (k, y, x)

    def _is_free(self, image: int, y: int, x: int) -> bool:
        return not any(
            v - self._patch < y < v + side and u - self._patch < x < u + side for v, u, side in self._held_out[image]
        )

    def _free_place(self) -> tuple[int, int, int] | None:
        """The first place that touches no block held out, None without one."""
        step = max(1, self._patch // 8)
        for k, shape in enumerate(self._shapes):
            for y, x in itertools.product(*(range(0, max(n - self._patch, 0) + 1, step) for n in shape)):
                if self._is_free(k, y, x):
                    return k, y, x
        return None

    @abstractmethod
    def _pair(self, image: int, y: int, x: int, side: int, rng: np.random.Generator) -> Pair:
        """Make the pair of one place."""


def _stacked(pairs: Sequence[Pair]) -> Pair:
    noisy, target = zip(*pairs, strict=True)
    return np.stack(noisy), np.stack(target)


class PackedPairs(InterpolatedPairs):
    """Patches of pairs that were packed into arrays.

    Parameters
    ----------
    noisy, target : ndarray of float32, shape (3 n, ny, nx, C) and (3 n, ny, nx, C * groups)
        The pairs, those of one image following one another; may be mapped into memory.
    held_out, patch, n_patches, seed
        As for `InterpolatedPairs`; one sequence of blocks for each of the n images.
    """

    def __init__(
        self,
        noisy: NDArray[np.float32],
        target: NDArray[np.float32],
        held_out: Sequence[Sequence[Block]],
        *,
        patch: int,
        n_patches: int,
        seed: int,
    ) -> None:
        self._noisy, self._target = noisy, target
        ny, nx = noisy.shape[1:3]
        super().__init__([(ny, nx)] * len(held_out), held_out, patch=patch, n_patches=n_patches, seed=seed)

    def _pair(self, image: int, y: int, x: int, side: int, rng: np.random.Generator) -> Pair:
        k = image * N_VERSIONS + int(rng.integers(N_VERSIONS))
        rows, columns = slice(y, y + side), slice(x, x + side)
        return np.array(self._noisy[k, rows, columns]), np.array(self._target[k, rows, columns])


class FramePairs(InterpolatedPairs):
    """Patches of noisy versions of frames and their targets, made as they are drawn.

    Parameters
    ----------
    frames : sequence of ndarray, shape (ny, nx)
        Frames in noise units; patches alone are read.
    forward : callable
        From noise units to 0..1.
    held_out, patch, n_patches, seed
        As for `InterpolatedPairs`.
    """

    def __init__(
        self,
        frames: Sequence[NDArray[np.float32]],
        forward: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        held_out: Sequence[Sequence[Block]],
        *,
        patch: int,
        n_patches: int,
        seed: int,
    ) -> None:
        self._frames, self._forward = frames, forward
        super().__init__([one.shape for one in frames], held_out, patch=patch, n_patches=n_patches, seed=seed)
        rng = np.random.default_rng([seed, 1])
        self._sigmas = [draw_sigmas(rng) for _ in frames]

    def _pair(self, image: int, y: int, x: int, side: int, rng: np.random.Generator) -> Pair:
        frame = self._frames[image]
        wide = side + 2 * _CONTEXT
        rows, columns = (mirrored(start - _CONTEXT, wide, n) for start, n in zip((y, x), frame.shape, strict=True))
        version = int(rng.integers(N_VERSIONS))
        values = self._forward(frame[np.ix_(rows, columns)])[..., None]
        noisy = with_white_noise(values, self._sigmas[image][version], rng)
        inner = slice(_CONTEXT, _CONTEXT + side)
        return noisy[inner, inner], blurred(noisy, *SCALES[version], registered=True)[inner, inner]
