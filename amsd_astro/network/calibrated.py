"""What the frame that is to be denoised has taught a model, and what was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.risk import Risk

__all__ = ["Calibrated"]


@dataclass(frozen=True)
class Calibrated:
    """What came of calibrating a model on a frame.

    Attributes
    ----------
    calibration : FrameCalibration or Normalization
        To be handed to `Predictor.predict` with the frame.
    risk : Risk or None
        Of the result.
    flux : FluxLoss or None
        What is left of the loss of flux; None where the frame shows no faint sources.
    """

    calibration: Any
    risk: Risk | None = None
    flux: FluxLoss | None = None
