"""Spiral galaxies: bulge, bar, a disc with logarithmic arms, dust lanes, texture and HII regions.

The disc is an exponential times a modulation drawn on a polar grid. Each ring of the modulation has mean one, so the
disc's flux is what it would be without arms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import map_coordinates

from amsd_astro.simulation.canvas import Canvas
from amsd_astro.simulation.galaxies import SersicGalaxy

__all__ = ["SpiralGalaxy"]

_INNER, _OUTER = 0.03, 6.5  # reach of the polar grid and of the disc, in scale lengths
_THICKNESS = 0.12


@dataclass(frozen=True)
class SpiralGalaxy:
    """A spiral; the arms' details are drawn when it is painted.

    Parameters
    ----------
    x, y : float
        Centre, pixels.
    flux : float
        Total flux, all components.
    scale_length : float
        Of the exponential disc, pixels.
    inclination, angle : float
        Degrees; `angle` of the major axis, counter-clockwise from +x.
    bulge_fraction, bulge_radius, bulge_index : float
        Share of the flux, effective radius in scale lengths, and Sersic index of the bulge.
    bar_fraction : float
        Share of the flux in a bar.
    hii_fraction : float
        Share of the flux in HII regions and young clusters.
    n_arms : int
        Number of arms.
    pitch : float
        Pitch angle, degrees: 8 tightly wound to 30 open. Negative turns the other way.
    arm_strength : float
        Contrast of the arms, 0 to 1.
    dust : float
        Depth of the dust lanes at the arms' inner edges, as an optical depth.
    flocculence : float
        Rms of the logarithm of the texture.
    n_hii : int
        Number of HII regions.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import MoffatPsf, SpiralGalaxy, observe_sources
    >>> galaxy = SpiralGalaxy(32.0, 32.0, flux=1000.0, scale_length=5.0)
    >>> observe_sources((64, 64), MoffatPsf(3.0), galaxies=[galaxy], rng=np.random.default_rng(1)).shape
    (64, 64)
    """

    x: float
    y: float
    flux: float
    scale_length: float
    inclination: float = 40.0
    angle: float = 0.0
    bulge_fraction: float = 0.15
    bulge_radius: float = 0.2
    bulge_index: float = 2.5
    bar_fraction: float = 0.0
    hii_fraction: float = 0.04
    n_arms: int = 2
    pitch: float = 17.0
    arm_strength: float = 0.8
    dust: float = 0.7
    flocculence: float = 0.3
    n_hii: int = 200

    def __post_init__(self) -> None:
        if not self.scale_length > 0.0:
            raise ValueError(f"scale_length must be a positive number of pixels. Received: {self.scale_length}")
        if not 0.0 <= self.bulge_fraction + self.bar_fraction + self.hii_fraction <= 1.0:
            raise ValueError(
                "bulge_fraction + bar_fraction + hii_fraction must be in [0, 1]. "
                f"Received: {self.bulge_fraction} + {self.bar_fraction} + {self.hii_fraction}"
            )
        if not 0.5 < abs(self.pitch) < 89.0:
            raise ValueError(f"pitch must be between 0.5 and 89 degrees, either sign. Received: {self.pitch}")

    def paint(self, canvas: Canvas, rng: np.random.Generator) -> None:
        """Add the galaxy to a canvas; `rng` draws its texture and HII regions."""
        modulation = self._modulation(rng)
        self._paint_disc(canvas, modulation)
        hii = self.hii_fraction if self.n_hii else 0.0
        if hii:
            self._paint_hii(canvas, modulation, rng)
        radius = self.bulge_radius * self.scale_length
        if self.bulge_fraction:
            ratio = 1.0 - 0.5 * (1.0 - self._axis_ratio)
            flux = self.flux * self.bulge_fraction
            SersicGalaxy(self.x, self.y, flux, radius, self.bulge_index, ratio, self.angle).paint(canvas)
        if self.bar_fraction:
            turn = math.radians(35.0)  # in the disc, from the major axis
            along = math.degrees(math.atan2(math.sin(turn) * self._axis_ratio, math.cos(turn))) + self.angle
            flux = self.flux * self.bar_fraction
            SersicGalaxy(self.x, self.y, flux, 0.55 * self.scale_length, 0.6, 0.3, along).paint(canvas)

    @property
    def _axis_ratio(self) -> float:
        cos2 = math.cos(math.radians(self.inclination)) ** 2
        return math.sqrt(cos2 * (1.0 - _THICKNESS**2) + _THICKNESS**2)

    @property
    def _disc_flux(self) -> float:
        hii = self.hii_fraction if self.n_hii else 0.0
        return self.flux * (1.0 - self.bulge_fraction - self.bar_fraction - hii)

    @property
    def _grid(self) -> tuple[int, int]:
        """Rings and steps of the polar grid: no finer than the pixels show."""
        n_turn = 2 ** min(10, max(7, math.ceil(math.log2(12.0 * self.scale_length))))
        return 5 * n_turn // 16, n_turn

    def _modulation(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Factor on the disc over (log radius, azimuth), each ring of mean one."""
        grid = self._grid
        log_r = np.linspace(math.log(_INNER), math.log(_OUTER), grid[0])[:, None]
        radius = np.exp(log_r)
        turn = np.arange(grid[1])[None, :] * (2.0 * math.pi / grid[1])
        # Arms wander: smooth noise in their phase, growing outwards.
        wander = (0.3 + 0.25 * radius) * _noise(rng, grid, (0.16, 0.5))
        phase = (
            self.n_arms * (turn - log_r / math.tan(math.radians(self.pitch))) + wander + rng.uniform(0.0, 2.0 * math.pi)
        )
        rise = 1.0 / (1.0 + np.exp(-(radius - 0.45) / 0.1))
        strength = rise / (1.0 + (radius / 3.4) ** 4)  # no arms in the bulge nor at the far edge
        disc = 1.0 + self.arm_strength * strength * (self._arms(rng, radius, phase) - 1.0)
        lane = np.exp(5.0 * (np.cos(phase + math.copysign(0.85, self.pitch)) - 1.0))
        clouds = np.exp(0.8 * _noise(rng, grid, (0.025, 0.05), self.pitch))
        disc *= np.exp(-self.dust * strength * lane * clouds)
        texture = 0.5 * _noise(rng, grid, (0.05, 0.12), self.pitch) + 0.75 * _noise(rng, grid, (0.022, 0.024))
        disc *= np.exp(self.flocculence * strength * texture)
        return disc / disc.mean(axis=1, keepdims=True)

    def _arms(
        self, rng: np.random.Generator, radius: NDArray[np.float64], phase: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Arms that broaden outwards, patchy along their length, and weaker armlets between them."""
        grid = self._grid
        sharpness = 2.2 - 0.5 * np.clip(radius - 1.5, 0.0, 2.0)
        patchy = np.exp(0.4 * _noise(rng, grid, (0.12, 0.3)))
        armlets = np.exp(2.5 * (np.cos(1.5 * phase + 2.0 * _noise(rng, grid, (0.2, 0.6))) - 1.0))
        return 3.2 * np.exp(sharpness * (np.cos(phase) - 1.0)) * patchy + 0.45 * armlets

    def _paint_disc(self, canvas: Canvas, modulation: NDArray[np.float64]) -> None:
        h, q = self.scale_length, self._axis_ratio
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        reach = _OUTER * h
        box = canvas.box(self.x, self.y, reach * math.hypot(cos, q * sin), reach * math.hypot(sin, q * cos))
        x, y = canvas.centres(box)
        if not (x.size and y.size):
            return
        inside = 1.0 - (1.0 + _OUTER) * math.exp(-_OUTER)
        central = self._disc_flux / (2.0 * math.pi * h**2 * q * inside)
        wrapped = np.concatenate([modulation, modulation[:, :1]], axis=1)
        n_rings, n_turn = modulation.shape
        per_ring, per_turn = (n_rings - 1) / math.log(_OUTER / _INNER), n_turn / (2.0 * math.pi)
        n_nodes = max(1, min(6, math.ceil(12.0 * canvas.cell / (q * h))))
        nodes = (np.arange(n_nodes) - 0.5 * (n_nodes - 1)) / n_nodes
        light = np.zeros((y.size, x.size))
        for node_y in nodes:
            for node_x in nodes:
                dx, dy = x + node_x * canvas.cell - self.x, y + node_y * canvas.cell - self.y
                u, v = (dx * cos + dy * sin) / h, (dy * cos - dx * sin) / (q * h)
                r = np.sqrt(u * u + v * v)
                ring = (np.log(np.maximum(r, _INNER)) - math.log(_INNER)) * per_ring
                turn = np.mod(np.arctan2(v, u), 2.0 * math.pi) * per_turn
                factor = map_coordinates(wrapped, [ring, turn], order=1, mode="nearest")
                # Within the grid's first ring the azimuth is not resolved: fade to a smooth disc.
                factor = 1.0 + (factor - 1.0) * np.clip(r / (4.0 * _INNER) - 0.25, 0.0, 1.0)
                light += np.where(r < _OUTER, np.exp(-r) * factor, 0.0)
        canvas.cells[box] += light * (central * canvas.cell**2 / n_nodes**2)

    def _paint_hii(self, canvas: Canvas, modulation: NDArray[np.float64], rng: np.random.Generator) -> None:
        """Small Gaussian blobs, likelier where the arms are bright."""
        h, q = self.scale_length, self._axis_ratio
        log_r = np.linspace(math.log(_INNER), math.log(_OUTER), modulation.shape[0])
        r = np.exp(log_r)[:, None]
        # Star formation follows a power of the arms' density, from the end of the bulge to the edge of the disc.
        weight = r**2 * np.exp(-0.8 * r) * modulation**2.5 * (r > 0.35) * (r < 4.5)
        cumulative = np.cumsum(weight.ravel())
        pick = np.searchsorted(cumulative, rng.random(self.n_hii) * cumulative[-1])
        n_turn = modulation.shape[1]
        radius = h * np.exp(log_r[pick // n_turn])
        turn = (pick % n_turn + rng.random(self.n_hii)) * (2.0 * math.pi / n_turn)
        u, v = radius * np.cos(turn), radius * np.sin(turn) * q
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        share = (1.0 - 0.97 * rng.random(self.n_hii)) ** (-1.0 / 0.9)  # luminosity function of slope 1.9
        share *= np.exp(-0.35 * radius / h)
        size = 0.018 * h * share**0.22 * np.exp(0.35 * rng.standard_normal(self.n_hii))
        shape = rng.uniform(0.55, 1.0, self.n_hii)
        turn = rng.uniform(0.0, 180.0, self.n_hii)
        flux = self.flux * self.hii_fraction * share / share.sum()
        for i in range(self.n_hii):
            x, y = self.x + u[i] * cos - v[i] * sin, self.y + u[i] * sin + v[i] * cos
            index = 0.5 if i % 2 else 1.0
            SersicGalaxy(x, y, float(flux[i]), float(size[i]), index, float(shape[i]), float(turn[i])).paint(canvas)


def _noise(
    rng: np.random.Generator, grid: tuple[int, int], scale: tuple[float, float], pitch: float | None = None
) -> NDArray[np.float64]:
    """Smooth unit noise on the polar grid.

    `scale` is its correlation length across and along, in the logarithm of the radius and radians; with a pitch, it is
    drawn out along the arms. It wraps around in the radius too, which nothing shows.
    """
    n_rings, n_turn = grid
    step = math.log(_OUTER / _INNER) / (n_rings - 1), 2.0 * math.pi / n_turn
    wave_r = fft.fftfreq(n_rings)[:, None] * (scale[0] / step[0])
    wave_t = fft.rfftfreq(n_turn)[None, :] * (scale[1] / step[1])
    damping = np.exp(-2.0 * math.pi**2 * (wave_r**2 + wave_t**2))
    noise: NDArray[np.float64] = fft.irfft2(fft.rfft2(rng.standard_normal(grid)) * damping, grid)
    noise /= noise.std()
    if pitch is None:
        return noise
    rows = np.arange(n_rings)[:, None]
    shift = rows * step[0] / math.tan(math.radians(pitch)) / step[1]
    columns = np.mod(np.arange(n_turn)[None, :] - shift, n_turn)
    wrapped = np.concatenate([noise, noise[:, :1]], axis=1)
    sheared: NDArray[np.float64] = map_coordinates(wrapped, [rows + 0.0 * columns, columns], order=1)
    return sheared
