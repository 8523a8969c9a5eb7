"""Frames built from a PSF, a sky, a detector and sources, with their truth: what lists of frames are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from amsd_astro import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation import Detector, Field, Psf, Resampling, diffuse_emission, expose, make_field, sky_background
from amsd_astro.simulation.draws import detection_limit
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["FrameKind", "Stars", "built_scene"]

_SIDE = 384
_LAGS = 8  # of the correlation over a beam

Stars = tuple[np.ndarray, np.ndarray, np.ndarray]
"""x, y and flux."""


@dataclass(frozen=True)
class FrameKind:
    """Sky and read noise in electrons; ``build`` gives stars and galaxies from a generator, PSF and 5-sigma flux.

    A ``beam`` is the FWHM of a Gaussian that all is smoothed with, noise and light.
    """

    psf: Psf
    sky: float
    read_noise: float
    gain: float
    build: Callable[[np.random.Generator, tuple[int, int], Psf, float], tuple[Stars, list]]
    resampling: tuple[str, float, tuple[float, float]] | None = None
    nebula: float = 0.0  # mean level in units of the noise
    beam: float = 0.0


def built_scene(name: str, kind: FrameKind, seeds: np.random.SeedSequence) -> Scene:
    """Build a frame; its `noise` is the true model.

    Parameters
    ----------
    name : str
        Of the frame.
    kind : FrameKind
        What it is.
    seeds : numpy.random.SeedSequence
        Of the sources and of the exposure.
    """
    scene, look = (np.random.default_rng(sequence) for sequence in seeds.spawn(2))
    resampling = None
    shape = (_SIDE, _SIDE)
    if kind.resampling is not None:
        kernel, scale, shift = kind.resampling
        resampling = Resampling(kernel, shape, scale=scale, shift=shift)
        shape = resampling.input_shape
    field, sky = _field(kind, scene, shape)
    exposure = expose(field, look, n_cosmic_rays=4)
    bad = exposure.mask > 0
    data = np.where(bad, field.truth, exposure.data)
    if kind.beam:
        return _smoothed(name, kind, field, sky, data)
    if resampling is None:
        frame = Frame(exposure.data.astype(np.float32), mask=bad)
        return Scene(name, frame, field.truth.astype(float), np.sqrt(field.variance), noise=_model(field), sky=sky)
    data = resampling.apply(data)
    sigma = np.sqrt(resampling.variance(field.variance))
    gain = float(np.mean(resampling.variance(np.ones(resampling.input_shape))))
    model = _model(field, gain=gain, correlation=resampling.correlation())
    frame = Frame(data.astype(np.float32), mask=resampling.spread(bad))
    return Scene(name, frame, resampling.apply(field.truth), sigma, noise=model, sky=resampling.apply(sky))


def _smoothed(name: str, kind: FrameKind, field: Field, sky: np.ndarray, data: np.ndarray) -> Scene:
    """Smooth noise and light alike; edges go on as mirror images."""
    width = kind.beam / math.sqrt(8 * math.log(2))
    smooth = lambda image: ndimage.gaussian_filter(np.asarray(image, float), width, mode="mirror")  # noqa: E731
    lags = np.arange(-_LAGS, _LAGS + 1)
    correlation = np.exp(-(lags[:, None] ** 2 + lags[None, :] ** 2) / (4 * width**2))
    squared = 1 / (4 * math.pi * width**2)  # sum of the squared weights
    variance = squared * ndimage.gaussian_filter(field.variance, width / math.sqrt(2), mode="mirror")
    frame = Frame(smooth(data).astype(np.float32))
    model = _model(field, gain=squared, correlation=correlation)
    return Scene(name, frame, smooth(field.truth), np.sqrt(variance), noise=model, sky=smooth(sky))


def _field(kind: FrameKind, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Field, np.ndarray]:
    """The field, and what it is expected to be without sources."""
    noise = math.hypot(math.sqrt(kind.sky), kind.read_noise)
    limit = detection_limit(kind.psf, noise)
    detector = Detector(
        gain=kind.gain,
        read_noise=kind.read_noise,
        pedestal=round(600 + 10 * noise / kind.gain),
        full_well=1.5 * kind.sky + 9e4,
    )
    sky = sky_background(shape, kind.sky, gradient=0.03, angle=50.0, bowl=0.006)
    empty = detector.to_adu(sky)
    if kind.nebula:
        sky += diffuse_emission(rng, shape, kind.nebula * noise, slope=3.0, contrast=0.8, smoothing=kind.psf.fwhm / 2)
    stars, galaxies = kind.build(rng, shape, kind.psf, limit)
    return make_field(shape, kind.psf, detector, sky, stars=stars, galaxies=galaxies, rng=rng, lost=1e-3), empty


def _model(field: Field, *, gain: float = 1.0, correlation: np.ndarray | None = None) -> NoiseModel:
    """True model; ``gain`` is what resampling multiplies the variance by."""
    detector = field.detector
    slope = gain / detector.gain
    sky = detector.pedestal + field.sky / detector.gain
    floor = gain * float(detector.variance(sky)) - slope * sky
    white = np.ones((1, 1)) if correlation is None else correlation
    return NoiseModel(slope, floor, sky, gain * float(detector.variance(sky)), white)
