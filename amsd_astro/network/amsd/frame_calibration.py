"""What one frame teaches the amsd model: gains of bands, restored flux, variances set right, arithmetic it bears."""

from __future__ import annotations

from dataclasses import dataclass, field

from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.flux_restoration import FluxRestoration
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.engines.arithmetic import Arithmetic

__all__ = ["FrameCalibration"]


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
    arithmetic : Arithmetic
        What `predict` computes by and in; training is in TensorFlow's float32.
    """

    band_gains: BandGains = field(default_factory=BandGains)
    flux_restoration: FluxRestoration = field(default_factory=FluxRestoration)
    variance_curve: VarianceCurve = field(default_factory=VarianceCurve)
    variance_scale: float | None = None
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
