"""The one place where frames meet the network."""

from amsd_astro.denoiser.interface import RECIPES, Denoiser, denoise

__all__ = ["RECIPES", "Denoiser", "denoise"]
