"""Simulated frames that no weights are trained on: the list that quality is judged by. It stays as it is.

Seeds are ``[SEED, place in the list]``; training draws its fields from other sequences. Every frame is an exposure of a
detector with Poisson photons and read noise; the resampled ones are exposures carried to another grid, their truth and
their noise by the same matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from amsd_astro import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation import (
    Detector,
    DiffractionPsf,
    Field,
    GaussianPsf,
    MoffatPsf,
    Psf,
    Resampling,
    SersicGalaxy,
    cluster_fluxes,
    cluster_positions,
    diffuse_emission,
    draw_galaxies,
    draw_spiral,
    expose,
    make_field,
    power_law,
    sky_background,
    uniform_positions,
)
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["UNSEEN", "unseen_scene"]

SEED = 20_261_122
_SIDE = 384

_Stars = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Unseen:
    """Sky and read noise in electrons; ``build`` gives stars and galaxies from a generator, PSF and 5-sigma flux."""

    psf: Psf
    sky: float
    read_noise: float
    gain: float
    build: Callable[[np.random.Generator, tuple[int, int], Psf, float], tuple[_Stars, list]]
    resampling: tuple[str, float, tuple[float, float]] | None = None
    nebula: float = 0.0  # mean level in units of the noise


def _stars(rng: np.random.Generator, shape: tuple[int, int], n: int, limit: float, bright: float) -> _Stars:
    return (*uniform_positions(rng, n, shape, margin=10.0), power_law(rng, n, 0.2 * limit, bright * limit, 1.6))


def _galaxy_field(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 500
) -> tuple[_Stars, list]:
    galaxies = draw_galaxies(
        rng, n, shape, faint=0.3 * limit, bright=600 * limit, size=4 * psf.fwhm, slope=1.7, spiral_size=2.5 * psf.fwhm
    )
    return _stars(rng, shape, 60, limit, 3000.0), galaxies


def _star_field(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 600
) -> tuple[_Stars, list]:
    return _stars(rng, shape, n, limit, 5000.0), draw_galaxies(
        rng, 60, shape, faint=0.3 * limit, bright=100 * limit, size=3 * psf.fwhm, slope=1.8, spiral_size=4 * psf.fwhm
    )


def _globular(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, n: int = 16_000, core: float = 0.14
) -> tuple[_Stars, list]:
    x, y = cluster_positions(rng, n, (0.47 * shape[1], 0.55 * shape[0]), core * shape[0], ellipticity=0.05, angle=20.0)
    return (x, y, cluster_fluxes(rng, n, 0.1 * limit, 3000 * limit)), []


def _spiral(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[_Stars, list]:
    scale_length = 0.17 * shape[0]
    flux = 2 * math.pi * scale_length**2 * 40 * limit / (5 * math.sqrt(2.27) * psf.fwhm)
    spiral = draw_spiral(rng, 0.52 * shape[1], 0.48 * shape[0], flux, scale_length, 42.0, 115.0)
    small = draw_galaxies(rng, 80, shape, faint=0.3 * limit, bright=100 * limit, size=4 * psf.fwhm, slope=1.8)
    return _stars(rng, shape, 50, limit, 2000.0), [spiral, *small]


def _elliptical(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[_Stars, list]:
    radius = 0.22 * shape[0]
    flux = 2 * math.pi * radius**2 * 25 * limit / (5 * math.sqrt(2.27) * psf.fwhm)
    giant = SersicGalaxy(0.45 * shape[1], 0.5 * shape[0], flux, radius, 4.0, 0.72, 33.0)
    small = draw_galaxies(rng, 120, shape, faint=0.3 * limit, bright=200 * limit, size=4 * psf.fwhm, slope=1.8)
    return _stars(rng, shape, 150, limit, 300.0), [giant, *small]


def _empty(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[_Stars, list]:
    return _stars(rng, shape, 12, limit, 100.0), draw_galaxies(
        rng, 25, shape, faint=0.3 * limit, bright=30 * limit, size=3 * psf.fwhm, slope=1.9
    )


def _few_stars(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[_Stars, list]:
    return _star_field(rng, shape, psf, limit, n=150)


def _wide(psf: float, beta: float) -> MoffatPsf:
    return MoffatPsf(psf, 0.05, 40.0, beta=beta)


_FRAMES = {
    "sky_2e_galaxies": _Unseen(_wide(3.2, 3.2), 2.0, 1.5, 1.0, _galaxy_field),
    "sky_2e_photons": _Unseen(_wide(2.6, 3.5), 2.2, 0.2, 0.7, _star_field),
    "sky_12e": _Unseen(_wide(3.8, 2.8), 12.0, 4.0, 0.9, _galaxy_field),
    "read_noise": _Unseen(_wide(3.0, 4.0), 5.0, 18.0, 2.2, _galaxy_field),
    "spikes": _Unseen(DiffractionPsf(1.6, n_spikes=4, spike_fraction=0.03), 90.0, 6.0, 1.8, _few_stars),
    "undersampled": _Unseen(GaussianPsf(1.55, 0.05, 70.0), 240.0, 7.0, 1.3, _galaxy_field),
    "globular": _Unseen(_wide(2.7, 3.4), 160.0, 4.0, 1.5, _globular),
    "globular_core": _Unseen(_wide(4.1, 3.0), 1500.0, 8.0, 1.7, lambda *a: _globular(*a, n=9000, core=0.4)),
    "spiral": _Unseen(_wide(3.3, 3.1), 310.0, 5.0, 1.5, _spiral),
    "elliptical": _Unseen(_wide(2.3, 3.6), 900.0, 6.0, 2.5, _elliptical),
    "nebula": _Unseen(_wide(2.9, 3.3), 75.0, 5.0, 1.1, _star_field, nebula=6.0),
    "empty": _Unseen(_wide(3.5, 3.0), 420.0, 5.0, 1.6, _empty),
    "infrared_sky": _Unseen(_wide(2.2, 3.5), 28_000.0, 15.0, 5.0, _galaxy_field),
    "wide_psf": _Unseen(_wide(5.6, 2.6), 2600.0, 7.0, 2.0, _galaxy_field),
    "bilinear": _Unseen(_wide(3.0, 3.2), 500.0, 5.0, 1.6, _galaxy_field, ("bilinear", 1.0, (4.37, 4.58))),
    "cubic": _Unseen(_wide(2.8, 3.4), 150.0, 5.0, 1.4, _star_field, ("cubic", 0.97, (4.2, 4.6))),
    "lanczos": _Unseen(_wide(2.6, 3.0), 1100.0, 6.0, 1.9, _spiral, ("lanczos3", 1.0, (4.45, 4.31))),
    "drizzle": _Unseen(_wide(2.4, 3.3), 260.0, 4.5, 1.2, _galaxy_field, ("drizzle", 0.7, (5.1, 4.9))),
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
    unseen = _FRAMES[name]
    scene, look = (
        np.random.default_rng(sequence) for sequence in np.random.SeedSequence([seed, UNSEEN.index(name)]).spawn(2)
    )
    resampling = None
    shape = (_SIDE, _SIDE)
    if unseen.resampling is not None:
        kernel, scale, shift = unseen.resampling
        resampling = Resampling(kernel, shape, scale=scale, shift=shift)
        shape = resampling.input_shape
    field, sky = _field(unseen, scene, shape)
    exposure = expose(field, look, n_cosmic_rays=4)
    bad = exposure.mask > 0
    if resampling is None:
        frame = Frame(exposure.data.astype(np.float32), mask=bad)
        return Scene(name, frame, field.truth.astype(float), np.sqrt(field.variance), noise=_model(field), sky=sky)
    data = resampling.apply(np.where(bad, field.truth, exposure.data))
    sigma = np.sqrt(resampling.variance(field.variance))
    gain = float(np.mean(resampling.variance(np.ones(resampling.input_shape))))
    model = _model(field, gain=gain, correlation=resampling.correlation())
    frame = Frame(data.astype(np.float32), mask=resampling.spread(bad))
    return Scene(name, frame, resampling.apply(field.truth), sigma, noise=model, sky=resampling.apply(sky))


def _field(unseen: _Unseen, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Field, np.ndarray]:
    """The field, and what it is expected to be without sources."""
    noise = math.hypot(math.sqrt(unseen.sky), unseen.read_noise)
    limit = 5.0 * noise * math.sqrt(2.27) * unseen.psf.fwhm  # electrons of a star at 5 sigma
    detector = Detector(
        gain=unseen.gain,
        read_noise=unseen.read_noise,
        pedestal=round(600 + 10 * noise / unseen.gain),
        full_well=1.5 * unseen.sky + 9e4,
    )
    sky = sky_background(shape, unseen.sky, gradient=0.03, angle=50.0, bowl=0.006)
    empty = detector.to_adu(sky)
    if unseen.nebula:
        sky += diffuse_emission(
            rng, shape, unseen.nebula * noise, slope=3.0, contrast=0.8, smoothing=unseen.psf.fwhm / 2
        )
    stars, galaxies = unseen.build(rng, shape, unseen.psf, limit)
    return make_field(shape, unseen.psf, detector, sky, stars=stars, galaxies=galaxies, rng=rng, lost=1e-3), empty


def _model(field: Field, *, gain: float = 1.0, correlation: np.ndarray | None = None) -> NoiseModel:
    """True model; ``gain`` is what resampling multiplies the variance by."""
    detector = field.detector
    slope = gain / detector.gain
    sky = detector.pedestal + field.sky / detector.gain
    floor = gain * float(detector.variance(sky)) - slope * sky
    white = np.ones((1, 1)) if correlation is None else correlation
    return NoiseModel(slope, floor, sky, gain * float(detector.variance(sky)), white)
