"""The cards that say how a frame was denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amsd_astro.frames.denoising_record import is_credible

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import Calibrated
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.noise.line_pattern import Pattern

__all__ = ["UNCHANGED", "pattern_cards", "provenance"]

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
        cards["AMSDTRST"] = (is_credible(value, error), "whether a right noise model can have this AMSDRISK")
        for cell, factor in risk.cell_factors.items():
            cards[f"AMSDCV{cell}"] = (_short(factor), f"variance of {cell}x{cell} px sums over that of its pixels")
    if flux is not None:
        cards["AMSDFLUX"] = (_short(100 * flux.value), "[%] flux of faint sources gained (lost: < 0)")
        cards["AMSDFERR"] = (_short(100 * flux.error), "[%] standard error of AMSDFLUX")
    return cards


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
