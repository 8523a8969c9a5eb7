"""The flux that denoising takes from faint sources, measured on the frame itself.

With ``z + a n`` and ``z - n / a`` (n fresh noise of the frame's covariance) there are two versions of the frame whose
noise is independent. Sources are found in the second, denoised; what denoising the first takes from their footprints is
the flux that is lost, without bias however faint they are: the footprints know nothing of the noise of the first, and
neither does the background that their flux is counted from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.cutouts import Cutout, spread_cutouts
from amsd_astro.arrays.mirroring import surroundings
from amsd_astro.network.amsd.flux_restoration import FluxRestoration, smoothed_noise
from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.risk import CONTEXT, Predict
from amsd_astro.noise.unit_noise import UnitNoise

__all__ = ["FluxProbe"]

_SEEN = 1.0  # pixels, of the smoothing in which sources are found
# in units of the frame's noise: a smoothed pixel of a footprint, the sum of a footprint, its highest smoothed pixel
_THRESHOLD, _SIGNIFICANT, _LARGEST = 0.6, 6.0, 30.0
_SMALLEST = 12  # pixels of a footprint
_SIDE, _MOST = 256, 4  # blocks of a large frame
_CELL = 64  # pixels on a side of a cell of the background


@dataclass(frozen=True)
class _Part:
    """A block: both versions with their surroundings, its bad pixels, and where it lies in the answers."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    bad: NDArray[np.bool_]
    answer: Cutout


class FluxProbe:
    """Measures the loss of flux of a frame, or of some blocks of a large one.

    Parameters
    ----------
    values : ndarray of float32, shape (ny, nx)
        Stabilized frame, zero on the sky, bad pixels filled.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the noise.
    margin : int
        Pixels that the predictor takes off each side.
    stride : int
        The sides of images given to the predictor, less the margins, are multiples of it.
    amplitude : float
        The a of the two versions.
    seed : int
        Of the noise.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        mask: NDArray[np.bool_],
        correlation: NDArray[np.floating],
        *,
        margin: int,
        stride: int,
        amplitude: float,
        seed: int,
    ) -> None:
        self._margin = margin
        self._amplitude = amplitude
        rng, noise = np.random.default_rng([seed, 3]), UnitNoise(correlation)
        self._noise_of_sums = float(np.sqrt(max(correlation.sum(), 0.1)))
        self._whole = FluxRestoration(1.0, smoothed_noise(correlation))
        self._parts = [self._part(values, mask, noise, rng, place, margin, stride) for place in _blocks(values.shape)]

    def _part(
        self,
        values: NDArray[np.float32],
        mask: NDArray[np.bool_],
        noise: UnitNoise,
        rng: np.random.Generator,
        place: Cutout,
        margin: int,
        stride: int,
    ) -> _Part:
        """Both versions with their surroundings, bad pixels, and where these lie in the answer."""
        wide = margin + CONTEXT
        rows, columns = (
            surroundings(part, side, context=CONTEXT, margin=margin, stride=stride)
            for part, side in zip(place, values.shape, strict=True)
        )
        at = np.ix_(rows, columns)
        z, bad = values[at], mask[at]
        fresh = noise.draw_mirrored(rng, rows, columns)
        first, second = z + np.float32(self._amplitude) * fresh, z - fresh / np.float32(self._amplitude)
        inner, answer = (
            tuple(slice(start, start + part.stop - part.start) for part in place) for start in (wide, CONTEXT)
        )
        return _Part(first, second, bad[inner], (answer[0], answer[1]))

    def _footprints(self, image: NDArray[np.float32], bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pixels of clear but not bright sources in a denoised image above its background."""
        image = np.where(bad, 0, image)
        smooth = ndimage.gaussian_filter(image, _SEEN)
        labels, n = ndimage.label((smooth > _THRESHOLD) & ~bad)
        if n == 0:
            return np.zeros(image.shape, bool)
        which = np.arange(1, n + 1)
        size = ndimage.sum_labels(np.ones(image.shape), labels, which)
        total = ndimage.sum_labels(image, labels, which)
        clear = (size >= _SMALLEST) & (total > _SIGNIFICANT * self._noise_of_sums * np.sqrt(size))
        faint = ndimage.maximum(smooth, labels, which) < _LARGEST
        return np.isin(labels, which[clear & faint])

    def __call__(self, predict: Predict) -> FluxLoss | None:
        """Measure the loss; None where the frame shows no such sources.

        Parameters
        ----------
        predict : callable
            From images of unit noise, shape (1, ny + 2 margin, nx + 2 margin), to denoised ones and their variance,
            shape (1, ny, nx).
        """
        level, level_seen = (np.float32(np.sqrt(1 + a**2)) for a in (self._amplitude, 1 / self._amplitude))
        inner = slice(self._margin, -self._margin or None)
        lost = regained = flux = 0.0
        n_pixels = 0
        for part in self._parts:
            seen, _ = predict(part.second[None] / level_seen)
            image = level_seen * seen[0][part.answer]
            if part.bad.all():
                continue
            background = _background(image, part.bad)
            footprint = self._footprints(image - background, part.bad)
            if not footprint.any():
                continue
            first = part.first[None] / level
            values, variance = predict(first)
            residual = first[:, inner, inner] - values
            back, _ = self._whole.added(residual, variance)
            lost -= _sum(residual, part, footprint)
            regained += _sum(back, part, footprint)
            flux += _sum(first[:, inner, inner], part, footprint) - float(background[footprint].sum() / level)
            n_pixels += int(footprint.sum())
        if not flux > 0:
            return None
        noise = self._noise_of_sums * np.sqrt(n_pixels)
        return FluxLoss(lost / flux, noise / flux, regained / flux)


