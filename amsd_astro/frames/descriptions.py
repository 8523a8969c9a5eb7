"""Noise models and denoisings in words and numbers, for people."""

from __future__ import annotations

import numpy as np

from amsd_astro.arrays.blocks import typical
from amsd_astro.frames.denoising_record import Record
from amsd_astro.noise.model import NoiseModel

__all__ = ["flux_in_words", "noise_in_words", "recipe_in_words", "risk_in_words"]


def noise_in_words(noise: NoiseModel, unit: str) -> list[tuple[str, str]]:
    """Return what there is to say of a noise model, by its name.

    Parameters
    ----------
    noise : NoiseModel
        As measured or recorded; a floor that is a map is told by its median.
    unit : str
        Of the frame; empty for none.
    """
    sigma = float(np.sqrt(max(noise.sky_variance, 0.0)))
    floor = typical(noise.floor)
    median = " (median of a map)" if np.ndim(noise.floor) else ""
    variance = f"{noise.slope:.4g} * signal {'-' if floor < 0 else '+'} {abs(floor):.4g}{median}"
    across, along = noise.neighbours
    return [
        ("sky", f"{noise.sky:.6g} ± {sigma:.4g} {unit}".rstrip()),
        ("variance", variance),
        ("slope from", noise.source),
        ("correlation", f"{across:.3f} along x, {along:.3f} along y (next pixel)"),
    ]


def recipe_in_words(record: Record) -> str:
    """Return recipe, mode and steps of a denoising."""
    mode = "" if record.mode is None else f", mode {record.mode}"
    steps = "" if record.steps is None else f", {record.steps} steps"
    return f"{record.recipe or 'not recorded'}{mode}{steps}"


def risk_in_words(record: Record) -> str | None:
    """Return the estimated error of a denoised frame, None where none is recorded."""
    if record.risk is None:
        return None
    error = "" if record.risk_error is None else f" ± {record.risk_error:.2g}"
    if not record.is_trusted:
        return f"cannot be told, the noise is not what it was taken for (AMSDRISK {record.risk:.4f}{error})"
    return f"{np.sqrt(max(record.risk, 0.0)):.2f} of the noise (AMSDRISK {record.risk:.4f}{error})"


def flux_in_words(record: Record) -> str | None:
    """Return what a denoising did to the flux of faint sources, None where it is not recorded."""
    if record.flux is None:
        return None
    error = "" if record.flux_error is None else f" ± {record.flux_error:.1f}"
    return f"{record.flux:+.1f}{error} %"
