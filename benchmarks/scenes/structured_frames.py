"""Frames without empty sky, with their truth and their exact noise: stars that overlap everywhere, and nebulae."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro import Frame, NoiseModel

__all__ = ["SCENES", "STATED", "StructuredFrame", "star_field", "structured_frame"]

_SIDE = 288
_FWHM = 2.355  # of a Gaussian, in its sigma

STATED = ("header", "caller", "plane", "nothing")
"""Who states the noise: gain and read noise in the header or by the caller, a plane of errors, or nobody."""


@dataclass(frozen=True)
class StructuredFrame:
    """A frame, what is told of its noise besides, its truth and true noise, and the exact noise model."""

    frame: Frame
    told: dict[str, float] | None
    truth: np.ndarray
    sigma: np.ndarray
    model: NoiseModel


def star_field(rng: np.random.Generator, n_stars: int, fwhm: float, faintest: float) -> np.ndarray:
    """Stars of a FWHM in pixels and of power-law brightness, in electrons from the faintest on."""
    scene = np.zeros((_SIDE, _SIDE))
    fluxes = faintest * (1 - rng.uniform(size=n_stars)) ** (-1 / 0.95)
    np.add.at(scene, tuple(rng.integers(0, _SIDE, (2, n_stars))), np.minimum(fluxes, 3e5))
    return np.asarray(ndimage.gaussian_filter(scene, fwhm / _FWHM))


def _crowded(rng: np.random.Generator) -> np.ndarray:
    return 160 + star_field(rng, 4500, rng.uniform(2.2, 3.4), 260)


def _crowded_sharp(rng: np.random.Generator) -> np.ndarray:
    return 300 + star_field(rng, 3700, rng.uniform(1.4, 1.8), 70)


def _nebula(rng: np.random.Generator) -> np.ndarray:
    y, x = np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None]
    frequency = np.hypot(y, x)
    frequency[0, 0] = np.inf
    clouds = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(_SIDE, _SIDE))) * frequency**-1.5, (_SIDE, _SIDE))
    smooth = ndimage.gaussian_filter(clouds / clouds.std(), rng.uniform(2.2, 3.4) / _FWHM)
    return np.asarray(1500 * np.exp(0.85 * smooth) + star_field(rng, 100, 2.7, 500))


SCENES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "crowded": _crowded,
    "crowded, FWHM below 2 px": _crowded_sharp,
    "nebula": _nebula,
}
"""Expected electrons of a scene, by its name."""


def structured_frame(scene: str, stated: str, seed: int) -> StructuredFrame:
    """Make a frame.

    Parameters
    ----------
    scene : str
        One of `SCENES`.
    stated : str
        One of `STATED`.
    seed : int
        Of scene, camera and noise: frames of a scene and a seed have the same pixels whoever states the noise.
    """
    rng = np.random.default_rng([seed, list(SCENES).index(scene)])
    electrons = SCENES[scene](rng)
    gain, read_noise = rng.uniform(1.0, 2.5), rng.uniform(3.0, 9.0)
    data = (rng.poisson(electrons) + rng.normal(0, read_noise, electrons.shape)) / gain
    truth, sigma = electrons / gain, np.sqrt(electrons + read_noise**2) / gain
    frame = Frame(data.astype(np.float32), unit="adu")
    if stated == "header":
        frame.header = fits.Header({"GAIN": gain, "RDNOISE": read_noise})
    if stated == "plane":
        frame.uncertainty = StdDevUncertainty(sigma.astype(np.float32))
    told = {"gain": gain, "read_noise": read_noise} if stated == "caller" else None
    model = NoiseModel(1 / gain, (read_noise / gain) ** 2, sky=float(np.percentile(truth, 5)))
    return StructuredFrame(frame, told, truth, sigma, model)
