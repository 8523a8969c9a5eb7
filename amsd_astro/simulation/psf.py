"""Point spread functions: Gaussian, Moffat and diffraction-limited, round or elliptical.

A PSF is a density per square pixel with unit integral over the plane. Positions are in pixels, the centre of the
first pixel at (0, 0); ``angle`` is in degrees, counter-clockwise from +x.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import j1

__all__ = ["DiffractionPsf", "GaussianPsf", "MoffatPsf", "Psf"]

_RADII = np.geomspace(0.25, 8192.0, 800)


@dataclass(frozen=True)
class Psf(ABC):
    """What every point spread function has; subclasses give the round profile.

    Parameters
    ----------
    fwhm : float
        Full width at half maximum in pixels; of an elliptical PSF, the geometric mean of the two axes.
    ellipticity : float
        ``1 - b/a``, from 0 to below 1. The map to the ellipse keeps areas, so the flux stays one.
    angle : float
        Position angle of the major axis, degrees.

    Raises
    ------
    ValueError
        For a width that is not positive or an ellipticity outside [0, 1).

    Examples
    --------
    >>> from amsd_astro.simulation import MoffatPsf, Psf
    >>> isinstance(MoffatPsf(3.0), Psf)
    True
    """

    fwhm: float
    ellipticity: float = 0.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fwhm) and self.fwhm > 0.0):
            raise ValueError(f"fwhm must be a positive number of pixels. Received: {self.fwhm}")
        if not 0.0 <= self.ellipticity < 1.0:
            raise ValueError(f"ellipticity must be in [0, 1). Received: {self.ellipticity}")

    def density(self, dx: ArrayLike, dy: ArrayLike) -> NDArray[np.float64]:
        """Surface density (per square pixel) at offsets ``dx``, ``dy`` from the centre, pixels."""
        dx, dy = np.asarray(dx, dtype=np.float64), np.asarray(dy, dtype=np.float64)
        if self.ellipticity == 0.0:
            return self._round_density(dx, dy)
        stretch = math.sqrt(1.0 - self.ellipticity)
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return self._round_density((dx * cos + dy * sin) * stretch, (dy * cos - dx * sin) / stretch)

    def pixel_integrated(self, dx: ArrayLike, dy: ArrayLike) -> NDArray[np.float64]:
        """Fraction of the flux in unit pixels whose centres lie at ``dx``, ``dy``, by Gauss-Legendre quadrature."""
        dx, dy = np.asarray(dx, dtype=np.float64), np.asarray(dy, dtype=np.float64)
        nodes, weights = np.polynomial.legendre.leggauss(self._n_nodes)
        total = np.zeros(np.broadcast(dx, dy).shape)
        for node_y, weight_y in zip(0.5 * nodes, 0.5 * weights, strict=True):
            for node_x, weight_x in zip(0.5 * nodes, 0.5 * weights, strict=True):
                total += weight_x * weight_y * self.density(dx + node_x, dy + node_y)
        return total

    def radius(self, flux: ArrayLike, *, level: float, lost: float) -> NDArray[np.int64]:
        """Half-size of the stamps that hold sources of these fluxes.

        Parameters
        ----------
        flux : array_like
            Fluxes, any unit.
        level : float
            Beyond the radius the surface density is below this (flux unit per pixel).
        lost : float
            Beyond the radius lies at most this fraction of the flux.

        Returns
        -------
        ndarray of int64
            Pixels, the shape of `flux`.
        """
        flux = np.atleast_1d(np.asarray(flux, dtype=np.float64))
        envelope = np.maximum.accumulate(self._envelope(_RADII)[::-1])[::-1]
        wanted = level / np.maximum(flux, 1e-300)
        # The envelope falls with radius: search it backwards.
        by_level = _RADII.size - np.searchsorted(envelope[::-1], wanted)
        by_flux = int(np.argmax(self._lost(_RADII) < lost)) if self._lost(_RADII[-1:])[0] < lost else _RADII.size - 1
        index = np.minimum(np.maximum(by_level, by_flux), _RADII.size - 1)
        return np.ceil(_RADII[index] / math.sqrt(1.0 - self.ellipticity)).astype(np.int64)

    @property
    def core_radius(self) -> int:
        """Half-size of the square inside which pixels are integrated; outside it the value at the centre is enough."""
        return math.ceil(2.5 * self.fwhm / (1.0 - self.ellipticity)) + 1

    @property
    def _n_nodes(self) -> int:
        width = self.fwhm * math.sqrt(1.0 - self.ellipticity)
        return 2 if width >= 4.0 else 3 if width >= 2.0 else 5

    @abstractmethod
    def _round_density(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        """Light per square pixel at places in the frame in which the function is round."""

    def _envelope(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._round_density(r, np.zeros_like(r))

    @abstractmethod
    def _lost(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Part of the light beyond a radius."""


