"""Training the thesis model, on packed pairs or on frames."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.held_out_risk import Adaptation, hold_out_blocks, mean_risk, variance_factor
from amsd_astro.network.optimizers import CentralizedAdam
from amsd_astro.network.recipes import ThesisRecipe
from amsd_astro.network.risk import hold_out
from amsd_astro.network.thesis.interpolated_pairs import Block, FramePairs, InterpolatedPairs, PackedPairs
from amsd_astro.network.thesis.loss import thesis_loss
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS
from amsd_astro.network.thesis.normalization import Normalization
from amsd_astro.network.training import Memory, Progress, train
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.network.training_state import Checkpoint

__all__ = ["ValidationLoss", "learn_frames", "learn_pairs", "steps_of_pairs"]

_log = logging.getLogger(__name__)

_N_JUDGED = 20  # times that the weights are judged in a training


def learn_frames(
    model: ThesisModel,
    frames: Sequence[TrainingFrame],
    recipe: ThesisRecipe,
    *,
    n_steps: int,
    seed: int,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> tuple[ThesisModel, Adaptation]:
    """Train a model on noisy versions of frames; its normalization is that of the frames' range.

    Parameters
    ----------
    model : ThesisModel
        A model of one channel, which training starts from; it stays as it is.
    frames : sequence of TrainingFrame
        Stabilized frames.
    recipe : ThesisRecipe
        Settings.
    n_steps : int
        Steps, at least 1.
    seed : int
        Seed of the noise and the patches.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    memory : Memory, optional
        As for `train`.

    Returns
    -------
    ThesisModel
        With the weights of the lowest validation loss.
    Adaptation
    """
    kept, probes = hold_out_blocks(frames, recipe, margin=model.margin, seed=recipe.held_out_seed)
    normalization = Normalization.over([frame.values for frame in frames], softening=recipe.softening)
    trained = model.with_own_network().replaced(normalization=normalization, variance_scale=1.0)
    pairs = FramePairs(
        [frame.values for frame in kept],
        normalization.forward,
        [frame.held_out for frame in kept],
        patch=recipe.frame_patch,
        n_patches=recipe.n_patches,
        seed=seed,
    )
    best = _learn(trained, pairs, recipe, n_steps, progress, memory)
    risk = mean_risk(trained, probes, n_orientations=recipe.n_orientations)
    if risk is not None:
        _log.info("held-out risk %.4f +- %.4f after %d steps", risk.value, risk.error, best.n_steps)
    return trained.replaced(variance_scale=variance_factor(risk)), Adaptation(best.n_steps, risk)


def learn_pairs(
    model: ThesisModel,
    noisy: NDArray[np.float32],
    target: NDArray[np.float32],
    recipe: ThesisRecipe,
    *,
    n_steps: int,
    seed: int,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> tuple[ThesisModel, Adaptation]:
    """Train a model on packed pairs.

    Parameters
    ----------
    model : ThesisModel
        A model of the arrays' channels, which training starts from; it stays as it is.
    noisy, target : ndarray of float32, shape (3 n, ny, nx, C) and (3 n, ny, nx, C * groups)
        The pairs, those of one image following one another.
    recipe, n_steps, seed, progress, memory
        As for `learn_frames`.

    Returns
    -------
    ThesisModel
        With the weights of the lowest validation loss.
    Adaptation
        Without a risk.
    """
    held_out = _hold_out_of_images(len(noisy) // N_VERSIONS, (noisy.shape[1], noisy.shape[2]), recipe)
    pairs = PackedPairs(noisy, target, held_out, patch=recipe.patch, n_patches=recipe.n_patches, seed=seed)
    trained = model.with_own_network()
    return trained, Adaptation(_learn(trained, pairs, recipe, n_steps, progress, memory).n_steps, None)


def _hold_out_of_images(n_images: int, shape: tuple[int, int], recipe: ThesisRecipe) -> list[list[Block]]:
    """Blocks held out of each image; images that have no room for a patch beside a block are held out whole."""
    if n_images > 1 and min(shape) < 2 * recipe.patch:
        n_held = max(1, round(recipe.held_out * n_images))
        chosen = np.random.default_rng(recipe.held_out_seed).permutation(n_images)[:n_held]
        return [[(0, 0, min(shape))] if k in chosen else [] for k in range(n_images)]
    whole = np.zeros(shape, bool)
    return [hold_out(whole, fraction=recipe.held_out, seed=recipe.held_out_seed + k) for k in range(n_images)]


def steps_of_pairs(shape: tuple[int, ...], recipe: ThesisRecipe) -> int:
    """Steps of all epochs on packed pairs of a shape; an epoch shows as many pixels as there are to learn from."""
    n, ny, nx = shape[:3]
    n_pixels = n * ny * nx * (1 - recipe.held_out)
    side = min(recipe.patch, ny, nx)
    return recipe.n_epochs * max(1, round(n_pixels / (recipe.n_patches * side**2)))


def _learn(
    model: ThesisModel,
    pairs: InterpolatedPairs,
    recipe: ThesisRecipe,
    n_steps: int,
    progress: Progress | None,
    memory: Memory | None,
) -> Checkpoint:
    def loss(noisy: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return thesis_loss(model.network(noisy), target)

    validation = pairs.validation(recipe.n_validated, seed=recipe.held_out_seed)
    return train(
        model.network,
        loss,
        CentralizedAdam(recipe.learning_rate),
        pairs,
        n_steps=n_steps,
        score=None if validation is None else ValidationLoss(model, *validation),
        score_at=tuple(filter(None, (round(n_steps * k / _N_JUDGED) for k in range(1, _N_JUDGED)))),
        progress=progress,
        memory=memory,
    )


@dataclass
class ValidationLoss:
    """The loss on pairs held out.

    Parameters
    ----------
    model : ThesisModel
        The model that is trained.
    noisy, target : ndarray of float32, shape (n, p, p, C) and (n, p, p, C * groups)
        The pairs.
    """

    model: ThesisModel
    noisy: NDArray[np.float32]
    target: NDArray[np.float32]
    state: None = None  # nothing is remembered of earlier weights

    def __call__(self) -> float:
        """Judge the weights that the model has now."""
        losses = [
            float(thesis_loss(self.model.answer(noisy[None]), target[None]))
            for noisy, target in zip(self.noisy, self.target, strict=True)
        ]
        return float(np.mean(losses))
