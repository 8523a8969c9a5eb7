"""The one place where frames meet the network."""

from amsd_astro.denoiser.interface import Denoiser
from amsd_astro.denoiser.one_call import denoise
from amsd_astro.denoiser.weights_holder import RECIPES

__all__ = ["RECIPES", "Denoiser", "denoise"]
