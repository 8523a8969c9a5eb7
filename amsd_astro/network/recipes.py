"""What makes each recipe, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from amsd_astro.network.architectures import AmsdArchitecture, ThesisArchitecture

__all__ = ["AMSD", "THESIS", "AmsdRecipe", "ThesisRecipe", "settings_of"]


@dataclass(frozen=True)
class AmsdRecipe:
    """Settings of the flagship recipe.

    Parameters
    ----------
    architecture : AmsdArchitecture
        The network.
    amplitude : float
        The a of the recorrupted pairs.
    weights : str or None
        File in ``network/weights`` that training starts from; None: from nothing.
    n_steps : int
        Steps of training from nothing where the caller leaves the number to the program.
    n_adapted : int
        The same for weights that have been trained.
    n_repeated : int
        The same where exposures of one field are each other's targets.
    n_patches, patch : int
        Patches in a step and pixels on a side of each.
    learning_rate : float
        Peak of the schedule from nothing.
    adapted_rate : float
        The same for weights that have been trained.
    scale_weight : float
        Weight in the loss of each coarser scale relative to the pixels.
    held_out : float
        Share of the frame that training never learns from.
    held_out_seed : int
        Seed of its choice, the same for every training and whatever is judged later: weights have never seen it.
    n_orientations : int
        Orientations averaged when denoising.
    """

    architecture: AmsdArchitecture = field(default_factory=lambda: AmsdArchitecture(residuals=(0, 1, 3)))
    amplitude: float = 0.5
    weights: str | None = "amsd.npz"
    n_steps: int = 320
    n_adapted: int = 400
    n_repeated: int = 600
    n_patches: int = 16
    patch: int = 64
    learning_rate: float = 4e-3
    adapted_rate: float = 5e-4
    scale_weight: float = 0.02
    held_out: float = 0.15
    held_out_seed: int = 2968811710
    n_orientations: int = 4

    @property
    def steps_on_frames(self) -> int:
        """Steps of training on frames where the caller leaves the number to the program."""
        return self.n_steps if self.weights is None else self.n_adapted


@dataclass(frozen=True)
class ThesisRecipe:
    """Settings of the thesis recipe.

    Parameters
    ----------
    architecture : ThesisArchitecture
        The network for a frame; that for packed pairs has their channels.
    weights : None
        There are none in the package.
    softening : float
        Noise widths up to which the normalization of a frame is linear.
    n_steps : int
        Steps of training on a frame where the caller leaves the number to the program.
    n_epochs : int
        The same for packed pairs, in passes through them.
    n_patches : int
        Patches in a step.
    patch : int
        Pixels on a side of a patch of packed pairs.
    frame_patch : int
        The same for a frame: a quarter of the pixels, as a step of the whole takes 20 s on two cores.
    learning_rate : float
        Of all steps.
    held_out : float
        Share of the images that training never learns from.
    held_out_seed : int
        Seed of its choice.
    n_validated : int
        Blocks held out that the weights are judged on, at most.
    n_orientations : int
        Orientations averaged when denoising.
    """

    architecture: ThesisArchitecture = field(default_factory=ThesisArchitecture)
    weights: str | None = None
    softening: float = 1.0
    n_steps: int = 80
    n_epochs: int = 1000
    n_patches: int = 8
    patch: int = 128
    frame_patch: int = 64
    learning_rate: float = 1e-4
    held_out: float = 0.1
    held_out_seed: int = 42
    n_validated: int = 16
    n_orientations: int = 1

    @property
    def steps_on_frames(self) -> int:
        """Steps of training on frames where the caller leaves the number to the program."""
        return self.n_steps


AMSD = AmsdRecipe()
THESIS = ThesisRecipe()


def settings_of(recipe: str) -> AmsdRecipe | ThesisRecipe:
    """Return the settings of a recipe by its name."""
    settings: dict[str, AmsdRecipe | ThesisRecipe] = {"amsd": AMSD, "thesis": THESIS}
    return settings[recipe]
