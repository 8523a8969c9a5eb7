"""The error of a denoised frame, estimated without a clean one, on blocks held out of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.noise.few_photons import NoiseVariance
from amsd_astro.noise.unit_noise import UnitNoise

__all__ = ["CONTEXT", "EMPTY", "STEP", "Answer", "Predict", "Risk", "RiskProbe", "hold_out", "roughness"]

CONTEXT = 32
"""Pixels of its surroundings that the network is given around a block, and beyond the edges of a frame."""

_CELLS = (4, 8)
EMPTY = 0.5
"""Sigma from the sky's level up to which a pixel of a result counts as empty."""

_FEWEST_PAIRS = 500
_TOGETHER = 8  # blocks
STEP = 0.05
"""Length of the finite difference, in sigma."""

Answer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Values and their variance."""

Predict = Callable[[NDArray[np.float32]], Answer]


@dataclass(frozen=True)
class Risk:
    """Estimated mean squared error in noise units, its standard error, and the mean variance that was predicted.

    ``noise`` is the mean variance of the noise itself in these units: 1 but where photons are few.
    ``cell_factors`` tells how far the error of the result is correlated: the variance of sums over square cells of the
    given side, over the sum of the variances of their pixels (1 for independent errors, side**2 at most).
    ``roughness`` is the rms difference of neighbouring pixels of the result on empty sky: the risk cannot see noise
    that the model does not know of, but noise that is kept makes an empty sky rough.
    """

    value: float
    error: float
    predicted: float
    noise: float
    cell_factors: dict[int, float]
    roughness: float


def hold_out(mask: NDArray[np.bool_], *, fraction: float, seed: int) -> list[tuple[int, int, int]]:
    """Choose blocks of a frame that training never learns from.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    fraction : float
        Share of the frame's blocks to hold out.
    seed : int
        Seed of the choice.

    Returns
    -------
    list of (y, x, side)
        Blocks at least half of whose pixels are good; empty where the frame is too small.
    """
    side = 64 if min(mask.shape) >= 256 else 32 if min(mask.shape) >= 96 else 16
    corners = [
        (y, x, side)
        for y in range(0, mask.shape[0] - side + 1, side)
        for x in range(0, mask.shape[1] - side + 1, side)
        if mask[y : y + side, x : x + side].mean() <= 0.5
    ]
    if len(corners) < 4:
        return []
    n_blocks = min(max(2, round(fraction * len(corners))), 24)
    chosen = np.random.default_rng(seed).permutation(len(corners))[:n_blocks]
    return [corners[k] for k in sorted(chosen)]


def roughness(images: NDArray[np.float32], empty: NDArray[np.bool_]) -> float:
    """Rms difference of neighbours that are both empty sky; nan where there are too few.

    Parameters
    ----------
    images : ndarray of float32, shape (n, ny, nx)
        Denoised images.
    empty : ndarray of bool, shape of ``images``
        True on empty sky.
    """
    squares, n_pairs = 0.0, 0
    for axis in (1, 2):
        pairs = empty & np.roll(empty, 1, axis)
        pairs[(slice(None),) * axis + (0,)] = False
        squares += float(np.sum((images - np.roll(images, 1, axis))[pairs] ** 2, dtype=np.float64))
        n_pairs += int(pairs.sum())
    return float(np.sqrt(squares / n_pairs)) if n_pairs >= _FEWEST_PAIRS else float("nan")


class RiskProbe:
    """Stein's unbiased risk estimate on held-out blocks, with the same probes at each call.

    ``mean((f(z) - z)**2) - mean(diagonal of C) + 2 trace(C J)``, J the Jacobian of f and C the covariance of the noise;
    the trace is found by differences along probes drawn with covariance C (Ramani, Blu & Unser 2008, for correlated
    noise).

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized frame, bad pixels filled.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad and does not count.
    blocks : sequence of (y, x, side)
        From `hold_out`; all of one side.
    correlation : ndarray
        Correlation of the noise.
    noise_variance : callable, optional
        From expected values to the variance of the noise there; 1 by default.
    margin : int
        Pixels that the predictor takes off each side.
    seed : int
        Seed of the probes.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        mask: NDArray[np.bool_],
        blocks: Sequence[tuple[int, int, int]],
        correlation: NDArray[np.floating],
        *,
        noise_variance: NoiseVariance | None = None,
        margin: int,
        seed: int,
    ) -> None:
        wide = margin + CONTEXT
        ny, nx = values.shape
        places = [(mirrored(y - wide, n + 2 * wide, ny), mirrored(x - wide, n + 2 * wide, nx)) for y, x, n in blocks]
        self.blocks = tuple(blocks)
        self._images = np.stack([values[np.ix_(*place)] for place in places])
        self._weight = np.stack([~mask[y : y + n, x : x + n] for y, x, n in blocks])
        self._truth = np.stack([values[y : y + n, x : x + n] for y, x, n in blocks])
        self._correlation = correlation
        self._noise_variance = noise_variance
        # mirrored with the pixels, so that the trace counts what a mirror image brings back
        noise, rng = UnitNoise(correlation), np.random.default_rng(seed)
        self._probe: NDArray[np.float32] = np.stack([noise.draw_mirrored(rng, *place) for place in places])
        self._reach = slice(margin, -margin or None)
        self._context = slice(CONTEXT, -CONTEXT)

    def __call__(self, predict: Predict) -> Risk:
        """Risk of a predictor, which gives values and variance for images, less the margin on each side."""
        return self.risk(predict, self.denoised(predict))

    def denoised(self, predict: Predict) -> Answer:
        """What a predictor makes of the blocks and their surroundings: `risk` and `rehearse` both start from it."""
        return _by_groups(predict, self._images)

    def risk(self, predict: Predict, denoised: Answer) -> Risk:
        """Risk of a predictor that has made `denoised` of the blocks."""
        wide_probe = self._probe * np.sqrt(self._noise_around(denoised[0]))
        moved, _ = _by_groups(predict, self._images + np.float32(STEP) * wide_probe)
        return self.risk_by(denoised, moved, wide_probe[:, self._reach, self._reach])

    def risk_by(self, denoised: Answer, moved: NDArray[np.float32], probe: NDArray[np.float32]) -> Risk:
        """Risk of what has been made of the blocks, and of the blocks moved by `STEP` times a probe.

        Parameters
        ----------
        denoised, moved, probe
            With the surroundings that `denoised` gives, `CONTEXT` pixels.
        """
        cut = (slice(None), self._context, self._context)
        plain, moved, variance, probe = denoised[0][cut], moved[cut], denoised[1][cut], probe[cut]
        noise = np.float32(1) if self._noise_variance is None else self._noise_variance(plain)
        terms = (plain - self._truth) ** 2 - noise + 2 * probe * (moved - plain) / np.float32(STEP)
        count = self._weight.sum(axis=(1, 2))
        per_block = (terms * self._weight).sum(axis=(1, 2), dtype=np.float64) / np.maximum(count, 1)
        value = float(np.average(per_block, weights=count))
        error = float(np.sqrt(np.average((per_block - value) ** 2, weights=count) / max(len(count) - 1, 1)))
        empty = self._weight & (np.abs(plain) < EMPTY)
        predicted = float((variance * self._weight).sum(dtype=np.float64) / max(int(count.sum()), 1))
        width = float(np.average(np.broadcast_to(noise, plain.shape), weights=self._weight)) if count.any() else 1.0
        cells = self._cell_factors(plain, moved, probe, value, width)
        return Risk(value, error, predicted, width, cells, roughness(plain, empty))

    def rehearse(self, predict: Predict, denoised: Answer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Variance that is predicted, and the squared error that is made, where the truth is known.

        What a predictor makes of the blocks is taken for the truth and given fresh noise (the parametric bootstrap,
        Efron & Tibshirani 1993, section 6.5). Other than the risk this tells small errors apart from large ones, and
        does not ask how well the noise is known; the detail that was lost is missing in it.

        Returns
        -------
        variance, squared_error : ndarray, shape (n,)
            Of the good pixels of all blocks.
        """
        truth, _ = denoised
        exposed = self._padded(truth) + self._probe * np.sqrt(self._noise_around(truth))
        values, variance = _by_groups(predict, exposed)
        cut = (slice(None), self._context, self._context)
        return variance[cut][self._weight], ((values - truth) ** 2)[cut][self._weight]

    def _padded(self, inner: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a predictor made of the blocks, mirrored out to their surroundings."""
        reach = (self._images.shape[-1] - inner.shape[-1]) // 2
        return np.pad(inner, ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")

    def _noise_around(self, denoised: NDArray[np.float32]) -> NDArray[np.float32]:
        """Variance of the noise of the blocks and their surroundings."""
        if self._noise_variance is None:
            return np.ones(1, np.float32)
        return self._noise_variance(self._padded(denoised))

    def _cell_factors(
        self,
        plain: NDArray[np.float32],
        moved: NDArray[np.float32],
        probe: NDArray[np.float32],
        risk: float,
        noise: float,
    ) -> dict[int, float]:
        """The same estimate for sums over cells: their noise is the covariance's sum over the cell."""
        factors = {}
        for cell in _CELLS:
            good = _sums(self._weight.astype(np.float64), cell) == cell**2
            if risk <= 0 or good.sum() < 50:
                continue
            left = _sums(plain - self._truth, cell)[good]
            change = (_sums(probe, cell) * _sums(moved - plain, cell))[good] / STEP
            error = np.mean(left**2 + 2 * change) - noise * _cell_variance(self._correlation, cell)
            factors[cell] = float(np.clip(error / (cell**2 * risk), 0.0, cell**2))
        return factors


def _by_groups(predict: Predict, images: NDArray[np.float32]) -> Answer:
    """Predict a few images at a time: all of them at once would take the memory of a large tile."""
    made = [predict(images[k : k + _TOGETHER]) for k in range(0, len(images), _TOGETHER)]
    return np.concatenate([values for values, _ in made]), np.concatenate([variance for _, variance in made])


def _sums(images: NDArray[np.floating], cell: int) -> NDArray[np.float64]:
    """Sums over cells of images of shape (n, ny, nx)."""
    n, ny, nx = images.shape[0], images.shape[1] // cell, images.shape[2] // cell
    cut = images[:, : ny * cell, : nx * cell].reshape(n, ny, cell, nx, cell)
    return cut.sum(axis=(2, 4), dtype=np.float64)


def _cell_variance(correlation: NDArray[np.floating], cell: int) -> float:
    """Variance of the sum of unit noise over a square cell."""
    k = correlation.shape[0] // 2
    pairs = np.maximum(cell - np.abs(np.arange(-k, k + 1)), 0)
    return float(pairs @ correlation @ pairs)
