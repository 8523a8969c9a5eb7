"""Batches that are kept on the disk and taken again: drawing one, and asking a teacher, costs more than a step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from amsd_astro.pretraining.batches import Batches, KnownBatch
from amsd_astro.pretraining.prefetching import made_ahead
from amsd_astro.pretraining.teaching import Teacher

__all__ = ["Lessons"]

_N_ORIENTATIONS = 8


class Lessons:
    """All of some batches over and over, each time in another of eight orientations.

    Parameters
    ----------
    batches : Batches
        Drawn once each.
    folder : Path
        Keeps them, as they were taught.
    teacher : Teacher, optional
        Asked once of each.
    """

    def __init__(self, batches: Batches, *, folder: Path, teacher: Teacher | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._batches, self._folder, self._teacher = batches, folder, teacher

    def take(self, n: int, *, first: int = 0, n_threads: int = 1) -> Iterator[KnownBatch]:
        """Give the batches of some steps, drawn or read ahead of time.

        Parameters
        ----------
        n, first : int
            How many steps, and how many were made before.
        n_threads : int
            That draw and read.
        """
        ahead = made_ahead(lambda k: self._kept(first + k) or self._drawn(first + k), n, n_threads=n_threads)
        for step, batch in enumerate(ahead, start=first):
            # drawn ahead of time, it may have been taught meanwhile, where batches are few
            inputs, known = self._kept(step) or self._taught(step, batch)
            turns = step // len(self._batches) % _N_ORIENTATIONS
            yield _turned(inputs, turns), _turned(known, turns)

    def _path(self, step: int) -> Path:
        return self._folder / f"{step % len(self._batches):06d}.npz"

    def _drawn(self, step: int) -> KnownBatch:
        return self._batches[step % len(self._batches)]

    def _kept(self, step: int) -> KnownBatch | None:
        path = self._path(step)
        if not path.exists():
            return None
        with np.load(path) as kept:
            return kept["inputs"], kept["known"]

    def _taught(self, step: int, batch: KnownBatch) -> KnownBatch:
        inputs, known = batch
        if self._teacher is not None:
            known = self._teacher.teach(inputs, known)
        unfinished = self._path(step).with_suffix(".unfinished.npz")
        np.savez(unfinished, inputs=inputs, known=known)
        os.replace(unfinished, self._path(step))
        return inputs, known


def _turned(images: NDArray[np.float32], turns: int) -> NDArray[np.float32]:
    """Images of shape (n, ny, nx, channels), turned by quarters, and mirrored from the fourth on."""
    mirrored = images[:, :, ::-1] if turns >= _N_ORIENTATIONS // 2 else images
    return np.ascontiguousarray(np.rot90(mirrored, turns % 4, axes=(1, 2)))
