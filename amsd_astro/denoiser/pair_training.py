"""Training of a model of the thesis recipe on packed pairs of images, remembered in a file where that is wanted."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.denoiser.resumption import TrainingFile, training_key
from amsd_astro.network.architectures import GROUPS, MOST_CHANNELS, SMALLEST_IMAGE
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS
from amsd_astro.progress import Progress

if TYPE_CHECKING:
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor

__all__ = ["check_shapes", "check_values", "checked_pairs", "train_on_pairs"]


def train_on_pairs(
    model: Any,
    noisy: NDArray[np.float32],
    target: NDArray[np.float32],
    *,
    n_steps: int | None,
    seed: int,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> tuple[Predictor, Adaptation]:
    """Train a model of the thesis recipe on packed pairs, a new one if None is given.

    Parameters
    ----------
    model : ThesisModel or None
        What training starts from; it stays as it is.
    noisy, target : ndarray
        By `checked_pairs`.
    n_steps : int or None
        Steps; by default the recipe's epochs.
    seed, progress, checkpoint
        As for `train_on_frames`.
    """
    from amsd_astro.network import recipes
    from amsd_astro.network.architectures import ThesisArchitecture
    from amsd_astro.network.thesis.model import ThesisModel
    from amsd_astro.network.thesis.training import learn_pairs, steps_of_pairs

    recipe = recipes.THESIS
    n_channels = noisy.shape[-1]
    architecture = ThesisArchitecture(n_channels, target.shape[-1] // n_channels)
    if model is not None and model.architecture != architecture:
        raise ValueError(f"the pairs must fit the model, {model.architecture}. Received: {architecture}")
    model = model or ThesisModel(architecture, seed=seed)
    steps = steps_of_pairs(noisy.shape, recipe) if n_steps is None else n_steps
    memory = None
    if checkpoint is not None:
        stated = {"recipe": asdict(recipe), "steps": steps, "seed": seed, "start": model.fingerprint()}
        stated["pairs"] = [_digest(noisy), _digest(target)]
        memory = TrainingFile(checkpoint, training_key([], stated))
    return learn_pairs(model, noisy, target, recipe, n_steps=steps, seed=seed, progress=progress, memory=memory)


def _digest(array: NDArray[np.float32]) -> str:
    digest = hashlib.sha256(str(array.shape).encode())
    for image in array:
        digest.update(np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()


def checked_pairs(noisy: Any, target: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Make sure that two arrays are pairs to learn from, by their shapes and values.

    Parameters
    ----------
    noisy, target : array_like
        As for `check_shapes`.

    Raises
    ------
    ValueError
        They are not.
    """
    check_shapes(noisy, target)
    for name, array in (("noisy", noisy), ("target", target)):
        check_values(array, name)
    return noisy, target


def check_values(array: NDArray[np.float32], name: str) -> None:
    """Make sure that images have values of 0 to 1, one image after another: training on others comes to nothing.

    Raises
    ------
    ValueError
        They have not.
    """
    low, high = np.inf, -np.inf
    for k, image in enumerate(array):
        ends = float(image.min()), float(image.max())
        if not np.isfinite(ends).all():
            raise ValueError(f"{name} must be finite, values of 0 to 1. Received: NaN or infinity in image {k}")
        low, high = min(low, ends[0]), max(high, ends[1])
    if low < 0 or high > 1:
        raise ValueError(f"{name} must hold values of 0 to 1. Received: {low:g} to {high:g}")


def check_shapes(noisy: Any, target: Any) -> None:
    """Make sure that two arrays are pairs to learn from, by their shapes.

    Parameters
    ----------
    noisy, target : array_like, shape (3 n, ny, nx, C) and (3 n, ny, nx, C) or (3 n, ny, nx, 4 C)
        float32 of 0 to 1.

    Raises
    ------
    ValueError
        They are not.
    """
    arrays = {"noisy": noisy, "target": target}
    for name, array in arrays.items():
        if getattr(array, "ndim", 0) != 4 or array.dtype != np.float32:
            found = f"{getattr(array, 'dtype', type(array).__name__)} of shape {getattr(array, 'shape', ())}"
            raise ValueError(f"{name} must be float32 of shape (n, ny, nx, C). Received: {found}")
    n, ny, nx, n_channels = noisy.shape
    if n == 0 or n % N_VERSIONS or min(ny, nx) < SMALLEST_IMAGE or not 1 <= n_channels <= MOST_CHANNELS:
        limits = f"{SMALLEST_IMAGE} pixels or more and 1 to {MOST_CHANNELS} channels"
        rule = f"noisy must hold three versions of each image, of {limits}"
        raise ValueError(f"{rule}. Received: shape {noisy.shape}")
    if target.shape[:3] != (n, ny, nx) or target.shape[3] not in [k * n_channels for k in GROUPS]:
        rule = f"target must have the shape of noisy, {noisy.shape}, or four times its channels"
        raise ValueError(f"{rule}. Received: shape {target.shape}")
