"""Arithmetic of the quality table: errors of frames, ratios, pooled strata, paired differences by block bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.scenes.frames_with_truth import Scene
from benchmarks.scenes.strata import STRATA, Ruler

__all__ = ["Difference", "FrameErrors", "block_bootstrap", "frame_errors", "geometric_mean", "pooled"]

_SKY, _BRIGHT = "< 0.1", "> 5"


@dataclass(frozen=True)
class FrameErrors:
    """Errors of one result in units of the true noise, in strata of true S/N that have pixels enough.

    Attributes
    ----------
    rms : dict
        Root of the mean squared error by stratum.
    n_pixels : dict
        Number of good pixels by stratum.
    bias : dict
        Mean error of the strata "< 0.1" (sky) and "> 5".
    psnr, ssim : float
        As `measures.Ruler` has them.
    """

    rms: dict[str, float]
    n_pixels: dict[str, int]
    bias: dict[str, float]
    psnr: float
    ssim: float


def frame_errors(scene: Scene, ruler: Ruler, values: np.ndarray) -> FrameErrors:
    """Measure a result on one frame.

    Parameters
    ----------
    scene : Scene
        The frame and its truth.
    ruler : Ruler
        Of this scene.
    values : ndarray, shape (ny, nx)
        The result in the frame's unit.
    """
    measured = ruler.measure(values)
    error = (np.asarray(values, float) - scene.truth) / scene.sigma
    n_pixels, bias = {}, {}
    for name, low, high in STRATA:
        if name not in measured.rms:
            continue
        chosen = scene.good & (scene.signal >= low) & (scene.signal < high)
        n_pixels[name] = int(chosen.sum())
        if name in (_SKY, _BRIGHT):
            bias[name] = float(error[chosen].mean())
    return FrameErrors(measured.rms, n_pixels, bias, measured.psnr, measured.ssim)


def geometric_mean(ratios: Iterable[float]) -> float:
    """Geometric mean of positive numbers."""
    return math.exp(float(np.mean(np.log(list(ratios)))))


def pooled(frames: Sequence[FrameErrors]) -> dict[str, float]:
    """Rms by stratum over the pixels of all frames that have the stratum."""
    found = {}
    for name, *_ in STRATA:
        with_it = [frame for frame in frames if name in frame.rms]
        if with_it:
            squared = sum(frame.rms[name] ** 2 * frame.n_pixels[name] for frame in with_it)
            found[name] = math.sqrt(squared / sum(frame.n_pixels[name] for frame in with_it))
    return found


@dataclass(frozen=True)
class Difference:
    """A mean difference, and the bounds that hold 95 % of its resamples."""

    mean: float
    low: float
    high: float


def block_bootstrap(
    differences: np.ndarray, zone: np.ndarray, *, block: int = 32, n_resamples: int = 1000, seed: int = 0
) -> Difference:
    """Mean of a map over a zone, with what drawing its blocks anew tells of its error.

    Neighbouring pixels of denoised frames are not independent; blocks much larger than what a denoiser looks at are.

    Parameters
    ----------
    differences : ndarray, shape (ny, nx)
        For each pixel the squared error of one method less that of another.
    zone : ndarray of bool, shape (ny, nx)
        Where the mean is taken.
    block : int
        Pixels on a side of a block.
    n_resamples, seed : int
        Number of draws of as many blocks as there are, with replacement, and their seed.
    """
    ny, nx = zone.shape
    rows, columns = np.arange(ny) // block, np.arange(nx) // block
    places = (rows[:, None] * (columns[-1] + 1) + columns).ravel()
    counts = np.bincount(places, weights=zone.ravel())
    sums = np.bincount(places, weights=np.where(zone, differences, 0.0).ravel())
    sums, counts = sums[counts > 0], counts[counts > 0]
    if not len(counts):
        raise ValueError("zone must hold at least one pixel. Received: none")
    drawn = np.random.default_rng(seed).integers(len(counts), size=(n_resamples, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(sums.sum() / counts.sum()), float(low), float(high))
