"""The packaged network trained on against the truth of fields of one kind: what a network of this size can do there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from amsd_astro.network.amsd.bands import band_noise, band_radius, normalized_bands
from amsd_astro.network.amsd.network import set_precision
from amsd_astro.network.files.model_file import save_model
from amsd_astro.network.files.packaged_weights import packaged_model
from amsd_astro.network.recipes import AMSD
from amsd_astro.pretraining.losses import truth_loss
from amsd_astro.pretraining.muon import Muon

__all__ = ["trained_oracle"]

_N_PATCHES = 4
_RATE = 2e-3  # at the start, falling to a hundredth


def trained_oracle(
    path: Path, exposures: Iterator[np.ndarray], correlation: np.ndarray, *, n_steps: int, patch: int, precision: str
) -> Path:
    """Return the model file of an oracle, trained if it is not there.

    Parameters
    ----------
    path : Path
        Of the model file.
    exposures : iterator of ndarray, shape (ny, nx, 3)
        One for each patch: noisy values in noise units, the truth in them, and the weight of each pixel, side by side.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of their noise.
    n_steps, patch : int
        Steps of `_N_PATCHES` patches of that many pixels a side.
    precision : str
        Of the training, ``"float32"`` or ``"bfloat16"``.
    """
    if path.exists():
        return path
    model = packaged_model(AMSD.weights or "").with_own_network()
    schedule = keras.optimizers.schedules.CosineDecay(_RATE, n_steps, alpha=0.01)
    set_precision(model.network, precision)
    model.network.compile(optimizer=Muon(schedule, global_clipnorm=1.0), loss=truth_loss, jit_compile=False)
    rng = np.random.default_rng([n_steps, patch])
    margin, noise = band_radius(), band_noise(correlation)
    inner = (slice(None), *(slice(margin, -margin),) * 2)
    for step in range(n_steps):
        patches = np.stack([_patch(next(exposures), rng, patch + 2 * margin) for _ in range(_N_PATCHES)])
        known = np.ascontiguousarray(patches[inner])
        loss = model.network.train_on_batch(normalized_bands(np.ascontiguousarray(patches[..., 0]), noise), known)
        if step % 100 == 0:
            sys.stderr.write(f"{path.stem}: step {step}, loss {float(loss):.3f}\n")
    set_precision(model.network, "float32")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        save_model(file, model, {"recipe": "amsd", "seed": 0, "steps": n_steps})
    return path


def _patch(exposed: np.ndarray, rng: np.random.Generator, side: int) -> np.ndarray:
    """A patch of an exposure in one of the eight orientations."""
    y, x = (int(rng.integers(0, n - side + 1)) for n in exposed.shape[:2])
    patch = np.rot90(exposed[y : y + side, x : x + side], int(rng.integers(4)))
    return patch[::-1] if rng.random() < 0.5 else patch
