"""The gains of least risk on a frame, as far as the frame tells them from none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.cutouts import Cutout, spread_cutouts
from amsd_astro.network.amsd.band_gains import BandGains, saturated
from amsd_astro.network.amsd.details import N_DETAILS, details, log_of, near_knots
from amsd_astro.network.amsd.looks import Look, LookAt
from amsd_astro.network.risk import CONTEXT, EMPTY, STEP, roughness
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import NOISE_UNSURE

__all__ = [
    "FEWEST_ELECTRONS",
    "fit_gains",
    "most_probable",
    "places",
    "sums_of_cells",
    "teaches_gains",
    "weight_of",
]

_log = logging.getLogger(__name__)

_QUANTILES = (0.25, 0.7, 0.92, 0.99)  # of the predicted variance: the highest are few and matter
_FADING = 1.4  # of the logarithm beyond these: what few pixels teach must not hold for brighter stars
_SIDE, _WIDEST, _MOST = 256, 320, 8  # pixels on a side of a block, those of a part of a small frame, how many
_CELL = 32  # pixels on a side of what is taken for independent
_FEWEST_PIXELS = 48 * _CELL**2  # three times as many cells as gains
_APERTURE = 5  # pixels on a side
_WIDTHS = (0.0, 0.01, 0.03, 0.1, 0.3)  # of the prior of a gain
_ROUGHER = 1.05
_N_LOW = 2  # knots that are mostly empty sky
FEWEST_ELECTRONS = 10.0
"""Of variance; below, the gains raised the error of simulated frames, by 2 to 50 %."""


def teaches_gains(frame: TrainingFrame) -> bool:
    """Whether a frame is large enough, and has electrons enough for the noise to be Gaussian in noise units."""
    return frame.electrons >= FEWEST_ELECTRONS and int(np.count_nonzero(~frame.mask)) >= _FEWEST_PIXELS


def fit_gains(look: LookAt, frame: TrainingFrame) -> BandGains:
    """Find the gains of least risk.

    With gains g of terms f(z), the risk by Stein's unbiased estimate is a quadratic form of g: its matrix is that of
    the products of the terms, and its linear part the sum of ``f (F - z) + tr(C df/dz)`` over the pixels (Blu &
    Luisier 2007, for noise of covariance C). The errors of sums over apertures count as those of pixels do: errors of
    pixels alone are lowered by much that makes stars a little too bright as a whole. The linear part is noisy; how
    much so, its scatter between cells tells. So gains have a normal prior about none, its widths are those of the
    highest evidence (MacKay 1992), which may be zero, and the gains are the most probable ones.

    Parameters
    ----------
    look : callable
        Gives the look at a part of the frame.
    frame : TrainingFrame
        The frame, which `teaches_gains`. Blocks that it has held out do not count.

    Returns
    -------
    BandGains
        None where too few pixels count, or where they would make empty sky rough.
    """
    where = places(frame.values.shape)
    looks = [look(place) for place in where]
    weights = [weight_of(frame, place, one.noisy.shape) for place, one in zip(where, looks, strict=True)]
    values, variance = (np.concatenate([getattr(one.plain, name) for one in looks]) for name in ("values", "variance"))
    good = np.stack(weights) > 0
    if np.count_nonzero(good) < _FEWEST_PIXELS:
        return BandGains()
    knots = np.quantile(log_of(variance[good]), _QUANTILES)
    knots = np.append(knots, knots[-1] + _FADING)
    if not np.all(np.diff(knots) > 0):
        return BandGains()
    grams, slopes, traces = zip(
        *(_cells(one, weight, knots) for one, weight in zip(looks, weights, strict=True)), strict=True
    )
    gram = np.sum(grams, axis=0)
    gains, evidence = most_probable(gram, np.concatenate(slopes), np.concatenate(traces))
    # what makes sources sharper may do so to empty sky, too: there it can be left out
    for n_left_out in (0, _N_LOW):
        gains[: n_left_out * N_DETAILS] = 0
        rows = [*gains.reshape(-1, N_DETAILS).tolist(), [0.0] * N_DETAILS]
        found = BandGains(tuple(knots.tolist()), tuple(map(tuple, rows)))
        added = found.added(values, variance)
        change = float(np.sqrt(np.mean(added[good] ** 2, dtype=np.float64)))
        if change > 0 and not _makes_rough(values, added, good):
            _log.info("gains of bands: log evidence %.1f, %.4f sigma of change", evidence, change)
            return replace(found, change=change)
    return BandGains()


def most_probable(
    gram: NDArray[np.float64], slopes: NDArray[np.float64], traces: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """The most probable gains, and the logarithm of their evidence over that of none.

    Parameters
    ----------
    gram : ndarray, shape (k, k)
        Sums of the products of terms.
    slopes, traces : ndarray, shape (n, k)
        For each cell the sum of the products of terms and residual, and that of the traces.

    Returns
    -------
    gains : ndarray, shape (k,)
    evidence : float
    """
    terms = slopes - traces
    total, trace = terms.sum(axis=0), traces.sum(axis=0)
    unsure = len(terms) * np.cov(terms.T) + NOISE_UNSURE**2 * np.outer(trace, trace)
    unit = np.sqrt(np.diag(unsure))
    if not unit.max() > 0:
        return np.zeros(len(unit)), 0.0
    unit = np.maximum(unit, 1e-9 * unit.max())
    gram, total, unsure = gram / unit[:, None], total / unit, unsure / np.outer(unit, unit)
    unsure = unsure + 1e-6 * np.eye(len(unit))
    same_band = np.equal.outer(*2 * (np.arange(len(unit)) % N_DETAILS,))
    best, none = (-np.inf, np.zeros(len(unit))), -np.inf
    for own, shared in product(_WIDTHS, _WIDTHS):
        prior = own**2 * np.eye(len(unit)) + shared**2 * same_band
        spread = unsure + gram @ prior @ gram.T
        weighted = np.linalg.solve(spread, total)
        evidence = -(np.linalg.slogdet(spread)[1] + total @ weighted) / 2
        if own == shared == 0:
            none = evidence
        if evidence > best[0]:
            best = evidence, prior @ gram.T @ weighted
    return best[1], float(best[0] - none)


def _makes_rough(values: NDArray[np.float32], added: NDArray[np.float32], good: NDArray[np.bool_]) -> bool:
    """Whether gains leave empty sky rougher: so they do where there is noise that the noise model does not know of."""
    empty = good & (np.abs(values) < EMPTY)
    before, after = (roughness(images, empty) for images in (values, values + added))
    if not after > _ROUGHER * before:
        return False
    _log.info("gains of bands refused: empty sky would be rougher (%.4f sigma for %.4f)", after, before)
    return True


def weight_of(frame: TrainingFrame, place: Cutout, shape: tuple[int, int]) -> NDArray[np.float32]:
    """How much the pixels of a look at a place count."""
    weight = np.zeros(shape, np.float32)
    rows, columns = (np.arange(part.start, part.stop) for part in place)
    weight[CONTEXT : CONTEXT + len(rows), CONTEXT : CONTEXT + len(columns)] = frame.weight(rows, columns)
    return weight


def _cells(
    look: Look, weight: NDArray[np.float32], knots: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sums over a part of the products of terms, and over its cells of terms times residual and of the traces."""
    plain, moved = (_terms(made.values[0], made.variance[0], knots) for made in (look.plain, look.moved))
    slopes = sums_of_cells(plain * _twice(look.noisy - look.plain.values[0], weight))
    traces = sums_of_cells((moved - plain) * _twice(look.probe / np.float32(STEP), weight))
    plain *= weight
    gram = sum(made @ made.T for made in (each.reshape(len(plain), -1) for each in (plain, _in_apertures(plain))))
    counted = sums_of_cells(weight[None])[:, 0] > 0
    return np.asarray(gram, np.float64), slopes[counted], traces[counted]