@dataclass(frozen=True)
class GaussianPsf(Psf):
    """A Gaussian.

    Examples
    --------
    >>> from amsd_astro.simulation import GaussianPsf
    >>> GaussianPsf(2.0).fwhm
    2.0
    """

    @property
    def _variance(self) -> float:
        return self.fwhm**2 / (8.0 * math.log(2.0))

    def _round_density(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp((u * u + v * v) / (-2.0 * self._variance)) / (2.0 * math.pi * self._variance)

    def _lost(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(r * r / (-2.0 * self._variance))


@dataclass(frozen=True)
class MoffatPsf(Psf):
    """A Moffat profile, ``(1 + (r / alpha)**2) ** -beta`` (Moffat 1969), as the atmosphere makes.

    Parameters
    ----------
    beta : float
        Above 1; 2.5 (strong wings) to 5 (weak) on the ground.

    Examples
    --------
    >>> from amsd_astro.simulation import MoffatPsf
    >>> MoffatPsf(3.0, beta=2.5).beta
    2.5
    """

    beta: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta > 1.0:
            raise ValueError(f"beta must be above 1 for a finite flux. Received: {self.beta}")

    @property
    def _alpha2(self) -> float:
        return 0.25 * self.fwhm**2 / (2.0 ** (1.0 / self.beta) - 1.0)

    def _round_density(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        norm = (self.beta - 1.0) / (math.pi * self._alpha2)
        return norm * (1.0 + (u * u + v * v) / self._alpha2) ** -self.beta

    def _lost(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return (1.0 + r * r / self._alpha2) ** (1.0 - self.beta)


@dataclass(frozen=True)
class DiffractionPsf(Psf):
    """Airy rings of an obscured aperture in a broad band, with spikes.

    The ideal wings, which hold a percent of the light hundreds of pixels away, are apodized beyond 30 resolution
    elements so that a star's flux fits in a frame.

    Parameters
    ----------
    obscuration : float
        Diameter of the central obstruction over that of the aperture, below 1.
    n_spikes : int
        Even number of spikes, evenly spread; the first lies at `spike_angle`.
    spike_fraction : float
        Fraction of the flux in the spikes.
    spike_angle : float
        Degrees from +x.
    bandwidth : float
        Full width of the band over its central wavelength.

    Examples
    --------
    >>> from amsd_astro.simulation import DiffractionPsf
    >>> DiffractionPsf(2.0, n_spikes=4).fwhm
    2.0
    """

    obscuration: float = 0.3
    n_spikes: int = 4
    spike_fraction: float = 0.02
    spike_angle: float = 45.0
    bandwidth: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.obscuration < 1.0:
            raise ValueError(f"obscuration must be in [0, 1). Received: {self.obscuration}")
        if self.n_spikes < 0 or self.n_spikes % 2:
            raise ValueError(f"n_spikes must be even and not negative. Received: {self.n_spikes}")
        if not 0.0 <= self.spike_fraction < 1.0:
            raise ValueError(f"spike_fraction must be in [0, 1). Received: {self.spike_fraction}")

    @property
    def core_radius(self) -> int:
        """Half-size of the square inside which pixels are integrated: larger, as rings are as narrow as the core."""
        return math.ceil(6.0 * self.fwhm / (1.0 - self.ellipticity)) + 1

    @property
    def _n_nodes(self) -> int:
        return 3 if self.fwhm >= 3.0 else 5

    @cached_property
    def _rings(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Radii in pixels, density, and the fraction of the flux beyond each radius; spikes apart."""
        r = np.linspace(0.0, 600.0, 60_001)  # in units of lambda / D
        profile = np.zeros_like(r)
        for factor in np.linspace(1.0 - 0.5 * self.bandwidth, 1.0 + 0.5 * self.bandwidth, 7):
            v = np.maximum(math.pi * r / factor, 1e-9)
            amplitude = 2.0 * j1(v) / v
            if self.obscuration > 0.0:
                w = self.obscuration * v
                amplitude = amplitude - self.obscuration**2 * 2.0 * j1(w) / w
            profile += (amplitude / factor) ** 2
        profile /= 1.0 + (r / 30.0) ** 4
        half = float(np.interp(-0.5 * profile[0], -profile[:120], r[:120]))
        r = r * (0.5 * self.fwhm / half)
        ring = 2.0 * math.pi * r * profile
        enclosed = np.concatenate([[0.0], np.cumsum(0.5 * (ring[1:] + ring[:-1]) * np.diff(r))])
        return r, profile / enclosed[-1], 1.0 - enclosed / enclosed[-1]

    @property
    def _spike_length(self) -> float:
        return 4.0 * self.fwhm

    def _round_density(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        r, profile, _ = self._rings
        fraction = self.spike_fraction if self.n_spikes else 0.0
        # The table is even in radius: indexing it is several times faster than np.interp.
        place = np.minimum(np.sqrt(u * u + v * v) * ((r.size - 1) / r[-1]), r.size - 1.001)
        index = place.astype(np.int64)
        below = profile[index]
        total = (1.0 - fraction) * (below + (place - index) * (profile[index + 1] - below))
        width, length, n_lines = 0.4 * self.fwhm, self._spike_length, self.n_spikes // 2
        for k in range(n_lines):
            turn = math.radians(self.spike_angle - self.angle * (self.ellipticity > 0.0)) + math.pi * k / n_lines
            along, across = u * math.cos(turn) + v * math.sin(turn), v * math.cos(turn) - u * math.sin(turn)
            # (1 + x**2)**-1.5 integrates to 2 over the line: an analytic normalization.
            spike = np.exp(-0.5 * (across / width) ** 2) * (1.0 + (along / length) ** 2) ** -1.5
            total = total + fraction / n_lines * spike / (2.0 * length * width * math.sqrt(2.0 * math.pi))
        return total

    def _envelope(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        turn = math.radians(self.spike_angle - self.angle * (self.ellipticity > 0.0))
        return self._round_density(r * math.cos(turn), r * math.sin(turn))

    def _lost(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        grid, _, beyond = self._rings
        fraction = self.spike_fraction if self.n_spikes else 0.0
        x = r / self._spike_length
        return (1.0 - fraction) * np.interp(r, grid, beyond) + fraction * (1.0 - x / np.sqrt(1.0 + x * x))
