"""On how wide a grid the network is to look at a frame whose noise reaches over many pixels.

Where beams, smoothing or fine pixels made neighbours alike, noise looks to the network like the stars that it knows,
and stays. Every n-th pixel has noise that is as sharp as it knows it, and stars as wide. All n x n grids are denoised,
each on its own, beside the frame as it is: which of both is better depends on the predicted variance, as bright stars
want every pixel. How far apart, and how much of each, the risk on the frame itself tells.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.details import log_of, near_knots
from amsd_astro.network.amsd.frame_calibration import FrameCalibration, Sampling
from amsd_astro.network.amsd.gain_fitting import FEWEST_ELECTRONS, most_probable, places, sums_of_cells, weight_of
from amsd_astro.network.amsd.looks import Look, looking_by_results
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.predictor import Estimate
from amsd_astro.network.risk import STEP
from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["choose_sampling", "possible_samplings"]

_log = logging.getLogger(__name__)

_ALIKE = 0.3  # correlation of the pixels that are nearer than those of a grid
_WIDEST = 6  # pixels
_NARROWEST = 64  # pixels on a side of a grid
_LOWER = 0.02  # share by which the risk on grids is to be below that on all pixels
_QUANTILES = (0.25, 0.7, 0.92, 0.99)  # of the predicted variance: the highest are few and matter
_MOST = 4  # parts of the frame
_FEWEST_PIXELS = 16 * 32**2


class _Looks(NamedTuple):
    """What the network makes of parts of the frame on grids of every n-th pixel, what counts, and its risk there."""

    n: int
    parts: list[Look]
    weights: list[NDArray[np.float32]]
    risk: float
    n_pixels: float


def possible_samplings(correlation: NDArray[np.floating], shape: tuple[int, ...]) -> list[int]:
    """Return how many pixels those of a grid may be apart, 1 first.

    Parameters
    ----------
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the noise.
    shape : tuple of int
        Of the frame.
    """
    k, possible = correlation.shape[0] // 2, [1]
    for n in range(2, min(_WIDEST, k + 1, min(shape) // _NARROWEST) + 1):
        if min(correlation[k, k + n - 1], correlation[k + n - 1, k]) < _ALIKE:
            break
        possible.append(n)
    return possible


def choose_sampling(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, *, learns: bool, seed: int
) -> Sampling:
    """Find the grids of least risk: all pixels unless others are known to be better.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        The frame, with the blocks held out that its result is to be judged on.
    calibration : FrameCalibration
        How the model is set.
    learns : bool
        Whether the frame may be learned from; where the weights were trained on it, those blocks alone can judge.
    seed : int
        Of the probe.
    """
    possible = possible_samplings(frame.correlation, frame.values.shape)
    if len(possible) == 1 or frame.electrons < FEWEST_ELECTRONS:
        return Sampling()
    judged = frame if learns else _held_out_alone(frame)
    if np.count_nonzero(~judged.mask) < _FEWEST_PIXELS:
        return Sampling()
    whole = _look_at(model, judged, calibration, seed)
    best, least = Sampling(), whole.risk - _LOWER * abs(whole.risk)
    for n in possible[1:]:
        grids = _look_at(model, judged, replace(calibration, sampling=Sampling(n)), seed)
        sampling, risk = _blended(whole.parts, grids)
        if risk >= least:
            break
        best, least = sampling, risk
    return best


def _held_out_alone(frame: TrainingFrame) -> TrainingFrame:
    """The frame with all masked but the blocks that are held out of training."""
    mask = np.ones_like(frame.mask)
    for y, x, side in frame.held_out:
        block = slice(y, y + side), slice(x, x + side)
        mask[block] = frame.mask[block]
    return replace(frame, mask=mask, held_out=())


def _look_at(model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, seed: int) -> _Looks:
    """What the network makes of parts of the frame, the same and with the same probe at each call, and the risk."""
    look, where = looking_by_results(model, frame, calibration, seed=seed), places(frame.values.shape)
    where = where[:: -(-len(where) // _MOST)]
    parts = [look(place) for place in where]
    weights = [weight_of(frame, place, part.noisy.shape) for place, part in zip(where, parts, strict=True)]
    total = sum(
        float(np.sum(weight * (part.plain.values[0] - part.noisy) ** 2, dtype=np.float64))
        + 2 / STEP * float(np.sum(weight * part.probe * (part.moved.values - part.plain.values)[0], dtype=np.float64))
        for part, weight in zip(parts, weights, strict=True)
    )
    n_pixels = sum(float(weight.sum(dtype=np.float64)) for weight in weights)
    return _Looks(calibration.sampling.n, parts, weights, total / max(n_pixels, 1.0) - 1, n_pixels)


def _blended(whole: list[Look], grids: _Looks) -> tuple[Sampling, float]:
    """The grids, with as much of the answer to all pixels, by the predicted variance, as has the least risk; that risk.

    The risk is a quadratic form of these shares, as it is of the gains of bands, and they have the same prior.
    """
    parts = list(zip(grids.parts, grids.weights, strict=True))
    variance = np.concatenate([part.plain.variance[0][weight > 0] for part, weight in parts])
    knots = np.unique(np.quantile(log_of(variance), _QUANTILES))
    gram, slopes, traces = np.zeros((len(knots), len(knots))), [], []
    for (one, weight), other in zip(parts, whole, strict=True):
        plain, moved = (_terms(a, b, knots) for a, b in ((one.plain, other.plain), (one.moved, other.moved)))
        counted = sums_of_cells(weight[None])[:, 0] > 0
        slopes.append(sums_of_cells(plain * (weight * (one.noisy - one.plain.values[0])))[counted])
        traces.append(sums_of_cells((moved - plain) * (weight * one.probe / np.float32(STEP)))[counted])
        flat = (plain * weight).reshape(len(knots), -1)
        gram += np.asarray(flat @ flat.T, np.float64)
    sums = np.concatenate(slopes), np.concatenate(traces)
    shares = np.clip(most_probable(gram, *sums)[0], 0.0, 1.0)
    change = shares @ gram @ shares - 2 * shares @ (sums[0] - sums[1]).sum(axis=0)
    risk = grids.risk + float(change) / max(grids.n_pixels, 1.0)
    _log.info(
        "grids of every pixel of %d: risk %.4f, %.4f with shares of all pixels of %s",
        grids.n, grids.risk, risk, shares.round(2),
    )  # fmt: skip
    return Sampling(grids.n, tuple(knots.tolist()), tuple(shares.tolist())), risk


def _terms(grids: Estimate, of_all: Estimate, knots: NDArray[np.float64]) -> NDArray[np.float32]:
    """What all pixels say beyond the grids where the variance is near each of the knots, shape (n, ny, nx)."""
    place = np.interp(log_of(grids.variance[0]), knots, np.arange(len(knots)))
    beyond = of_all.values[0] - grids.values[0]
    return np.stack([near.astype(np.float32) * beyond for near in near_knots(place, len(knots))])
