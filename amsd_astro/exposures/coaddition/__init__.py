"""The co-add: exposures resampled and weighted, blemishes left out, with the variance and correlation of its noise."""

from __future__ import annotations

from amsd_astro.exposures.coaddition.aligned_stack import AlignedStack
from amsd_astro.exposures.coaddition.calibrations import WEIGHTS
from amsd_astro.exposures.coaddition.variables import StarFluxes, Variable
from amsd_astro.exposures.coaddition.weighted_mean import Coadd, align, mean_of

__all__ = [
    "AlignedStack",
    "Coadd",
    "StarFluxes",
    "Variable",
    "WEIGHTS",
    "align",
    "mean_of",
]
