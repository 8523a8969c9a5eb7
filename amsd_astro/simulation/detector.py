"""A detector: gain, read noise, pedestal, full well, blooming, bad columns and 16-bit numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BAD_COLUMN", "COSMIC_RAY", "SATURATED", "BadColumn", "Detector", "draw_bad_columns", "sky_background"]

BAD_COLUMN, COSMIC_RAY, SATURATED = 1, 2, 4
"""Bits of the mask."""


@dataclass(frozen=True)
class BadColumn:
    """A column that is bad from `first_row` upwards: `response` to light (0 dead) and `extra` electrons a pixel.

    Examples
    --------
    >>> from amsd_astro.simulation import BadColumn, Detector
    >>> Detector(bad_columns=(BadColumn(7),)).bad_columns[0].x
    7
    """

    x: int
    first_row: int = 0
    response: float = 0.0
    extra: float = 0.0


@dataclass(frozen=True)
class Detector:
    """What turns expected electrons into the numbers of a file.

    Parameters
    ----------
    gain : float
        Electrons per adu.
    read_noise : float
        Electrons, rms.
    pedestal : float
        Bias level, adu.
    full_well : float
        Electrons a pixel holds.
    n_bits : int or None
        Digitized to whole numbers from 0 to ``2**n_bits - 1``; None: neither rounded nor clipped below.
    blooming : bool
        Charge beyond the full well spills along the column.
    bad_columns : tuple of BadColumn
        The same in every exposure.

    Raises
    ------
    ValueError
        For a gain or full well that is not positive, a negative read noise, or `n_bits` outside 1 to 16.

    Examples
    --------
    >>> from amsd_astro.simulation import Detector
    >>> detector = Detector(gain=2.0, pedestal=100.0)
    >>> float(detector.to_adu(500.0))
    350.0
    """

    gain: float = 1.5
    read_noise: float = 5.0
    pedestal: float = 1000.0
    full_well: float = 90_000.0
    n_bits: int | None = 16
    blooming: bool = True
    bad_columns: tuple[BadColumn, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("gain", self.gain), ("full_well", self.full_well)):
            if not value > 0.0:
                raise ValueError(f"{name} must be positive. Received: {value}")
        if not self.read_noise >= 0.0:
            raise ValueError(f"read_noise must not be negative. Received: {self.read_noise}")
        if self.n_bits is not None and not 1 <= self.n_bits <= 16:
            raise ValueError(f"n_bits must be None or from 1 to 16. Received: {self.n_bits}")

    @property
    def saturation(self) -> float:
        """Level (adu) from which pixels count as saturated: six times the read noise below the full well."""
        full = self.pedestal + (self.full_well - 6.0 * self.read_noise) / self.gain
        return full if self.n_bits is None else math.floor(min(full, 2.0**self.n_bits - 1.0))

    def to_adu(self, electrons: ArrayLike) -> NDArray[np.float64]:
        """Expected adu, pedestal included, of expected electrons."""
        return self.pedestal + np.asarray(electrons, dtype=np.float64) / self.gain

    def to_electrons(self, adu: ArrayLike) -> NDArray[np.float64]:
        """Expected electrons of expected adu, never below zero."""
        return np.maximum((np.asarray(adu, dtype=np.float64) - self.pedestal) * self.gain, 0.0)

    def variance(self, adu: ArrayLike) -> NDArray[np.float64]:
        """Variance (adu**2) of an exposure's unsaturated pixels where its expectation is `adu`, rounding included."""
        rounding = 0.0 if self.n_bits is None else 1.0 / 12.0
        return (self.to_electrons(adu) + self.read_noise**2) / self.gain**2 + rounding

    def read_out(
        self,
        electrons: NDArray[np.float64],
        rng: np.random.Generator,
        *,
        cosmic_rays: NDArray[np.float64] | None = None,
    ) -> tuple[NDArray[np.uint16] | NDArray[np.float32], NDArray[np.uint8]]:
        """Expose to expected `electrons` (ny, nx), with fresh photon and read noise.

        Parameters
        ----------
        electrons : ndarray of float64
            Expected electrons, sky included.
        rng : numpy.random.Generator
            Source of randomness.
        cosmic_rays : ndarray of float64, optional
            Electrons left by cosmic rays.

        Returns
        -------
        data : ndarray
            adu; uint16 or, without `n_bits`, float32.
        mask : ndarray of uint8
            Bits `BAD_COLUMN`, `COSMIC_RAY` and `SATURATED`.
        """
        mask = np.zeros(electrons.shape, dtype=np.uint8)
        charge = rng.poisson(electrons).astype(np.float64)
        noise = self.read_noise * rng.standard_normal(electrons.shape)
        if cosmic_rays is not None:
            charge += np.rint(cosmic_rays)
            mask[np.rint(cosmic_rays) > 0.0] |= COSMIC_RAY
        for column in self.bad_columns:
            part = (slice(column.first_row, None), column.x)
            charge[part] = charge[part] * column.response + column.extra
            mask[part] |= BAD_COLUMN
        if self.blooming:
            mask[_spill(charge, self.full_well)] |= SATURATED
        adu = self.pedestal + (np.minimum(charge, self.full_well) + noise) / self.gain
        if self.n_bits is None:
            mask[adu >= self.saturation] |= SATURATED
            return adu.astype(np.float32), mask
        adu = np.clip(np.rint(adu), 0.0, 2.0**self.n_bits - 1.0)
        mask[adu >= self.saturation] |= SATURATED
        return adu.astype(np.uint16), mask


