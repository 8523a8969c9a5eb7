"""Simulated frames that no weights are trained on: the list that quality is judged by. It stays as it is.

Seeds are ``[SEED, place in the list]``; training draws its fields from other sequences. Every frame is an exposure of a
detector with Poisson photons and read noise; the resampled ones are exposures carried to another grid, their truth and
their noise by the same matrices.
"""

from __future__ import annotations

import math

import numpy as np

from amsd_astro.simulation import (
    DiffractionPsf,
    GaussianPsf,
    MoffatPsf,
    Psf,
    SersicGalaxy,
    cluster_fluxes,
    cluster_positions,
    draw_galaxies,
    draw_spiral,
    power_law,
    uniform_positions,
)
from benchmarks.scenes.built_frames import FrameKind, Stars, built_scene
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["UNSEEN", "unseen_scene"]

SEED = 20_261_122


def _stars(rng: np.random.Generator, shape: tuple[int, int], n: int, limit: float, bright: float) -> Stars:
    return (*uniform_positions(rng, n, shape, margin=10.0), power_law(rng, n, 0.2 * limit, bright * limit, 1.6))


def _galaxy_field(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 500
) -> tuple[Stars, list]:
    galaxies = draw_galaxies(
        rng, n, shape, faint=0.3 * limit, bright=600 * limit, size=4 * psf.fwhm, slope=1.7, spiral_size=2.5 * psf.fwhm
    )
    return _stars(rng, shape, 60, limit, 3000.0), galaxies


def _star_field(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 600
) -> tuple[Stars, list]:
    return _stars(rng, shape, n, limit, 5000.0), draw_galaxies(
        rng, 60, shape, faint=0.3 * limit, bright=100 * limit, size=3 * psf.fwhm, slope=1.8, spiral_size=4 * psf.fwhm
    )


def _globular(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 16_000, core: float = 0.14
) -> tuple[Stars, list]:
    x, y = cluster_positions(rng, n, (0.47 * shape[1], 0.55 * shape[0]), core * shape[0], ellipticity=0.05, angle=20.0)
    return (x, y, cluster_fluxes(rng, n, 0.1 * limit, 3000 * limit)), []


def _spiral(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    scale_length = 0.17 * shape[0]
    flux = 2 * math.pi * scale_length**2 * 40 * limit / (5 * math.sqrt(2.27) * psf.fwhm)
    spiral = draw_spiral(rng, 0.52 * shape[1], 0.48 * shape[0], flux, scale_length, 42.0, 115.0)
    small = draw_galaxies(rng, 80, shape, faint=0.3 * limit, bright=100 * limit, size=4 * psf.fwhm, slope=1.8)
    return _stars(rng, shape, 50, limit, 2000.0), [spiral, *small]


def _elliptical(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    radius = 0.22 * shape[0]
    flux = 2 * math.pi * radius**2 * 25 * limit / (5 * math.sqrt(2.27) * psf.fwhm)
    giant = SersicGalaxy(0.45 * shape[1], 0.5 * shape[0], flux, radius, 4.0, 0.72, 33.0)
    small = draw_galaxies(rng, 120, shape, faint=0.3 * limit, bright=200 * limit, size=4 * psf.fwhm, slope=1.8)
    return _stars(rng, shape, 150, limit, 300.0), [giant, *small]


def _empty(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    return _stars(rng, shape, 12, limit, 100.0), draw_galaxies(
        rng, 25, shape, faint=0.3 * limit, bright=30 * limit, size=3 * psf.fwhm, slope=1.9
    )


def _few_stars(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    return _star_field(rng, shape, psf, limit, n=150)


def _wide(psf: float, beta: float) -> MoffatPsf:
    return MoffatPsf(psf, 0.05, 40.0, beta=beta)


_FRAMES = {
    "sky_2e_galaxies": FrameKind(_wide(3.2, 3.2), 2.0, 1.5, 1.0, _galaxy_field),
    "sky_2e_photons": FrameKind(_wide(2.6, 3.5), 2.2, 0.2, 0.7, _star_field),
    "sky_12e": FrameKind(_wide(3.8, 2.8), 12.0, 4.0, 0.9, _galaxy_field),
    "read_noise": FrameKind(_wide(3.0, 4.0), 5.0, 18.0, 2.2, _galaxy_field),
    "spikes": FrameKind(DiffractionPsf(1.6, n_spikes=4, spike_fraction=0.03), 90.0, 6.0, 1.8, _few_stars),
    "undersampled": FrameKind(GaussianPsf(1.55, 0.05, 70.0), 240.0, 7.0, 1.3, _galaxy_field),
    "globular": FrameKind(_wide(2.7, 3.4), 160.0, 4.0, 1.5, _globular),
    "globular_core": FrameKind(_wide(4.1, 3.0), 1500.0, 8.0, 1.7, lambda *a: _globular(*a, n=9000, core=0.4)),
    "spiral": FrameKind(_wide(3.3, 3.1), 310.0, 5.0, 1.5, _spiral),
    "elliptical": FrameKind(_wide(2.3, 3.6), 900.0, 6.0, 2.5, _elliptical),
    "nebula": FrameKind(_wide(2.9, 3.3), 75.0, 5.0, 1.1, _star_field, nebula=6.0),
    "empty": FrameKind(_wide(3.5, 3.0), 420.0, 5.0, 1.6, _empty),
    "infrared_sky": FrameKind(_wide(2.2, 3.5), 28_000.0, 15.0, 5.0, _galaxy_field),
    "wide_psf": FrameKind(_wide(5.6, 2.6), 2600.0, 7.0, 2.0, _galaxy_field),
    "bilinear": FrameKind(_wide(3.0, 3.2), 500.0, 5.0, 1.6, _galaxy_field, ("bilinear", 1.0, (4.37, 4.58))),
    "cubic": FrameKind(_wide(2.8, 3.4), 150.0, 5.0, 1.4, _star_field, ("cubic", 0.97, (4.2, 4.6))),
    "lanczos": FrameKind(_wide(2.6, 3.0), 1100.0, 6.0, 1.9, _spiral, ("lanczos3", 1.0, (4.45, 4.31))),
    "drizzle": FrameKind(_wide(2.4, 3.3), 260.0, 4.5, 1.2, _galaxy_field, ("drizzle", 0.7, (5.1, 4.9))),
}

UNSEEN = tuple(_FRAMES)
"""Names of the frames."""


def unseen_scene(name: str, *, seed: int = SEED) -> Scene:
    """One of the frames; its `noise` is the true model.

    Parameters
    ----------
    name : str
        One of `UNSEEN`.
    seed : int, optional
        Another than `SEED` gives another frame of the same kind.
    """
    return built_scene(name, _FRAMES[name], np.random.SeedSequence([seed, UNSEEN.index(name)]))
