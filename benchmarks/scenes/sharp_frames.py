"""Twelve simulated frames of what is hard: sharp PSFs with knots and spikes, few photons, crowding, wide correlation.

They were listed before any weights were trained on fields of these kinds, and stay as they are; seeds are 900 to 911.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from amsd_astro.simulation import (
    DiffractionPsf,
    GaussianPsf,
    MoffatPsf,
    Psf,
    draw_galaxies,
    draw_knots,
    power_law,
    uniform_positions,
)
from benchmarks.scenes.built_frames import FrameKind, Stars, built_scene
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["SHARP", "sharp_scene"]

_FIRST_SEED = 900


def _knotted(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    """Galaxies down to the limit, the larger ones with arms, bars, dust and knots, among some stars."""
    galaxies = draw_galaxies(
        rng, 400, shape, faint=0.3 * limit, bright=1500 * limit, size=8 * psf.fwhm, slope=1.6, spiral_size=3 * psf.fwhm
    )
    knots = draw_knots(rng, galaxies, fraction=0.25, smallest=1.5)
    x, y = uniform_positions(rng, 80, shape, margin=10.0)
    stars = x, y, power_law(rng, 80, 0.2 * limit, 3000 * limit, 1.6)
    return tuple(np.concatenate(parts) for parts in zip(stars, knots, strict=True)), galaxies  # type: ignore[return-value]


def _field(rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float) -> tuple[Stars, list]:
    galaxies = draw_galaxies(rng, 300, shape, faint=0.3 * limit, bright=600 * limit, size=4 * psf.fwhm, slope=1.7)
    return (
        *uniform_positions(rng, 150, shape, margin=10.0),
        power_law(rng, 150, 0.2 * limit, 2000 * limit, 1.6),
    ), galaxies


def _crowded(
    rng: np.random.Generator, shape: tuple[int, int], psf: Psf, limit: float, *, slope: float
) -> tuple[Stars, list]:
    """One star for twelve pixels."""
    n = shape[0] * shape[1] // 12
    return (*uniform_positions(rng, n, shape, margin=4.0), power_law(rng, n, 0.1 * limit, 3000 * limit, slope)), []


def _spiked(fwhm: float) -> FrameKind:
    return FrameKind(DiffractionPsf(fwhm, n_spikes=4, spike_fraction=0.03, spike_angle=37.0), 100.0, 5.0, 1.5, _knotted)


def _dark(sky: float) -> FrameKind:
    return FrameKind(MoffatPsf(2.5, 0.05, 40.0, beta=3.3), sky, 0.3, 0.7, _field)


_FRAMES = {
    "psf_1.2": _spiked(1.2),
    "psf_1.4": _spiked(1.4),
    "psf_1.6": _spiked(1.6),
    "psf_1.8": _spiked(1.8),
    "sky_1e": _dark(1.0),
    "sky_2e": _dark(2.0),
    "sky_3e": _dark(3.0),
    "sky_5e": _dark(5.0),
    "crowded": FrameKind(MoffatPsf(2.5, 0.05, 40.0, beta=3.0), 200.0, 5.0, 1.5, partial(_crowded, slope=1.5)),
    "crowded_bright": FrameKind(MoffatPsf(3.5, 0.05, 40.0, beta=3.0), 800.0, 5.0, 1.5, partial(_crowded, slope=1.3)),
    "half_pixels": FrameKind(GaussianPsf(2.0, 0.05, 70.0), 240.0, 5.0, 1.5, _field, ("drizzle", 0.5, (5.1, 4.9))),
    "beam": FrameKind(GaussianPsf(1.5), 900.0, 5.0, 1.5, _field, beam=4.5),
}

SHARP = tuple(_FRAMES)
"""Names of the frames."""


def sharp_scene(name: str) -> Scene:
    """One of the frames; its `noise` is the true model."""
    return built_scene(name, _FRAMES[name], np.random.SeedSequence(_FIRST_SEED + SHARP.index(name)))
