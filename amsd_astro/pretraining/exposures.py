"""Random exposures of scenes: a detector, a sky, a resampling, and a noise model that is nearly right.

What the network is to give is the stabilized value that the inverse takes back to the truth, so that the expectation
of an exposure comes out, not the expectation of its transform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.filling import fill_masked
from amsd_astro.noise.stabilization import Stabilizer
from amsd_astro.simulation import KERNELS, Beam, Detector, Resampling, draw_cosmic_rays, random_detector, random_sky

__all__ = ["SHARE_WRONG", "Exposed", "expose_scene"]

SHARE_WRONG = 0.1
"""Share of the exposures whose noise model is far off, in training."""

_RESAMPLED = 0.4  # share of the exposures
_BEAMS = 0.2  # share of the resampled ones that are smoothed over a beam
_WIDEST = 5.0  # FWHM of a beam, pixels
_DARK = 0.2  # share of the exposures of few photons
_FEW = 0.3, 5.0  # electrons a pixel of those
_RADIUS = 8  # lags of the correlation


@dataclass(frozen=True)
class Exposed:
    """A noisy patch as the network meets it.

    Attributes
    ----------
    noisy, target : ndarray of float32, shape (side, side)
        In noise units; what the network should make of it.
    mask : ndarray of bool, shape (side, side)
        True where it was filled.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the noise, as it is believed to be.
    """

    noisy: NDArray[np.float32]
    target: NDArray[np.float32]
    mask: NDArray[np.bool_]
    correlation: NDArray[np.float64]


def expose_scene(
    scene: NDArray[np.float32], side: int, rng: np.random.Generator, *, share_wrong: float = SHARE_WRONG
) -> Exposed:
    """Expose a random part of a scene.

    Parameters
    ----------
    scene : ndarray of float32, shape (ny, nx)
        Electrons above the sky over the noise of the sky.
    side : int
        Pixels on a side of the result.
    rng : numpy.random.Generator
        Draws everything.
    share_wrong : float, optional
        Share of exposures whose noise model is far off; about as many have rows or columns with offsets.

    Returns
    -------
    Exposed
    """
    resampling = _draw_resampling(side, rng) if rng.random() < _RESAMPLED else None
    shape = (side, side) if resampling is None else resampling.input_shape
    sky = random_sky(rng, sky=_FEW) if rng.random() < _DARK else random_sky(rng)
    detector = random_detector(rng, sky)
    noise = math.hypot(math.sqrt(sky), detector.read_noise)
    light = _part(scene, shape, rng) * (noise * 10.0 ** float(rng.uniform(-0.4, 0.4)))
    if rng.random() < 0.15:
        light = light + draw_cosmic_rays(rng, shape, int(rng.integers(1, 5)))
    electrons = light + _sloping(shape, sky, rng)
    data, bad = _read_out(electrons, detector, rng, share_wrong)
    truth = detector.to_adu(electrons)
    gain, correlation = 1.0, np.ones((1, 1))
    if resampling is not None:
        gain = float(np.mean(resampling.variance(np.ones(shape))))
        data, truth = resampling.apply(np.where(bad, truth, data)), resampling.apply(truth)
        bad, correlation = resampling.spread(bad), resampling.correlation(_RADIUS)
    stabilizer = _nearly_right(detector, sky, gain, rng, share_wrong)
    if resampling is not None and rng.random() < share_wrong:
        correlation = np.ones((1, 1))
    noisy = stabilizer.forward(data)
    target = stabilizer.expected(truth)
    if not bad.any():
        return Exposed(noisy, target, bad, correlation)
    drawn = rng.standard_normal(noisy.shape, dtype=np.float32)
    filled = fill_masked(np.where(bad, 0, noisy).astype(np.float32), bad)
    return Exposed(np.where(bad, filled + drawn, noisy), target, bad, correlation)


def _draw_resampling(side: int, rng: np.random.Generator) -> Resampling | Beam:
    if rng.random() < _BEAMS:
        return Beam(float(rng.uniform(1.5, _WIDEST)), (side, side))
    kernel = str(rng.choice(KERNELS))
    drizzled = kernel == "drizzle"
    scale = float(rng.uniform(0.4, 1.0) if drizzled else rng.uniform(0.85, 1.1) if rng.random() < 0.5 else 1.0)
    shift = float(rng.uniform(3.0, 4.0)), float(rng.uniform(3.0, 4.0))
    return Resampling(
        kernel, (side, side), scale=scale, shift=shift, drop=float(rng.uniform(max(0.6, 1.02 - scale), 1.0))
    )


def _part(scene: NDArray[np.float32], shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """A part in one of eight orientations; a mirror image goes on beyond the edges of a small scene."""
    short = max(0, max(shape) - min(scene.shape))
    scene = np.pad(scene, short, mode="symmetric") if short else scene
    y, x = (int(rng.integers(0, have - want + 1)) for have, want in zip(scene.shape, shape, strict=True))
    part = scene[y : y + shape[0], x : x + shape[1]]
    part = np.rot90(part, int(rng.integers(4)) if shape[0] == shape[1] else 2 * int(rng.integers(2)))
    return np.asarray(part[::-1] if rng.random() < 0.5 else part, np.float64)


def _sloping(shape: tuple[int, int], sky: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A sky that slopes by some of its noise across the patch."""
    slope = rng.normal(0.0, 0.5, 2) * min(0.3 * sky, math.sqrt(sky))
    y, x = (np.linspace(-0.5, 0.5, n) for n in shape)
    return np.asarray(sky + slope[0] * y[:, None] + slope[1] * x[None, :])


def _read_out(
    electrons: NDArray[np.float64], detector: Detector, rng: np.random.Generator, share_wrong: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """adu, and the pixels that are full or lie on bad columns; at times rows have offsets."""
    charge = rng.poisson(electrons).astype(np.float64)
    bad = charge >= detector.full_well
    data = detector.pedestal + (charge + detector.read_noise * rng.standard_normal(charge.shape)) / detector.gain
    if rng.random() < 0.8 * share_wrong:
        noise = math.sqrt(detector.variance(detector.pedestal + np.median(electrons) / detector.gain))
        rows = rng.normal(0.0, noise * rng.uniform(0.05, 0.3), (len(data), 1))
        data += rows if rng.random() < 0.5 else rows[: data.shape[1]].T if data.shape[0] == data.shape[1] else 0.0
    if rng.random() < 0.7:
        data = np.rint(data)
    if rng.random() < 0.2:
        bad[:, int(rng.integers(bad.shape[1]))] = True
        bad |= rng.random(bad.shape) < 10.0 ** rng.uniform(-4.0, -2.0)
    return data, bad


def _nearly_right(
    detector: Detector, sky: float, gain: float, rng: np.random.Generator, share_wrong: float
) -> Stabilizer:
    """The transform by a noise model as it is measured: a few per cent off, at times far."""
    level = detector.pedestal + sky / detector.gain
    variance = gain * float(detector.variance(level)) * math.exp(rng.normal(0.0, 0.02))
    if rng.random() < share_wrong:
        variance *= math.exp(rng.uniform(-0.3, 0.3))
    slope = gain / detector.gain * math.exp(rng.normal(0.0, 0.05))
    # a random pedestal: nothing may hang on where zero is
    reference = level + float(rng.normal(0.0, 0.5)) * math.sqrt(variance)
    return Stabilizer(slope, variance - slope * level, reference)
