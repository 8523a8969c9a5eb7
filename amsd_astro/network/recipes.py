"""What makes each recipe, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from amsd_astro.network.layouts import AmsdArchitecture

__all__ = ["AMSD", "AmsdRecipe"]


@dataclass(frozen=True)
class AmsdRecipe:
    """Settings of the flagship recipe.

    Parameters
    ----------
    architecture : AmsdArchitecture
        The network.
    amplitude : float
        The a of the recorrupted pairs.
    n_steps : int
        Steps of training where the caller leaves the number to the program.
    n_patches, patch : int
        Patches in a step and pixels on a side of each.
    learning_rate : float
        Peak of the schedule.
    scale_weight : float
        Weight in the loss of each coarser scale relative to the pixels.
    held_out : float
        Share of the frame that training never learns from.
    n_orientations : int
        Orientations averaged when denoising.
    """

    architecture: AmsdArchitecture = field(default_factory=AmsdArchitecture)
    amplitude: float = 0.5
    n_steps: int = 320
    n_patches: int = 16
    patch: int = 64
    learning_rate: float = 4e-3
    scale_weight: float = 0.02
    held_out: float = 0.15
    n_orientations: int = 8


AMSD = AmsdRecipe()
