"""What one frame teaches the amsd model: gains of bands, restored flux, variances set right, arithmetic it bears."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.details import log_of
from amsd_astro.network.amsd.flux_restoration import FluxRestoration
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.engines.arithmetic import Arithmetic

__all__ = ["FrameCalibration", "Sampling"]


@dataclass(frozen=True)
class Sampling:
    """Grids of every n-th pixel that the network looks at, each on its own, where noise reaches over many pixels.

    Attributes
    ----------
    n : int
        Pixels from one of a grid to the next; 1 for all of them at once.
    log_variance, shares : tuple of float
        How much of the result is made by looking at all pixels at once: logarithms of the variance that is predicted
        on the grids, rising, and the shares there; linear between them, constant beyond.
    """

    n: int = 1
    log_variance: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def is_blended(self) -> bool:
        """Whether anything is made by looking at all pixels at once, beside the grids."""
        return any(self.shares)

    def share_of_all(self, variance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shares at predicted variances."""
        return np.interp(log_of(variance), self.log_variance, self.shares).astype(np.float32)


@dataclass(frozen=True)
class FrameCalibration:
    """How a model is set for one frame; by default as it is for any.

    Attributes
    ----------
    band_gains : BandGains
        What is added of the bands of the denoised frame.
    flux_restoration : FluxRestoration
        What is given back of what denoising takes, as the frame's flux asks for it.
    variance_curve : VarianceCurve
        Correction of the variance that the network predicts.
    variance_scale : float or None
        Factor on that variance; None where the frame tells none: that of the model it is then.
    sampling : Sampling
        Which pixels the network looks at together.
    arithmetic : Arithmetic
        What `predict` computes by and in; training is in TensorFlow's float32.
    """

    band_gains: BandGains = field(default_factory=BandGains)
    flux_restoration: FluxRestoration = field(default_factory=FluxRestoration)
    variance_curve: VarianceCurve = field(default_factory=VarianceCurve)
    variance_scale: float | None = None
    sampling: Sampling = field(default_factory=Sampling)
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
