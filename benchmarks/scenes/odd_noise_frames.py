"""Frames whose noise is hard to find for other reasons than crowding, with truth and exact noise: one of each kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro import Frame, NoiseModel
from benchmarks.scenes.structured_frames import StructuredFrame, star_field

__all__ = ["KINDS", "odd_noise_frame"]

_SIDE = 288
_FWHM = 2.355  # of a Gaussian, in its sigma


def _exposed(rng: np.random.Generator, electrons: np.ndarray, pedestal: float = 0.0) -> StructuredFrame:
    """A camera's exposure of which nothing is told."""
    gain, read_noise = rng.uniform(1.0, 2.5), rng.uniform(3.0, 9.0)
    data = (rng.poisson(electrons) + rng.normal(0, read_noise, electrons.shape)) / gain + pedestal
    truth, sigma = electrons / gain + pedestal, np.sqrt(electrons + read_noise**2) / gain
    floor = (read_noise / gain) ** 2 - pedestal / gain
    model = NoiseModel(1 / gain, floor, sky=float(np.percentile(truth, 5)))
    return StructuredFrame(Frame(data.astype(np.float32), unit="adu"), None, truth, sigma, model)


def _gradient(rng: np.random.Generator) -> StructuredFrame:
    """Moonlight, up to 15 times brighter at one side than at the other."""
    y, x = np.indices((_SIDE, _SIDE)) / _SIDE
    angle = rng.uniform(0, 2 * np.pi)
    rise = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    dark = rng.uniform(100, 400)
    sky = dark * rng.uniform(4, 15) ** ((rise - rise.min()) / np.ptp(rise))
    return _exposed(rng, sky + star_field(rng, 130, rng.uniform(2.0, 3.5), 250), 200.0)


def _offsets(rng: np.random.Generator) -> StructuredFrame:
    """Odd-even columns and rows with offsets, which belong to the truth."""
    made = _exposed(rng, 260 + star_field(rng, 120, rng.uniform(2.0, 3.2), 250), 300.0)
    noise = float(made.sigma.min())
    rows = rng.normal(0, rng.uniform(0.3, 0.7) * noise, (_SIDE, 1))
    columns = rng.uniform(0.2, 0.5) * noise * np.where(np.arange(_SIDE) % 2, 1.0, -1.0)
    data = np.asarray(made.frame.data) + (rows + columns).astype(np.float32)
    return StructuredFrame(Frame(data, unit="adu"), None, made.truth + rows + columns, made.sigma, made.model)


def _border(rng: np.random.Generator) -> StructuredFrame:
    """A rotated exposure amid zeros; those are masked in the truth by an infinite noise."""
    made = _exposed(rng, 300 + star_field(rng, 120, rng.uniform(2.0, 3.2), 250))
    angle = rng.uniform(0.1, 0.5)
    y, x = np.indices((_SIDE, _SIDE)) - _SIDE / 2
    outside = (np.abs(y + angle * x) > 105) | (np.abs(x - angle * y) > 105)
    data, truth = np.array(made.frame.data), made.truth.copy()
    data[outside] = truth[outside] = 0
    return StructuredFrame(Frame(data, unit="adu"), None, truth, np.where(outside, np.inf, made.sigma), made.model)


def _radio(rng: np.random.Generator) -> StructuredFrame:
    """Sources in noise that is correlated over a beam."""
    width = rng.uniform(3.0, 6.5) / _FWHM
    noise = ndimage.gaussian_filter(rng.normal(size=(_SIDE, _SIDE)), width, mode="wrap")
    truth = np.zeros((_SIDE, _SIDE))
    peaks = np.minimum(4 * (1 - rng.uniform(size=60)) ** (-1 / 0.9), 1000)
    np.add.at(truth, tuple(rng.integers(0, _SIDE, (2, 60))), peaks * 2 * np.pi * width**2)
    truth = 2.6e-4 * ndimage.gaussian_filter(truth, width)
    data = truth + 2.6e-4 * noise / noise.std()
    lags = np.arange(-8, 9)
    correlation = np.exp(-np.add.outer(lags**2, lags**2) / (4 * width**2))
    sigma = np.full(truth.shape, 2.6e-4)
    return StructuredFrame(
        Frame(data.astype(np.float32), unit="Jy/beam"),
        None,
        truth,
        sigma,
        NoiseModel(0.0, 2.6e-4**2, 0.0, correlation=correlation),
    )


def _counts(rng: np.random.Generator) -> StructuredFrame:
    """Photons, far less than one a pixel."""
    truth = 10 ** rng.uniform(-1.7, 0.0) + star_field(rng, 30, rng.uniform(2.0, 4.0), 10)
    frame = Frame(rng.poisson(truth).astype(np.float32), unit="ct")
    return StructuredFrame(frame, None, truth, np.sqrt(truth), NoiseModel(1.0, 0.0, float(np.median(truth))))


def _crowded_rates(rng: np.random.Generator) -> StructuredFrame:
    """A crowded field in counts per second with a plane of errors."""
    time = rng.uniform(2000, 9000)
    truth = 0.27 + star_field(rng, 5000, rng.uniform(1.5, 2.2), 0.42)
    variance = 0.0044**2 + truth / time
    data = truth + rng.normal(size=truth.shape) * np.sqrt(variance)
    frame = Frame(data.astype(np.float32), unit="ct/s")
    frame.uncertainty = StdDevUncertainty(np.sqrt(variance).astype(np.float32))
    return StructuredFrame(frame, None, truth, np.sqrt(variance), NoiseModel(1 / time, 0.0044**2, 0.27))


KINDS: dict[str, Callable[[np.random.Generator], StructuredFrame]] = {
    "gradient of the sky": _gradient,
    "offsets of rows and columns": _offsets,
    "zeros around the exposure": _border,
    "radio map": _radio,
    "few counts": _counts,
    "crowded rates, plane of errors": _crowded_rates,
}


def odd_noise_frame(kind: str, seed: int) -> StructuredFrame:
    """Make a frame.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    seed : int
        Of scene, camera and noise.
    """
    return KINDS[kind](np.random.default_rng([seed, 1000 + list(KINDS).index(kind)]))
