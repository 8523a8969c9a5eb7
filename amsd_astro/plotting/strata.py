"""Errors of a denoised frame over its 1-sigma map, by the true signal to noise of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.nddata import NDData
from numpy.typing import NDArray
from scipy import special

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting.pair import sigma_map

__all__ = ["FEWEST", "NOMINAL", "STRATA", "Stratum", "coverage", "strata_of"]

STRATA: tuple[tuple[str, float, float], ...] = (
    ("< 0.1", -np.inf, 0.1),
    ("0.1-1", 0.1, 1.0),
    ("1-5", 1.0, 5.0),
    ("> 5", 5.0, np.inf),
)
"""Name and bounds of the true signal above the sky over the noise of a pixel."""

FEWEST = 1000
"""Pixels a stratum must have to be judged."""

NOMINAL: NDArray[np.float64] = np.linspace(0.02, 0.995, 50)
"""Shares of pixels that a coverage curve is told at."""


_FARTHEST = 1e9
"""What is further out counts as this, so that squares are numbers."""


@dataclass(frozen=True)
class Stratum:
    """Pixels of like signal to noise.

    Attributes
    ----------
    name : str
        As in `STRATA`, or "all".
    z : ndarray, shape (n,)
        (denoised - truth) / 1-sigma map.
    """

    name: str
    z: NDArray[np.float64]

    @property
    def is_judged(self) -> bool:
        """Whether there are enough pixels."""
        return self.z.size >= FEWEST

    @property
    def width(self) -> float:
        """Root mean square of z: 1 where the map is right."""
        return float(np.sqrt(np.mean(self.z**2))) if self.z.size else float("nan")

    @property
    def core_width(self) -> float:
        """Width of z by the median absolute deviation: that without the tails."""
        return mad_sigma(self.z.copy()) if self.z.size else float("nan")


def coverage(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of z lies within the interval that should hold each of `NOMINAL`.

    Parameters
    ----------
    z : ndarray, shape (n,)
        At least one.
    """
    bounds = special.ndtri((1 + NOMINAL) / 2)
    return np.asarray(np.searchsorted(np.sort(np.abs(z)), bounds, side="right") / z.size)


def strata_of(z_or_result: Any, truth: Any, snr: Any) -> list[Stratum]:
    """Return the strata, that of all pixels first.

    Parameters
    ----------
    z_or_result, truth, snr
        As `plot_calibration` takes them.
    """
    if isinstance(z_or_result, Frame):
        z, signal = _from_frame(z_or_result, truth)
        signal = signal if snr is None else _checked(snr, "snr", z.shape)
    else:
        if truth is not None:
            raise ValueError(f"truth is for a Frame; z is told of it already. Received: {type(z_or_result).__name__}")
        z = as_double(z_or_result)
        signal = None if snr is None else _checked(snr, "snr", z.shape)
    good = np.isfinite(z)
    found = [Stratum("all", z[good])]
    if signal is not None:
        found += [Stratum(name, z[good & (signal >= low) & (signal < high)]) for name, low, high in STRATA]
    return found


def _from_frame(result: Frame, truth: Any) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return z, NaN where pixels are bad, and the true signal to noise where the noise is known."""
    sigma = sigma_map(result)
    if sigma is None:
        raise ValueError("the frame must have an uncertainty, its 1-sigma map. Received: one without")
    if truth is None:
        raise ValueError("truth must be given with a Frame. Received: None")
    values = _checked(_plain(truth, result), "truth", result.data.shape)
    good = ~result.mask & np.isfinite(result.data) & np.isfinite(values) & (sigma > 0) & np.isfinite(sigma)
    with np.errstate(all="ignore"):
        z = np.where(good, np.clip((result.data - values) / sigma, -_FARTHEST, _FARTHEST), np.nan)
    noise = _noise_of(result)
    return z, None if noise is None else (values - noise.sky) / np.sqrt(noise.variance(values))


def _noise_of(result: Frame) -> NoiseModel | None:
    noise = result.noise
    return noise if noise is not None and noise.sky_variance > 0 else None


def _plain(truth: Any, result: Frame) -> Any:
    """Return the numbers of a truth, in the unit of the frame."""
    if isinstance(truth, NDData):
        truth = truth.data if truth.unit is None else u.Quantity(truth.data, truth.unit)
    return truth.to_value(result.unit) if isinstance(truth, u.Quantity) else truth


def _checked(values: Any, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = as_double(values)
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}. Received: {array.shape}")
    return array
