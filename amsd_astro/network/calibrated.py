"""What the frame that is to be denoised has taught a model, and what was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.predictor import Estimate
from amsd_astro.network.risk import Risk

__all__ = ["STAGE", "Calibrated", "KnownAnswers"]

STAGE = "measuring the error that is left"
"""What calibrating a model on a frame is called where progress is told."""


class KnownAnswers(Protocol):
    """A network's answers to all of a frame."""

    @property
    def images(self) -> NDArray[np.float32]:
        """What it was asked, shape (1, ny, nx)."""

    def estimate(self, calibration: Any) -> Estimate:
        """What `Predictor.predict` would make of `images`."""


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
    answers : KnownAnswers or None
        What the network has said of the whole frame already.
    """

    calibration: Any
    risk: Risk | None = None
    flux: FluxLoss | None = None
    answers: KnownAnswers | None = None