def _spill(charge: NDArray[np.float64], full_well: float) -> NDArray[np.bool_]:
    """Move charge beyond the full well along its column, half up and half down; returns the pixels reached."""
    reached = charge > full_well
    n_rows = charge.shape[0]
    for x in np.flatnonzero(reached.any(axis=0)):
        column = charge[:, x]
        over = np.flatnonzero(column > full_well)
        for run in np.split(over, np.flatnonzero(np.diff(over) > 1) + 1):
            excess = float(np.sum(np.maximum(column[run] - full_well, 0.0)))
            column[run] = np.minimum(column[run], full_well)
            for row, step in ((int(run[-1]) + 1, 1), (int(run[0]) - 1, -1)):
                left = 0.5 * excess
                # What reaches the end of the column leaves the detector.
                while left > 0.0 and 0 <= row < n_rows:
                    taken = min(left, max(full_well - float(column[row]), 0.0))
                    column[row] += taken
                    left -= taken
                    reached[row, x] = True
                    row += step
    return reached


def draw_bad_columns(rng: np.random.Generator, shape: tuple[int, int], n: int) -> tuple[BadColumn, ...]:
    """Draw `n` bad columns: dead, weak or hot, over the whole height or from some row upwards.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import draw_bad_columns
    >>> len(draw_bad_columns(np.random.default_rng(1), (64, 64), 3))
    3
    """
    columns = []
    for x in np.sort(rng.choice(shape[1], size=min(n, shape[1]), replace=False)):
        first_row = 0 if rng.random() < 0.4 else int(rng.integers(0, max(1, shape[0] - 1)))
        kind = rng.integers(3)
        response = (0.0, float(rng.uniform(0.3, 0.9)), 1.0)[kind]
        extra = (0.0, 0.0, float(10.0 ** rng.uniform(2.0, 4.0)))[kind]
        columns.append(BadColumn(int(x), first_row, response, extra))
    return tuple(columns)


def sky_background(
    shape: tuple[int, int], level: float, *, gradient: float = 0.0, angle: float = 0.0, bowl: float = 0.0
) -> NDArray[np.float64]:
    """Expected sky, of mean `level`.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    level : float
        Mean, in electrons.
    gradient : float
        Change from one side of the frame to the other, as a fraction of `level`.
    angle : float
        Direction of the gradient, degrees.
    bowl : float
        Rise from the centre to the corners, as a fraction of `level`.

    Examples
    --------
    >>> from amsd_astro.simulation import sky_background
    >>> sky = sky_background((64, 64), 200.0, gradient=0.1)
    >>> round(float(sky.mean()), 3)
    200.0
    """
    y = np.linspace(-1.0, 1.0, shape[0])[:, None] if shape[0] > 1 else np.zeros((1, 1))
    x = np.linspace(-1.0, 1.0, shape[1])[None, :] if shape[1] > 1 else np.zeros((1, 1))
    slope = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
    curve = 0.5 * (x * x + y * y)
    return np.maximum(level * (1.0 + 0.5 * gradient * slope + bowl * (curve - curve.mean())), 0.0)
