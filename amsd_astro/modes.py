"""What a denoising may cost, by name."""

from __future__ import annotations

from typing import Literal

__all__ = ["ADAPT_STEPS", "MODES", "Mode", "mode_of", "steps_of"]

Mode = Literal["fast", "standard", "adapt"]
"""One orientation of the frame, which teaches nothing; four, and gains of bands; the weights learn from it first."""

MODES: tuple[Mode, ...] = ("fast", "standard", "adapt")

ADAPT_STEPS = 400


def steps_of(mode: str | None, steps: int | None) -> int | None:
    """Return the steps of training that a mode stands for.

    Parameters
    ----------
    mode : str or None
        One of `MODES`, or None where only the steps are stated.
    steps : int or None
        Steps that are stated beside it.

    Returns
    -------
    int or None
        None leaves the number to the program.

    Raises
    ------
    ValueError
        There is no such mode, or it stands for another number of steps.
    """
    if mode is None:
        return steps
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}. Received: {mode!r}")
    meant = {"fast": 0, "standard": None, "adapt": ADAPT_STEPS}[mode]
    if steps is not None and steps != meant:
        own = "no number of steps" if meant is None else f"steps={meant}"
        raise ValueError(f"mode {mode} stands for {own}; state one of the two. Received: steps={steps}")
    return meant


def mode_of(steps: int | None) -> Mode:
    """Return the mode that steps of training stand for: any number of them adapts.

    Parameters
    ----------
    steps : int or None
        None where the number is left to the program.
    """
    if steps is None:
        return "standard"
    return "adapt" if steps else "fast"
