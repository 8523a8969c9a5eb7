"""The scenes of the sample frames: field galaxies, a globular cluster and one large spiral."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.simulation.detector import Detector, draw_bad_columns, sky_background
from amsd_astro.simulation.fields import Field, make_field
from amsd_astro.simulation.populations import draw_galaxies
from amsd_astro.simulation.psf import MoffatPsf
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import cluster_fluxes, cluster_positions, power_law, uniform_positions

__all__ = ["galaxy_field", "large_galaxy", "star_cluster"]

# Truth on this grid (adu) does not depend on the last bits of floating arithmetic.
_GRAIN = 2.0**-7


_Stars = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _joined(*stars: _Stars) -> _Stars:
    x, y, flux = (np.concatenate(parts) for parts in zip(*stars, strict=True))
    return x, y, flux


def _foreground(rng: np.random.Generator, shape: tuple[int, int], n: int, n_bright: int) -> _Stars:
    """Stars of the Milky Way, `n_bright` of them bright enough to saturate."""
    faint = power_law(rng, n, 250.0, 1.5e6, 1.45)
    bright = power_law(rng, n_bright, 2e6, 1.6e7, 1.6)
    x, y = uniform_positions(rng, n + n_bright, shape, margin=10.0)
    return x, y, np.concatenate([faint, bright])


def galaxy_field(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> Field:
    """Galaxies of all sizes and a few stars, from the ground: FWHM 3.3 px, sky 520 e.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import galaxy_field
    >>> galaxy_field(np.random.default_rng(1), (64, 64)).truth.shape
    (64, 64)
    """
    area = shape[0] * shape[1] / 512**2
    psf = MoffatPsf(fwhm=3.3, ellipticity=0.04, angle=62.0, beta=3.1)
    detector = Detector(
        gain=1.6, read_noise=5.2, pedestal=1012.0, full_well=92_000.0, bad_columns=draw_bad_columns(rng, shape, 3)
    )
    galaxies = draw_galaxies(
        rng, round(1100 * area), shape, faint=150.0, bright=2.5e6, size=17.0, slope=1.67, spiral_size=7.0
    )
    stars = _foreground(rng, shape, round(130 * area), 5)
    sky = sky_background(shape, 520.0, gradient=0.03, angle=28.0, bowl=0.008)
    return make_field(shape, psf, detector, sky, stars=stars, galaxies=galaxies, rng=rng, lost=1e-4, grain=_GRAIN)


def star_cluster(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> Field:
    """A globular cluster, crowded to its centre: FWHM 2.8 px, sky 140 e.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import star_cluster
    >>> star_cluster(np.random.default_rng(1), (64, 64)).truth.shape
    (64, 64)
    """
    ny, nx = shape
    area = ny * nx / 512**2
    psf = MoffatPsf(fwhm=2.8, ellipticity=0.03, angle=118.0, beta=3.4)
    detector = Detector(
        gain=2.1, read_noise=4.3, pedestal=820.0, full_well=118_000.0, bad_columns=draw_bad_columns(rng, shape, 2)
    )
    n_cluster = round(10_000 * area)
    centre = (0.53 * nx, 0.48 * ny)
    members = cluster_positions(rng, n_cluster, centre, 0.11 * min(shape), ellipticity=0.06, angle=40.0)
    fluxes = cluster_fluxes(rng, n_cluster, 60.0, 1.6e6)
    stars = _joined((*members, fluxes), _foreground(rng, shape, round(220 * area), 4))
    sky = sky_background(shape, 140.0, gradient=0.02, angle=200.0)
    return make_field(shape, psf, detector, sky, stars=stars, rng=rng, grain=_GRAIN)


def large_galaxy(rng: np.random.Generator, shape: tuple[int, int] = (512, 512)) -> Field:
    """A grand-design spiral from its bright nucleus to the faint edge of its disc: FWHM 3.0 px, sky 260 e.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import large_galaxy
    >>> large_galaxy(np.random.default_rng(1), (64, 64)).truth.shape
    (64, 64)
    """
    ny, nx = shape
    area = ny * nx / 512**2
    psf = MoffatPsf(fwhm=3.0, ellipticity=0.02, angle=10.0, beta=3.3)
    detector = Detector(
        gain=1.45, read_noise=4.6, pedestal=998.0, full_well=86_000.0, bad_columns=draw_bad_columns(rng, shape, 2)
    )
    spiral = SpiralGalaxy(
        0.49 * nx,
        0.515 * ny,
        flux=2.4e7,
        scale_length=0.135 * min(shape),
        inclination=36.0,
        angle=57.0,
        bulge_fraction=0.11,
        bulge_radius=0.16,
        bulge_index=3.5,
        bar_fraction=0.025,
        hii_fraction=0.08,
        n_arms=2,
        pitch=19.0,
        arm_strength=0.85,
        dust=0.9,
        flocculence=0.3,
        n_hii=700,
    )
    background = draw_galaxies(rng, round(260 * area), shape, faint=200.0, bright=6e4, size=4.0, spiral_size=20.0)
    stars = _foreground(rng, shape, round(70 * area), 4)
    sky = sky_background(shape, 260.0, gradient=0.025, angle=-60.0, bowl=0.006)
    galaxies = [spiral, *background]
    return make_field(shape, psf, detector, sky, stars=stars, galaxies=galaxies, rng=rng, lost=3e-5, grain=_GRAIN)
