"""Random fields of wide variety, for training and for testing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from amsd_astro.simulation.detector import Detector, sky_background
from amsd_astro.simulation.draws import detection_limit, log_uniform, negligible_wings
from amsd_astro.simulation.fields import Field, observe_sources
from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.simulation.nebulae import diffuse_emission
from amsd_astro.simulation.populations import draw_galaxies, draw_spiral
from amsd_astro.simulation.psf import DiffractionPsf, GaussianPsf, MoffatPsf, Psf
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import cluster_positions, power_law, uniform_positions
from amsd_astro.simulation.trails import satellite_trail

__all__ = ["random_detector", "random_field", "random_psf", "random_sky", "random_sources"]


def random_psf(rng: np.random.Generator, *, fwhm: tuple[float, float] = (1.5, 6.0)) -> Psf:
    """Draw a PSF: mostly Moffat, some Gaussian or diffraction-limited; `fwhm` (px) is even in its logarithm.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import random_psf
    >>> 1.5 <= random_psf(np.random.default_rng(1)).fwhm <= 6.0
    True
    """
    width = log_uniform(rng, *fwhm)
    ellipticity = float(min(rng.exponential(0.04), 0.25))
    angle = float(rng.uniform(0.0, 180.0))
    kind = rng.random()
    if kind < 0.7:
        return MoffatPsf(width, ellipticity, angle, beta=float(rng.uniform(2.4, 5.0)))
    if kind < 0.85:
        return GaussianPsf(width, ellipticity, angle)
    return DiffractionPsf(
        min(width, 3.0),
        obscuration=float(rng.uniform(0.0, 0.4)),
        n_spikes=int(rng.choice([0, 4, 4, 6, 6])),
        spike_fraction=float(rng.uniform(0.01, 0.05)),
        spike_angle=float(rng.uniform(0.0, 180.0)),
    )


def random_sky(rng: np.random.Generator, *, sky: tuple[float, float] = (2.0, 30_000.0)) -> float:
    """Draw a sky level, electrons per pixel, even in its logarithm.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import random_sky
    >>> 2.0 <= random_sky(np.random.default_rng(1)) <= 30000.0
    True
    """
    return log_uniform(rng, *sky)


def random_detector(rng: np.random.Generator, sky: float) -> Detector:
    """Draw a detector that a sky of so many electrons neither saturates nor leaves undersampled in its noise.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import random_detector
    >>> bool(random_detector(np.random.default_rng(1), 200.0).gain > 0)
    True
    """
    read_noise = float(rng.uniform(0.0, 20.0)) if rng.random() < 0.5 else log_uniform(rng, 0.5, 8.0)
    noise = math.hypot(math.sqrt(sky), read_noise)
    gain = min(max(log_uniform(rng, 0.3, 8.0), sky / 25_000.0), 0.8 * noise)
    return Detector(
        gain=gain,
        read_noise=read_noise,
        pedestal=float(rng.uniform(10.0 * noise / gain, 3000.0 + 10.0 * noise / gain)),
        full_well=1.5 * sky + log_uniform(rng, 2e4, 2e5),
    )


def random_field(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    psf: Psf | None = None,
    sky: float | None = None,
    detector: Detector | None = None,
) -> Field:
    """Draw a field.

    What is not given is drawn too: PSF 1.5 to 6 px wide, sky 2 to 30,000 e, read noise 0 to 20 e, crowding from none to
    the middle of a globular cluster, galaxies from points to larger than the frame, at times diffuse emission or a
    trail. Fluxes are scaled by the noise, so that every field has sources about its detection limit.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness; the same state gives the same field.
    shape : tuple of int
        (ny, nx).
    psf : Psf, optional
        Point spread function.
    sky : float, optional
        Electrons per pixel.
    detector : Detector, optional
        The detector.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import random_field
    >>> random_field(np.random.default_rng(1), (64, 64)).truth.shape
    (64, 64)
    """
    psf = random_psf(rng) if psf is None else psf
    sky = random_sky(rng) if sky is None else sky
    detector = random_detector(rng, sky) if detector is None else detector
    noise = math.hypot(math.sqrt(sky), detector.read_noise)
    background = sky_background(
        shape,
        sky,
        gradient=float(rng.exponential(0.03)),
        angle=float(rng.uniform(0.0, 360.0)),
        bowl=float(rng.normal(0.0, 0.01)),
    )
    sources = random_sources(rng, shape, psf=psf, noise=noise, full_well=detector.full_well)
    truth = detector.to_adu(background + sources).astype(np.float32)
    return Field(truth, detector, psf, float(np.mean(background)))


def random_sources(
    rng: np.random.Generator, shape: tuple[int, int], *, psf: Psf, noise: float, full_well: float
) -> NDArray[np.float64]:
    """Draw what stands in a field above its sky: stars, galaxies, at times diffuse emission or a satellite's trail.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        (ny, nx).
    psf : Psf
        Point spread function.
    noise : float
        Of the empty sky, electrons: fluxes are scaled by it.
    full_well : float
        Electrons; few stars are much brighter than what a pixel holds.

    Returns
    -------
    ndarray of float64
        Expected electrons (ny, nx).

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import MoffatPsf, random_sources
    >>> rng = np.random.default_rng(1)
    >>> random_sources(rng, (64, 64), psf=MoffatPsf(3.0), noise=15.0, full_well=9e4).shape
    (64, 64)
    """
    limit = detection_limit(psf, noise)
    diffuse: float | NDArray[np.float64] = 0.0
    if rng.random() < 0.15:
        level = noise * 10.0 ** rng.uniform(-0.5, 1.2)
        slope, contrast = float(rng.uniform(2.6, 3.6)), float(rng.uniform(0.3, 1.2))
        diffuse = diffuse_emission(rng, shape, level, slope=slope, contrast=contrast, smoothing=0.5 * psf.fwhm)
    galaxies = _random_galaxies(rng, shape, psf, limit)
    if rng.random() < 0.3:
        galaxies.append(_random_large_galaxy(rng, shape, noise))
    stars = _random_stars(rng, shape, psf, limit, full_well)
    lost = negligible_wings(psf)
    light = observe_sources(shape, psf, stars=stars, galaxies=galaxies, rng=rng, lost=lost) + diffuse
    if rng.random() < 0.06:
        light += satellite_trail(rng, shape, brightness=noise * 10.0 ** rng.uniform(-0.3, 2.0), fwhm=psf.fwhm)
    return light


def _random_stars(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, full_well: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    beams = shape[0] * shape[1] / psf.fwhm**2
    n = 0 if rng.random() < 0.1 else int(beams * log_uniform(rng, 2e-3, 0.25))
    if isinstance(psf, DiffractionPsf):
        n //= 5
    # Some fields hold stars that saturate, none is drowned in their spilled charge.
    bright = min(limit * log_uniform(rng, 30.0, 3e4), 10.0 * full_well * psf.fwhm**2)
    flux = power_law(rng, n, min(0.2 * limit, bright), bright, float(rng.uniform(1.35, 2.2)))
    if rng.random() < 0.2:
        centre = float(rng.uniform(0.0, shape[1])), float(rng.uniform(0.0, shape[0]))
        x, y = cluster_positions(rng, n, centre, float(rng.uniform(0.05, 0.4)) * min(shape))
    else:
        x, y = uniform_positions(rng, n, shape, margin=4.0 * psf.fwhm)
    return x, y, flux


def _random_galaxies(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float
) -> list[SersicGalaxy | SpiralGalaxy]:
    n = 0 if rng.random() < 0.1 else int(shape[0] * shape[1] / 1e4 * log_uniform(rng, 0.5, 50.0))
    return draw_galaxies(
        rng,
        n,
        shape,
        faint=0.3 * limit,
        bright=limit * log_uniform(rng, 30.0, 3000.0),
        size=psf.fwhm * log_uniform(rng, 1.0, 8.0),
        slope=float(rng.uniform(1.6, 2.0)),
        spiral_size=2.5 * psf.fwhm,
    )


def _random_large_galaxy(rng: np.random.Generator, shape: tuple[int, int], noise: float) -> SersicGalaxy | SpiralGalaxy:
    x, y = (float(v[0]) for v in uniform_positions(rng, 1, shape))
    scale_length = log_uniform(rng, 0.05, 0.5) * min(shape)
    angle, brightness = float(rng.uniform(0.0, 180.0)), noise * 10.0 ** rng.uniform(-0.3, 2.3)
    flux = 2.0 * math.pi * scale_length**2 * brightness
    if rng.random() < 0.7:
        return draw_spiral(rng, x, y, flux, scale_length, float(rng.uniform(0.0, 75.0)), angle)
    index, ratio = float(rng.uniform(2.0, 5.0)), float(rng.uniform(0.4, 1.0))
    return SersicGalaxy(x, y, flux, scale_length, index, ratio, angle)
