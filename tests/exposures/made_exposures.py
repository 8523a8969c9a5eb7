"""Exposures of a field of stars with truth, in electrons, for tests of co-adding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.exposures.placing.placement import Placement
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation import MoffatPsf, render_stars

__all__ = ["Made", "Shot", "made_exposures"]


@dataclass(frozen=True)
class Shot:
    """How one exposure is taken; ``extra`` are electrons more, ``mask`` its bad pixels, ``stars`` more (x, y, flux)."""

    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    fwhm: float = 3.0
    sky: float = 300.0
    scale: float = 1.0
    extra: np.ndarray | None = None
    mask: np.ndarray | None = None
    stars: tuple[tuple[float, float, float], ...] = ()


@dataclass(eq=False)
class Made:
    """Exposures, where they lie, and stars (x, y, flux) of the reference, which is the first."""

    exposures: list[Exposure]
    placements: list[Placement]
    stars: np.ndarray
    expected: list[np.ndarray]
    shape: tuple[int, int]
    loads: list[int] = field(default_factory=list)

    @property
    def reference(self) -> Exposure:
        return self.exposures[0]

    @property
    def arguments(self) -> tuple[Exposure, list[Exposure], list[Placement]]:
        return self.exposures[0], self.exposures, self.placements

    def with_data(self, number: int, data: np.ndarray, *, mask: np.ndarray | None = None, **noise: object) -> None:
        """Give an exposure other pixels."""
        frame, old = Frame(data, mask=mask), self.exposures[number]
        self.exposures[number] = replace(old, load=lambda: frame, noise=replace(old.noise, **noise))


def made_exposures(shots: list[Shot], *, shape: tuple[int, int] = (200, 220), n_stars: int = 60, seed: int = 1) -> Made:
    """Take exposures with Poisson noise and a read noise of 5 electrons."""
    rng = np.random.default_rng(seed)
    ny, nx = shape
    stars = np.stack([rng.uniform(-8, nx + 8, n_stars), rng.uniform(-8, ny + 8, n_stars), np.zeros(n_stars)])
    stars[2] = np.sort(10 ** rng.uniform(3.3, 5.0, n_stars))[::-1]
    made = Made([], [], stars, [], shape)
    for number, shot in enumerate(shots):
        grid = _grid(shot, shape)
        every = np.column_stack([stars, *(np.array(one) for one in shot.stars)])
        x, y = grid.to_exposure(every[0], every[1])
        expected = shot.scale * render_stars(shape, x, y, every[2], MoffatPsf(fwhm=shot.fwhm, beta=3.0)) + shot.sky
        data = rng.poisson(expected) + 5 * rng.standard_normal(shape)
        if shot.extra is not None:
            data = data + shot.extra
        frame = Frame(data.astype(np.float32), mask=shot.mask)
        inside = (x > 3) & (x < nx - 4) & (y > 3) & (y < ny - 4) & (np.arange(x.size) < n_stars)
        zeros = np.zeros(np.count_nonzero(inside))
        catalogue = StarCatalogue(x[inside], y[inside], zeros, shot.scale * every[2][inside], zeros, zeros + shot.fwhm)
        made.exposures.append(
            Exposure(
                f"exposure {number + 1}",
                lambda f=frame: f,
                NoiseModel(1.0, 25.0, shot.sky),
                catalogue,
                shot.fwhm,
                shape,
            )
        )
        made.placements.append(Placement(grid, shot.scale, 0.0, shot.sky, 0.0, shot.fwhm, 50, 0.02, 0.01, "stars"))
        made.expected.append(expected)
    return made


def _grid(shot: Shot, shape: tuple[int, int]) -> GridMap:
    turn = np.deg2rad(shot.rotation)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    return GridMap(shape, np.column_stack([rotation, middle + shot.shift - rotation @ middle]))