def _sum(images: NDArray[np.float32], part: _Part, footprint: NDArray[np.bool_]) -> float:
    return float(images[0][part.answer][footprint].sum())


def _blocks(shape: tuple[int, int]) -> list[Cutout]:
    """The whole of a small frame, four blocks of a large one: side by side where it is narrow."""
    if max(shape) <= 2 * _SIDE:
        return [(slice(0, shape[0]), slice(0, shape[1]))]
    wide = [side >= 2 * _SIDE for side in shape]
    counts = [(2 if all(wide) else _MOST) if is_wide else 1 for is_wide in wide]
    return spread_cutouts(shape, counts, [min(_SIDE, side) for side in shape])


def _background(image: NDArray[np.float32], bad: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Medians of cells, and what is between them: sky and broad light that sources stand on."""
    cells = [np.array_split(np.arange(side), max(1, round(side / _CELL))) for side in image.shape]
    good = np.where(bad, np.float32(np.nan), image)
    overall = float(np.median(image[~bad]))
    levels = np.array([[_median(good[np.ix_(rows, columns)], overall) for columns in cells[1]] for rows in cells[0]])
    for axis, (side, parts) in enumerate(zip(image.shape, cells, strict=True)):
        levels = _between(levels, np.array([part.mean() for part in parts]), side, axis)
    return levels.astype(np.float32)


def _median(values: NDArray[np.float32], otherwise: float) -> float:
    good = values[np.isfinite(values)]
    return float(np.median(good)) if good.size else otherwise


def _between(levels: NDArray[np.float64], centres: NDArray[np.float64], side: int, axis: int) -> NDArray[np.float64]:
    """Interpolate linearly along one axis, from the centres of cells to every pixel, and on beyond the outer ones."""
    if len(centres) == 1:
        return np.repeat(levels, side, axis=axis)
    places = np.arange(side)
    k = np.clip(np.searchsorted(centres, places) - 1, 0, len(centres) - 2)
    share = (places - centres[k]) / (centres[k + 1] - centres[k])
    lower, upper = (np.moveaxis(levels, axis, -1)[..., at] for at in (k, k + 1))
    return np.asarray(np.moveaxis(lower + share * (upper - lower), -1, axis))
