"""Figures of what denoising did: a frame before and after, what was taken from it, and how right its 1-sigma map is.

They are `~matplotlib.figure.Figure` objects, made without pyplot: Jupyter shows them as they are, and they need no
display.
"""

from amsd_astro.plotting.calibration import plot_calibration
from amsd_astro.plotting.comparison import plot_comparison
from amsd_astro.plotting.residual import plot_residual
from amsd_astro.plotting.saving import FORMATS, save_figure

__all__ = ["FORMATS", "plot_calibration", "plot_comparison", "plot_residual", "save_figure"]
