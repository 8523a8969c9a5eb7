"""Sets of exposures of one field with truth: shifted, turned, under different skies, with cosmic rays and trails.

Exposure k of a set of seed s is drawn from ``SeedSequence((s, k + 1))``, the field from ``SeedSequence((s, 0))``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from amsd_astro import Frame
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.placing.placement import Placement
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation import (
    BAD_COLUMN,
    SATURATED,
    Detector,
    MoffatPsf,
    SersicGalaxy,
    draw_cosmic_rays,
    observe_sources,
    power_law,
    satellite_trail,
    uniform_positions,
)

__all__ = [
    "EQUAL_SEEDS",
    "MIXED_SEEDS",
    "ExposureSet",
    "Look",
    "Sources",
    "draw_sources",
    "equal_set",
    "mixed_set",
    "taken",
]

EQUAL_SEEDS = (2601, 2602, 2603)
MIXED_SEEDS = (2611, 2612, 2613)
"""Fixed before anything was measured."""

_MARGIN = 40  # pixels around the frame from which shifted exposures show something
_BETA = 3.0


@dataclass(frozen=True)
class Sources:
    """Stars (x, y, electrons) and galaxies on the reference's pixels."""

    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray
    galaxies: tuple[SersicGalaxy, ...] = ()


@dataclass(frozen=True)
class Look:
    """How one exposure looks at the field.

    Attributes
    ----------
    shift : tuple of float
        (dx, dy) of the middle.
    rotation : float
        Degrees.
    fwhm, sky, transparency : float
        Pixels, electrons, and light over that of a look with 1.
    n_cosmic_rays : int
        Over the frame.
    trail : float
        Electrons a pixel in the middle of a trail, 0 without.
    change : callable, optional
        Takes the sources to what this exposure shows.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    fwhm: float = 3.0
    sky: float = 300.0
    transparency: float = 1.0
    n_cosmic_rays: int = 0
    trail: float = 0.0
    change: Callable[[Sources], Sources] | None = None

    def grid(self, shape: tuple[int, int]) -> GridMap:
        """The map from the reference."""
        turn = math.radians(self.rotation)
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
        return GridMap(shape, np.column_stack([rotation, middle + self.shift - rotation @ middle]))


@dataclass(frozen=True, eq=False)
class ExposureSet:
    """Exposures and where they truly lie; the first is the reference.

    Attributes
    ----------
    exposures, clean : list of Exposure
        As taken, and the same without blemishes.
    placements : list of Placement
        True.
    blemishes : list of ndarray
        Adu that cosmic rays and trails added to each.
    sources : Sources
        The field.
    looks : list of Look
        How each was taken.
    """

    exposures: list[Exposure]
    clean: list[Exposure]
    placements: list[Placement]
    blemishes: list[np.ndarray]
    sources: Sources
    looks: list[Look]
    detector: Detector

    @property
    def reference(self) -> Exposure:
        """The first exposure."""
        return self.exposures[0]

    def truth(self, weights: Sequence[float]) -> np.ndarray:
        """The scene on the reference's pixels as the weighted mean of the exposures' PSFs shows it, adu."""
        shape = self.reference.shape
        by_width: dict[float, float] = {}
        for look, weight in zip(self.looks, weights, strict=True):
            by_width[look.fwhm] = by_width.get(look.fwhm, 0.0) + weight
        light = sum(weight * _seen(self.sources, shape, fwhm) for fwhm, weight in by_width.items())
        first = self.looks[0]
        return np.asarray(self.detector.to_adu(light * first.transparency + first.sky))


def draw_sources(
    seed: int, shape: tuple[int, int], *, n_stars: int = 150, n_galaxies: int = 100, faint: float = 60.0
) -> Sources:
    """Draw stars and smooth galaxies: so many for 256 x 256 pixels."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, 0)))
    wide = (shape[0] + 2 * _MARGIN, shape[1] + 2 * _MARGIN)
    area = wide[0] * wide[1] / 256**2
    x, y = uniform_positions(rng, round(n_stars * area), wide)
    flux = power_law(rng, x.size, faint, 3e5, 1.6)
    galaxies = []
    for flux_of_one in power_law(rng, round(n_galaxies * area), 3 * faint, 3e4, 1.8):
        place = uniform_positions(rng, 1, wide)
        r_e = float(1.5 * (flux_of_one / 1000) ** 0.27 * np.exp(0.3 * rng.standard_normal()))
        galaxies.append(
            SersicGalaxy(
                float(place[0][0]) - _MARGIN,
                float(place[1][0]) - _MARGIN,
                float(flux_of_one),
                r_e,
                float(rng.uniform(0.7, 2.5)),
                float(rng.uniform(0.4, 1.0)),
                float(rng.uniform(0, 180)),
            )
        )
    return Sources(x - _MARGIN, y - _MARGIN, flux, tuple(galaxies))


def equal_set(seed: int, n: int, shape: tuple[int, int] = (384, 384), **more: float) -> ExposureSet:
    """Equal exposures: shifts of up to 5 pixels and parts of them, up to 1 degree."""
    looks = [Look(**more)]
    for k in range(1, n):
        rng = np.random.default_rng(np.random.SeedSequence((seed, k + 1, 7)))
        shift = float(rng.uniform(-5, 5)), float(rng.uniform(-5, 5))
        looks.append(Look(shift=shift, rotation=float(rng.uniform(-1, 1)), **more))
    return taken(seed, draw_sources(seed, shape), looks, shape)


