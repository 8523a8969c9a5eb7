"""Sersic profiles, integrated over cells however cuspy, small or flat they are.

The profile is ``exp(-b ((r / r_e)**(1/n) - 1))`` (Sersic 1968; Ciotti & Bertin 1999), brought smoothly to zero between
7 and 8 effective radii as survey pipelines do, and scaled so that what is left sums to the flux asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammainc, gammaincinv

from amsd_astro.simulation.canvas import Canvas

__all__ = ["SersicGalaxy"]

_TAPER_START, _TAPER_END = 7.0, 8.0
_FOUR_NODES = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]) * (0.5 / math.sqrt(3.0))
_CORE = 2.2  # minor axis, in cells, of what is painted as points
_FLAT = 0.15  # change over a cell below which one node is enough
_LEGENDRE = np.polynomial.legendre.leggauss(24)
_THIRDS = np.array([[-1.0, 0.0, 1.0] * 3, [-1.0] * 3 + [0.0] * 3 + [1.0] * 3]) / 3.0


@dataclass(frozen=True)
class SersicGalaxy:
    """An elliptical Sersic profile.

    Parameters
    ----------
    x, y : float
        Centre, pixels.
    flux : float
        Total flux.
    r_e : float
        Effective radius along the major axis, pixels (of the profile before it is cut at 8 `r_e`).
    n : float
        Sersic index: 0.5 a Gaussian, 1 an exponential disc, 4 a de Vaucouleurs bulge.
    axis_ratio : float
        Minor over major axis, in (0, 1].
    angle : float
        Position angle of the major axis, degrees counter-clockwise from +x.

    Raises
    ------
    ValueError
        For a radius that is not positive, an index outside [0.3, 8] or an axis ratio outside (0, 1].

    Examples
    --------
    >>> from amsd_astro.simulation import MoffatPsf, SersicGalaxy, observe_sources
    >>> galaxy = SersicGalaxy(32.0, 32.0, flux=1000.0, r_e=4.0, axis_ratio=0.6)
    >>> image = observe_sources((64, 64), MoffatPsf(3.0), galaxies=[galaxy])
    >>> bool(900 < image.sum() < 1010)
    True
    """

    x: float
    y: float
    flux: float
    r_e: float
    n: float = 1.0
    axis_ratio: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not self.r_e > 0.0:
            raise ValueError(f"r_e must be a positive number of pixels. Received: {self.r_e}")
        if not 0.3 <= self.n <= 8.0:
            raise ValueError(f"n must be in [0.3, 8]. Received: {self.n}")
        if not 0.0 < self.axis_ratio <= 1.0:
            raise ValueError(f"axis_ratio must be in (0, 1]. Received: {self.axis_ratio}")

    def density(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Surface brightness at pixel coordinates, flux per square pixel, before any PSF."""
        return self._scale * self._profile(self._radius(x, y))

    def paint(self, canvas: Canvas) -> None:
        """Add the galaxy to a canvas; what lies off the canvas is lost."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        reach = _TAPER_END * self.r_e
        box = canvas.box(
            self.x,
            self.y,
            reach * math.hypot(cos, self.axis_ratio * sin) + canvas.cell,
            reach * math.hypot(sin, self.axis_ratio * cos) + canvas.cell,
        )
        if canvas.cells[box].size:
            self._paint_cells(canvas, box)

    @cached_property
    def _b(self) -> float:
        return float(gammaincinv(2.0 * self.n, 0.5))

    @cached_property
    def _scale(self) -> float:
        """Surface brightness at r_e that gives the flux."""
        b, two_n = self._b, 2.0 * self.n
        unit = self.n * math.exp(b) * b**-two_n * float(gamma(two_n))
        inner = unit * float(gammainc(two_n, b * _TAPER_START ** (1.0 / self.n)))
        nodes, weights = _LEGENDRE
        r = _TAPER_START + 0.5 * (nodes + 1.0) * (_TAPER_END - _TAPER_START)
        outer = 0.5 * (_TAPER_END - _TAPER_START) * float(np.sum(weights * r * self._profile(r * self.r_e)))
        return self.flux / (2.0 * math.pi * self.axis_ratio * self.r_e**2 * (inner + outer))

    def _radius(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        dx, dy = x - self.x, y - self.y
        along, across = dx * cos + dy * sin, (dy * cos - dx * sin) / self.axis_ratio
        return np.sqrt(along * along + across * across)  # hypot is several times slower

    def _profile(self, radius: NDArray[np.float64]) -> NDArray[np.float64]:
        r = radius / self.r_e
        t = np.clip((_TAPER_END - r) / (_TAPER_END - _TAPER_START), 0.0, 1.0)
        return np.exp(-self._b * (r ** (1.0 / self.n) - 1.0)) * (t * t * (3.0 - 2.0 * t))

    @cached_property
    def _core_radius(self) -> float:
        """Radius that holds 1e-3 of the light: finer cells than this are not needed."""
        return self.r_e * (float(gammaincinv(2.0 * self.n, 1e-3)) / self._b) ** self.n

    def _paint_cells(self, canvas: Canvas, box: tuple[slice, slice]) -> None:
        """Paint the middle as points and the rest as cells, with a smooth passage: a sharp edge would alias."""
        grid_x, grid_y = canvas.centres(box)
        x, y = (c.ravel() for c in np.broadcast_arrays(grid_x, grid_y))
        cell = canvas.cell
        core = _CORE * cell / self.axis_ratio
        near = self._radius(x, y) < 1.8 * core  # beyond, the weight is below 3e-5
        self._paint_points(canvas, x[near], y[near], core)
        light = self._light(x, y, cell, self._change(x, y, cell), -core)
        canvas.cells[box] += light.reshape(grid_y.size, grid_x.size)

    def _paint_points(self, canvas: Canvas, x: NDArray[np.float64], y: NDArray[np.float64], core: float) -> None:
        """Paint the light within `core` on grids ever finer towards the centre, three times at each step."""
        cell = canvas.cell
        points = []
        while x.size:
            x, y = (x[:, None] + cell * _THIRDS[0]).ravel(), (y[:, None] + cell * _THIRDS[1]).ravel()
            cell /= 3.0
            change = self._change(x, y, cell)
            split = change > 1.0
            fine_x, fine_y = x[~split], y[~split]
            points.append((fine_x, fine_y, self._light(fine_x, fine_y, cell, change[~split], core)))
            x, y = x[split], y[split]
        if points:
            canvas.add_points(*(np.concatenate(parts) for parts in zip(*points, strict=True)))

    def _light(
        self, x: NDArray[np.float64], y: NDArray[np.float64], cell: float, change: NDArray[np.float64], core: float
    ) -> NDArray[np.float64]:
        """Light in cells: from one node where the profile hardly changes over a cell, from four where it does."""
        light = np.empty(x.size)
        flat = change <= _FLAT
        light[flat] = self._part(x[flat], y[flat], core) * cell**2
        steep_x, steep_y = x[~flat], y[~flat]
        total = np.zeros(steep_x.size)
        for node_x, node_y in cell * _FOUR_NODES:
            total += self._part(steep_x + node_x, steep_y + node_y, core)
        light[~flat] = total * (0.25 * cell**2)
        return light

    def _part(self, x: NDArray[np.float64], y: NDArray[np.float64], core: float) -> NDArray[np.float64]:
        """Density of the part within a core of that major axis; with a negative one, of the part outside."""
        radius = self._radius(x, y)
        density = self._scale * self._profile(radius)
        weight = np.exp(-((radius / core) ** 4))
        return density * (weight if core > 0.0 else 1.0 - weight)

    def _change(self, x: NDArray[np.float64], y: NDArray[np.float64], cell: float) -> NDArray[np.float64]:
        """Change of the logarithm of the profile over a cell, roughly: above one, four nodes are too few."""
        r = np.maximum(self._radius(x, y), 1e-6 * self.r_e)
        # Where it falls faster than r**-3 there is too little light left to care.
        steepness = np.clip(self._b / self.n * (r / self.r_e) ** (1.0 / self.n), 1.0, 3.0)
        change = cell * steepness / (self.axis_ratio * r)
        change[r > _TAPER_END * self.r_e + cell / self.axis_ratio] = 0.0  # no light
        # Neither is there enough in the core to split its cells.
        return np.minimum(change, 1.0) if cell <= self._core_radius * self.axis_ratio else change
