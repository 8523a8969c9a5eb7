"""The one place where frames meet the network."""

from amsd_astro.denoiser.interface import RECIPES, Denoiser
from amsd_astro.denoiser.one_call import denoise

__all__ = ["RECIPES", "Denoiser", "denoise"]