def mixed_set(seed: int, n: int, shape: tuple[int, int] = (384, 384), *, fwhm: float = 2.6) -> ExposureSet:
    """Mixed ones: seeing by 1.6, sky by 3, transparency by 1.5, one at double seeing; blemishes in each."""
    looks = []
    for k in range(n):
        rng = np.random.default_rng(np.random.SeedSequence((seed, k + 1, 8)))
        seeing = 2.0 if k == n - 1 and n > 1 else 1.6 ** rng.random()
        looks.append(
            Look(
                shift=(float(rng.uniform(-5, 5)), float(rng.uniform(-5, 5))) if k else (0.0, 0.0),
                rotation=float(rng.uniform(-1, 1)) if k else 0.0,
                fwhm=fwhm * float(seeing),
                sky=200.0 * float(3.0 ** rng.random()),
                transparency=float(1.5 ** -rng.random()),
                n_cosmic_rays=50,
                trail=float(10.0 ** rng.uniform(1.5, 2.7)),
            )
        )
    return taken(seed, draw_sources(seed, shape), looks, shape)


def taken(seed: int, sources: Sources, looks: list[Look], shape: tuple[int, int]) -> ExposureSet:
    """Take the exposures; the first look is that of the reference."""
    detector = Detector(gain=1.5, read_noise=5.0, full_well=90_000.0)
    first = looks[0]
    exposures, clean, placements, blemishes = [], [], [], []
    for k, look in enumerate(looks):
        grid = look.grid(shape)
        shown = sources if look.change is None else look.change(sources)
        electrons = look.transparency * _seen(_moved(shown, grid, look.rotation), shape, look.fwhm) + look.sky
        rng = np.random.default_rng(np.random.SeedSequence((seed, k + 1, 9)))
        rays = draw_cosmic_rays(rng, shape, look.n_cosmic_rays) if look.n_cosmic_rays else np.zeros(shape)
        trail = satellite_trail(rng, shape, brightness=look.trail, fwhm=look.fwhm) if look.trail else np.zeros(shape)
        noise = NoiseModel(
            1 / detector.gain,
            (detector.read_noise / detector.gain) ** 2 + 1 / 12 - detector.pedestal / detector.gain,
            float(detector.to_adu(look.sky)),
        )
        stars = _catalogue(_moved(sources, grid, look.rotation), look, detector, shape)
        added = np.rint(rays) + rng.poisson(trail)
        for into, hits in ((exposures, added), (clean, None)):  # of the same noise
            fresh = np.random.default_rng(np.random.SeedSequence((seed, k + 1, 10)))
            data, bits = detector.read_out(electrons, fresh, cosmic_rays=hits)
            frame = Frame(data, mask=(bits & (SATURATED | BAD_COLUMN)) > 0)
            into.append(Exposure(f"exposure {k + 1}", lambda frame=frame: frame, noise, stars, look.fwhm, shape))
        blemishes.append(added / detector.gain)
        scale = look.transparency / first.transparency
        placements.append(
            Placement(grid, scale, 0.0, float(detector.to_adu(look.sky)), 0.0, look.fwhm, 0, 0.0, 0.0, "stars")
        )
    return ExposureSet(exposures, clean, placements, blemishes, sources, looks, detector)


def _moved(sources: Sources, grid: GridMap, rotation: float) -> Sources:
    x, y = grid.to_exposure(sources.x, sources.y)
    galaxies = []
    for one in sources.galaxies:
        place = grid.to_exposure(one.x, one.y)
        galaxies.append(replace(one, x=float(place[0]), y=float(place[1]), angle=one.angle + rotation))
    return Sources(x, y, sources.flux, tuple(galaxies))


def _seen(sources: Sources, shape: tuple[int, int], fwhm: float) -> np.ndarray:
    psf = MoffatPsf(fwhm=fwhm, beta=_BETA)
    return observe_sources(shape, psf, stars=(sources.x, sources.y, sources.flux), galaxies=sources.galaxies)


def _catalogue(sources: Sources, look: Look, detector: Detector, shape: tuple[int, int]) -> StarCatalogue:
    """Stars of at least 10 sigma within the frame, brightest first."""
    inside = (sources.x > 0) & (sources.x < shape[1] - 1) & (sources.y > 0) & (sources.y < shape[0] - 1)
    flux = sources.flux * look.transparency
    error = np.sqrt((look.sky + detector.read_noise**2) * 2.27 * look.fwhm**2 + flux)
    chosen = np.flatnonzero(inside & (flux > 10 * error))
    chosen = chosen[np.argsort(-flux[chosen], kind="stable")]
    size = np.full(chosen.size, look.fwhm)
    placed = size / 2.355 * error[chosen] / flux[chosen] * math.sqrt(2)
    flux, error = flux / detector.gain, error / detector.gain
    return StarCatalogue(sources.x[chosen], sources.y[chosen], placed, flux[chosen], error[chosen], size)
