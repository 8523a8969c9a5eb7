"""How weights are made, as data."""

from __future__ import annotations

from dataclasses import dataclass

from amsd_astro.network.architectures import MOST_RESIDUALS, are_residuals
from amsd_astro.network.recipes import AMSD

__all__ = ["PretrainingSettings"]


_SMALLEST_PATCH = 32


@dataclass(frozen=True)
class PretrainingSettings:
    """How weights are made.

    Parameters
    ----------
    n_scenes : int
        Simulated scenes, two at least.
    n_steps : int
        Steps of training.
    n_lessons : int
        Batches that all steps of training take again and again, each time turned; 0 for a new one at each step.
    n_patches, patch : int
        Patches in a step and pixels on a side of each.
    learning_rate : float
        Peak; it rises over the first 2 % of the steps and falls along a cosine to a hundredth.
    n_calibrated : int
        Steps of training that follow, of the variance alone.
    n_compared : int
        Exposures of other scenes (a quarter of `n_scenes`) that the shrinkage of the finished network is learned from.
    n_validated : int
        Batches of exposures of other scenes (one in twenty is kept for that) that the error is measured on.
    seed : int
        Of scenes, exposures and initial weights.
    precision : str
        Of the training, as `set_precision` takes it.
    residuals : tuple of int
        Residual blocks of the network, as `AmsdArchitecture` takes them.

    Raises
    ------
    ValueError
        No model file would hold so many residual blocks, or a patch is too small for what is learned from it.
    """

    n_scenes: int = 1600
    n_steps: int = 20_000
    n_lessons: int = 0
    n_patches: int = 4
    patch: int = 192
    learning_rate: float = 2e-3
    n_calibrated: int = 400
    n_compared: int = 1600
    n_validated: int = 16
    seed: int = 1
    precision: str = "float32"
    residuals: tuple[int, ...] = tuple(AMSD.architecture.residuals)

    def __post_init__(self) -> None:
        n_levels = len(AMSD.architecture.widths)
        if not are_residuals(self.residuals, n_levels):
            limits = f"at most {n_levels} numbers of 0 to {MOST_RESIDUALS}"
            raise ValueError(f"residuals must be {limits}. Received: {self.residuals}")
        if self.patch < _SMALLEST_PATCH:
            raise ValueError(f"patch must be at least {_SMALLEST_PATCH} pixels. Received: {self.patch}")
