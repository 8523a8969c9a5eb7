"""Noise that is correlated too far to be seen in the finest band: that of a radio map over its beam, or smoothed noise.

Variance and correlation are read directly off the pixels away from the sources. Between those a radio map is empty; a
smoothed exposure is not, and what is read off it is only believed where it is symmetric, as noise is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from amsd_astro.arrays.robust_statistics import mad_sigma, median
from amsd_astro.noise.covariance import nearest_correlation
from amsd_astro.noise.sampling import spread_sample
from amsd_astro.noise.sky import Sky

__all__ = ["beam_sky", "smoothed_sky"]

_CLIP = 5.0  # sigma: what catalogues take for a source; the noise of a map that varies reaches beyond 4
_N_CLIPS = 6
_WINDOW = 28.0  # half widths of the correlation: about 20 beams, over which the background is even
_FARTHEST = 20  # pixels
_REACH = 2.4  # half widths along the longer axis; a Gaussian correlation is 0.02 there
_REACH_OF_BAND = 3  # pixels
_FEWEST_BEAMS = 200  # independent pixels
_CALM, _CALM_SHARE = 0.25, 0.77  # quartile of the blocks, and its variance over the median's, for noise alone
_UNEVEN = 0.4  # the same where there is structure everywhere
_BLOCK = 7.0  # half widths on a side
_FAINT = 3.5  # sigma: the noise of an exposure is even, and the faint sources are many
_FIRST, _N_ROUNDS, _SAME = 4.0, 4, 0.02  # half width to begin with, rounds, and relative change that ends them
_FEWEST_AVERAGED = 500  # independent pixels
_SKEWED = 0.15  # smoothed fields with empty sky 0.11 at most; those whose variance is off by more than 1.5 from 0.2
_BELOW, _ABOVE, _Z = 0.02275, 0.97725, 2.0  # quantiles, and how many sigma they lie off


@dataclass(frozen=True)
class _Piece:
    """Pixels less their background, zero where they do not count, and the median of what they were."""

    values: NDArray[np.float64]
    keep: NDArray[np.bool_]
    level: float


def beam_sky(data: NDArray[np.floating], mask: NDArray[np.bool_], sky: Sky) -> Sky | None:
    """Return the sky of a radio map, its noise correlated as far as it reaches.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Map, in the brightness of a beam.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    sky : Sky
        As it was measured in the finest band.

    Returns
    -------
    Sky or None
        The same where the correlation does not reach beyond that band, or the map has too few beams. None where it
        reaches as far as structure does that fills the map.
    """
    if not sky.variance > 0:
        return sky
    covariance = _covariance(list(_pieces(data, mask, None)), _FARTHEST)
    widths = _half_widths(covariance)
    if widths is None:
        return None
    reach, half = int(np.ceil(_REACH * max(widths))), float(np.mean(widths))
    if reach <= _REACH_OF_BAND:
        return sky
    pieces = [_calm_part(piece, half) for piece in _pieces(data, mask, half)]
    if sum(np.count_nonzero(piece.keep) for piece in pieces) < _FEWEST_BEAMS * half**2:
        return sky
    covariance = _covariance(pieces, reach)
    variance = float(covariance[reach, reach])
    if not variance > 0:
        return sky
    return replace(sky, variance=variance, correlation=_tapered(covariance / variance))


def smoothed_sky(data: NDArray[np.floating], mask: NDArray[np.bool_], sky: Sky) -> Sky | None:
    """Return the sky of an exposure that was smoothed, noise and all.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure whose pixels are smooth from one to the next.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    sky : Sky
        As it was measured in the finest band.

    Returns
    -------
    Sky or None
        Without a slope, which smooth pixels do not show. None where there is too little, or what there is reaches too
        far or is skewed: structure, and no noise that can be told from it.
    """
    half, reach = _FIRST, 0
    for _ in range(_N_ROUNDS):
        pieces = list(_pieces(data, mask, half, clip=_FAINT))
        covariance = _covariance(pieces, _FARTHEST)
        widths = _half_widths(covariance)
        if widths is None:
            return None
        before, half, reach = half, float(np.mean(widths)), int(np.ceil(_REACH * max(widths)))
        if abs(half - before) < _SAME * half:
            break
    inner = slice(_FARTHEST - reach, _FARTHEST + reach + 1)
    correlation = _tapered(covariance[inner, inner] / covariance[_FARTHEST, _FARTHEST])
    values, n_averaged = np.concatenate([piece.values[piece.keep] for piece in pieces]), float(correlation.sum())
    low, middle, high = np.quantile(values, [_BELOW, 0.5, _ABOVE])
    width = (high - low) / (2 * _Z)
    if values.size < _FEWEST_AVERAGED * n_averaged or not width > 0 or not low < middle:
        return None
    if (high + low - 2 * middle) / width / (_Z**2 / 3) > _SKEWED:  # Cornish & Fisher 1938
        return None
    level = float(np.average([piece.level for piece in pieces], weights=[piece.keep.sum() for piece in pieces]))
    # faint sources only add: the darker side is that of the noise
    variance = float((middle - low) / _Z) ** 2
    return Sky(level, variance, correlation, 0.0, float("inf"), n_averaged=n_averaged)


def _half_widths(covariance: NDArray[np.float64]) -> list[float] | None:
    """Along both axes; None where the covariance reaches farther than is looked at."""
    along = [_half_width(covariance[_FARTHEST, _FARTHEST:]), _half_width(covariance[_FARTHEST:, _FARTHEST])]
    widths = [width for width in along if width is not None]
    return None if len(widths) < len(along) or _REACH * max(widths) > _FARTHEST else widths


def _pieces(
    data: NDArray[np.floating], mask: NDArray[np.bool_], half: float | None, *, clip: float = _CLIP
) -> Iterator[_Piece]:
    """The map, or a sample of a large one, without its sources; the background taken off where a width is given."""
    for place in spread_sample(mask).places or ((slice(None), slice(None)),):
        good = ~mask[place]
        if np.any(good):
            yield _without_sources(np.where(good, data[place], 0).astype(np.float64), good, half, clip)


def _without_sources(pixels: NDArray[np.float64], good: NDArray[np.bool_], half: float | None, clip: float) -> _Piece:
    keep = good
    for _ in range(_N_CLIPS):
        residual = pixels - (median(pixels[keep]) if half is None else _background(pixels, keep, half))
        seen = good & (np.abs(residual) > clip * mad_sigma(residual[keep]))
        before, keep = keep, good & ~_grown(seen, half or 1.0)
        if not keep.any():
            keep = before
        if np.array_equal(keep, before):
            break
    return _Piece(np.where(keep, residual, 0), keep, median(pixels[keep]))


def _background(pixels: NDArray[np.float64], keep: NDArray[np.bool_], half: float) -> NDArray[np.float64]:
    """Mean of the kept pixels around each; that of all of them where there are hardly any."""
    side = 2 * round(_WINDOW * half / 2) + 1
    share = ndimage.uniform_filter(keep.astype(np.float64), side)
    mean = ndimage.uniform_filter(np.where(keep, pixels, 0), side)
    return np.where(share > 0.05, mean / np.maximum(share, 0.05), pixels[keep].mean())


def _grown(seen: NDArray[np.bool_], half: float) -> NDArray[np.bool_]:
    return ndimage.binary_dilation(seen, iterations=max(1, round(half))) if seen.any() else seen


def _calm_part(piece: _Piece, half: float) -> _Piece:
    """The calmer blocks alone, where the others scatter far more than by chance: there is structure everywhere."""
    side = max(8, round(_BLOCK * half))
    ny, nx = (n // side for n in piece.keep.shape)
    if ny * nx < 16:
        return piece

    def of_blocks(array: NDArray) -> NDArray[np.float64]:
        cut = array[: ny * side, : nx * side].reshape(ny, side, nx, side)
        return cut.sum(axis=(1, 3), dtype=np.float64)

    count = of_blocks(piece.keep)
    variance = of_blocks(piece.values**2) / np.maximum(count, 1)
    usable = count > 0.5 * side**2
    if np.count_nonzero(usable) < 16:
        return piece
    low = np.quantile(variance[usable], _CALM)
    if low > _UNEVEN * np.median(variance[usable]):
        return piece
    calm = np.zeros(piece.keep.shape, bool)
    calm[: ny * side, : nx * side] = np.kron(usable & (variance <= low / _CALM_SHARE), np.ones((side, side), bool))
    keep = piece.keep & calm
    return _Piece(np.where(keep, piece.values, 0), keep, piece.level)


def _covariance(pieces: list[_Piece], reach: int) -> NDArray[np.float64]:
    """Mean product of pixels at lags of up to ``reach``, over pairs that both count."""
    side = 2 * reach + 1
    sums, counts = np.zeros((side, side)), np.zeros((side, side))
    for piece in pieces:
        sums += _products(piece.values, reach)
        counts += np.round(_products(piece.keep.astype(np.float64), reach))
    return sums / np.maximum(counts, 1)


def _products(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    shape = tuple(fft.next_fast_len(n + reach, real=True) for n in values.shape)
    power = np.abs(fft.rfft2(values, shape)) ** 2
    lags = np.arange(-reach, reach + 1)
    return np.asarray(fft.irfft2(power, shape)[np.ix_(lags, lags)], np.float64)


def _half_width(covariance: NDArray[np.float64]) -> float | None:
    """Lag at which a covariance along an axis has fallen to a half of the variance; None where it never does."""
    below = np.flatnonzero(covariance <= covariance[0] / 2)
    if not below.size or not covariance[0] > 0:
        return None
    right = int(below[0])
    return right - 1 + float((covariance[right - 1] - covariance[0] / 2) / (covariance[right - 1] - covariance[right]))


def _tapered(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correlation, brought to zero beyond its reach, with no negative power anywhere."""
    k = correlation.shape[0] // 2
    lags = np.arange(-k, k + 1)
    distance = np.hypot(lags[:, None], lags) / (k + 1)
    window = np.where(distance < 1, np.cos(np.pi / 2 * np.clip(2 * distance - 1, 0, 1)) ** 2, 0.0)
    return nearest_correlation(correlation * window, least=0.0, size=4 * k + 4)
