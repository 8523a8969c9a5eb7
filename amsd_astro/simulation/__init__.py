"""Simulated astronomical fields with known truth.

`random_field` draws a field, `expose` looks at it; `make_field` builds one from sources of choice; `write_samples`
makes the sample frames.
"""

from amsd_astro.simulation.beams import Beam
from amsd_astro.simulation.canvas import Canvas
from amsd_astro.simulation.cosmic_rays import draw_cosmic_rays
from amsd_astro.simulation.detector import (
    BAD_COLUMN,
    COSMIC_RAY,
    SATURATED,
    BadColumn,
    Detector,
    draw_bad_columns,
    sky_background,
)
from amsd_astro.simulation.fields import Exposure, Field, expose, make_field, observe_sources
from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.simulation.knots import draw_knots
from amsd_astro.simulation.nebulae import diffuse_emission
from amsd_astro.simulation.populations import draw_galaxies, draw_spiral
from amsd_astro.simulation.psf import DiffractionPsf, GaussianPsf, MoffatPsf, Psf
from amsd_astro.simulation.random_fields import (
    random_detector,
    random_field,
    random_psf,
    random_sky,
    random_sources,
)
from amsd_astro.simulation.resampling import KERNELS, Resampling
from amsd_astro.simulation.samples import sample_names, write_samples
from amsd_astro.simulation.scenes import galaxy_field, large_galaxy, star_cluster
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import cluster_fluxes, cluster_positions, power_law, render_stars, uniform_positions
from amsd_astro.simulation.trails import satellite_trail
from amsd_astro.simulation.wcs import tan_sip_header

__all__ = [
    "BAD_COLUMN",
    "BadColumn",
    "Beam",
    "COSMIC_RAY",
    "Canvas",
    "Detector",
    "DiffractionPsf",
    "Exposure",
    "Field",
    "GaussianPsf",
    "KERNELS",
    "MoffatPsf",
    "Psf",
    "Resampling",
    "SATURATED",
    "SersicGalaxy",
    "SpiralGalaxy",
    "cluster_fluxes",
    "cluster_positions",
    "diffuse_emission",
    "draw_bad_columns",
    "draw_cosmic_rays",
    "draw_galaxies",
    "draw_knots",
    "draw_spiral",
    "expose",
    "galaxy_field",
    "large_galaxy",
    "make_field",
    "observe_sources",
    "power_law",
    "random_detector",
    "random_field",
    "random_psf",
    "random_sky",
    "random_sources",
    "render_stars",
    "sample_names",
    "satellite_trail",
    "sky_background",
    "star_cluster",
    "tan_sip_header",
    "uniform_positions",
    "write_samples",
]
