"""A store of simulated scenes without sky and noise, in units of the noise they were drawn for."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from amsd_astro.pretraining.sources import draw_psf, draw_sources

__all__ = ["SIDE", "draw_scene", "load_scenes"]

SIDE = 256
"""Pixels on a side of a scene."""

_NOISE = 20.0  # electrons: the scenes are scaled to any other when they are exposed
_FULL_WELL = 8e4


def draw_scene(seed: int, index: int) -> NDArray[np.float32]:
    """Draw a scene.

    Parameters
    ----------
    seed, index : int
        The same two give the same scene.

    Returns
    -------
    ndarray of float32, shape (SIDE, SIDE)
        Expected electrons above the sky over the noise of the sky.
    """
    rng = np.random.default_rng([seed, 0, index])
    psf = draw_psf(rng)
    light = draw_sources(rng, (SIDE, SIDE), psf=psf, noise=_NOISE, full_well=_FULL_WELL)
    return (light / _NOISE).astype(np.float32)


def load_scenes(
    folder: Path,
    *,
    n_scenes: int,
    seed: int,
    n_processes: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> NDArray[np.float32]:
    """Scenes kept in a folder, drawn where they are not there yet.

    Parameters
    ----------
    folder : Path
        One file a scene.
    n_scenes : int
        How many.
    seed : int
        Of the scenes.
    n_processes : int
        That draw side by side.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    ndarray of float32, shape (n_scenes, SIDE, SIDE)
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"scene_{seed}_{index:05d}.npy" for index in range(n_scenes)]
    missing = [index for index, path in enumerate(paths) if not path.exists()]
    with ProcessPoolExecutor(n_processes) as pool:
        for n_done, (index, scene) in enumerate(
            zip(missing, pool.map(_drawn, [(seed, i) for i in missing]), strict=True)
        ):
            partial = paths[index].with_suffix(".tmp.npy")
            np.save(partial, scene)
            os.replace(partial, paths[index])
            if progress is not None:
                progress(n_done + 1, len(missing), "drawing scenes")
    return np.stack([np.load(path) for path in paths])


def _drawn(key: tuple[int, int]) -> NDArray[np.float32]:
    return draw_scene(*key)
