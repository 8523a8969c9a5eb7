"""Small simulated frames for the tests of validation, with what went into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro import Frame, NoiseModel
from amsd_astro.simulation import MoffatPsf, Psf, SersicGalaxy, observe_sources, power_law, uniform_positions


@dataclass(frozen=True, eq=False)
class Simulated:
    """A frame in adu, its noise model and its expected values."""

    frame: Frame
    noise: NoiseModel
    truth: NDArray[np.float64]


def simulate(
    shape: tuple[int, int] = (256, 256),
    *,
    psf: Psf | None = None,
    n_stars: int = 40,
    n_galaxies: int = 0,
    faint: float = 2e3,
    bright: float = 1e5,
    sky: float = 200.0,
    gain: float = 2.0,
    read_noise: float = 5.0,
    gradient: float = 0.0,
    seed: int = 0,
) -> Simulated:
    """Stars of random brightness (electrons) on a sky (electrons) that rises by a part of itself along x."""
    rng = np.random.default_rng(seed)
    psf = MoffatPsf(fwhm=3.0, beta=3.0) if psf is None else psf
    x, y = uniform_positions(rng, n_stars, shape)
    flux = power_law(rng, n_stars, faint, bright, 1.5)
    galaxies = [
        SersicGalaxy(
            rng.uniform(0, shape[1]),
            rng.uniform(0, shape[0]),
            rng.uniform(faint, bright),
            rng.uniform(1.5, 6.0),
            axis_ratio=rng.uniform(0.3, 1.0),
            angle=rng.uniform(0, 180),
        )
        for _ in range(n_galaxies)
    ]
    light = observe_sources(shape, psf, stars=(x, y, flux), galaxies=galaxies, lost=1e-3)
    electrons = light + sky * (1 + gradient * np.linspace(-0.5, 0.5, shape[1]))
    noisy = rng.poisson(electrons) + read_noise * rng.standard_normal(shape)
    noise = NoiseModel.from_gain(gain, read_noise, sky=sky / gain)
    return Simulated(Frame((noisy / gain).astype(np.float32), unit="adu"), noise, electrons / gain)


def empty(shape: tuple[int, int] = (256, 256), **options: float) -> Simulated:
    """Sky and noise alone."""
    return simulate(shape, n_stars=0, **options)  # type: ignore[arg-type]