def _twice(image: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """What times another image sums to the products of both, by pixels and by apertures, where there is weight."""
    weighted = (image * weight)[None]
    return (weight * (weighted + _in_apertures(_in_apertures(weighted))))[0]


def _in_apertures(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over the aperture about each pixel, over the error that they have where those of pixels are one."""
    size = (0, _APERTURE, _APERTURE)
    return ndimage.uniform_filter(images, size, mode="constant") * np.float32(_APERTURE)


def _terms(
    values: NDArray[np.float32], variance: NDArray[np.float32], knots: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Every band where the variance is near each of the knots but the last, shape (n, ny, nx)."""
    place = np.interp(log_of(variance), knots, np.arange(len(knots)))
    near = [share.astype(np.float32) for share in near_knots(place, len(knots) - 1)]
    bands = [saturated(detail[0]) for detail in details(values[None])]
    return np.stack([share * band for share in near for band in bands])


def sums_of_cells(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sums over cells of images of shape (k, ny, nx), as (n_cells, k)."""
    k, (ny, nx) = len(images), (-(-side // _CELL) for side in images.shape[1:])
    pad = ((0, 0), *((0, n * _CELL - side) for n, side in zip((ny, nx), images.shape[1:], strict=True)))
    cells = np.pad(images, pad).reshape(k, ny, _CELL, nx, _CELL)
    return cells.sum(axis=(2, 4), dtype=np.float64).reshape(k, -1).T


def places(shape: Sequence[int]) -> list[Cutout]:
    """Parts of one shape: all of a small frame, blocks spread over a large one."""
    counts = [-(-side // _WIDEST) for side in shape]
    if counts[0] * counts[1] <= _MOST:
        lengths = [side // n for side, n in zip(shape, counts, strict=True)]
        return spread_cutouts(shape, counts, lengths)
    counts = [max(1, side // _SIDE) for side in shape]
    while counts[0] * counts[1] > _MOST:
        counts[int(np.argmax(counts))] -= 1
    return spread_cutouts(shape, counts, [min(_SIDE, side) for side in shape])
