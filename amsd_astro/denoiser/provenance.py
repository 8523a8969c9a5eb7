"""The cards that say how a frame was denoised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amsd_astro.frames.denoising_record import is_credible

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import Calibrated
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.noise.line_pattern import Pattern

__all__ = ["UNCHANGED", "asked_cards", "pattern_cards", "provenance"]

UNCHANGED: dict[str, tuple[Any, str]] = {"AMSDSAME": (True, "left as it was: it shows no noise")}
"""The cards of a frame that is its own result."""


def provenance(
    model: Predictor, recipe: str, *, mode: str, n_steps: int, seed: int, found: Calibrated
) -> dict[str, tuple[Any, str]]:
    """Return cards, value and comment by keyword.

    Parameters
    ----------
    model : Predictor
        What denoised.
    recipe : str
        Its recipe.
    mode : str
        What was asked of it: fast, standard or adapt.
    n_steps, seed : int
        Steps that made its weights, and the seed.
    found : Calibrated
        What this very frame taught, and what was measured on it.
    """
    cards: dict[str, tuple[Any, str]] = {
        "AMSDRCP": (recipe, "recipe"),
        "AMSDMODE": (mode, "mode: fast, standard or adapt"),
        "AMSDHASH": (model.fingerprint(), "SHA-256 of the weights, first digits"),
        "AMSDSTEP": (n_steps, "training steps of the weights"),
        "AMSDSEED": (seed, "seed"),
        **model.cards(found.calibration),
    }
    risk, flux = found.risk, found.flux
    if risk is not None:
        value, error = _short(risk.value / risk.noise), _short(risk.error / risk.noise)
        cards["AMSDRISK"] = (value, "estimated mean squared error, over the noise's")
        cards["AMSDRERR"] = (error, "standard error of AMSDRISK")
        cards["AMSDTRST"] = (is_credible(value, error), "F: no right noise model can have such a risk")
        for cell, factor in risk.cell_factors.items():
            cards[f"AMSDCV{cell}"] = (_short(factor), f"variance of {cell}x{cell} px sums over that of its pixels")
    if flux is not None:
        cards["AMSDFLUX"] = (_short(100 * flux.value), "[%] flux of faint sources gained (lost: < 0)")
        cards["AMSDFERR"] = (_short(100 * flux.error), "[%] standard error of AMSDFLUX")
    return cards


def asked_cards(
    n_orientations: int, flux_tolerance: float | None, stated: Mapping[str, float | None]
) -> dict[str, tuple[Any, str]]:
    """Return the cards of what was asked for.

    Parameters
    ----------
    n_orientations : int
        Orientations averaged.
    flux_tolerance : float or None
        Share of the flux that may be lost; None where the recipe has no use for it.
    stated : mapping
        Gain and read noise, where they were stated.
    """
    cards: dict[str, tuple[Any, str]] = {"AMSDORNT": (int(n_orientations), "orientations averaged")}
    numbers = {
        "AMSDTOLF": (flux_tolerance, "share of faint flux that may be lost"),
        "AMSDSGAI": (stated.get("gain"), "electrons per unit, as stated"),
        "AMSDSRON": (stated.get("read_noise"), "[electron] read noise, as stated"),
    }
    return cards | {key: (_short(value), comment) for key, (value, comment) in numbers.items() if value is not None}


def pattern_cards(pattern: Pattern, *, removed: bool) -> dict[str, tuple[Any, str]]:
    """Return the cards of a pattern of rows and columns, which was left out or put back."""
    rows, columns = pattern.widths
    return {
        "AMSDPROW": (_short(rows), "rms of the offsets of rows, over the noise"),
        "AMSDPCOL": (_short(columns), "rms of the offsets of columns, over the noise"),
        "AMSDPOUT": (removed, "whether these offsets were left out"),
    }


def _short(value: float) -> float:
    return float(f"{value:.6g}")
