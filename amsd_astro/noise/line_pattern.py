"""The pattern of a detector: offsets of whole rows and columns, odd and even ones, steps between amplifiers.

They are neither noise, whose variance and correlation they would spoil, nor scene, which a network would see in them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.flat_areas import with_flat_areas
from amsd_astro.arrays.mesh_background import Background, measure_background
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.arrays.scratch import new_array
from amsd_astro.noise.line_coherence import Coherence, row_coherence

__all__ = ["Pattern", "find_pattern"]

_N_ROUNDS, _N_STEP_ROUNDS = 3, 6
_CLIP = 3.0  # sigma: stars
_BOX, _BOX_CLIP = 5, 1.0  # pixels on a side whose mean shows fainter sources, and sigma of the pixels
_GROWN = 2  # pixels around a source
_FEWEST = 0.2  # of a line's pixels that must be sky
_BESIDE, _CLOSE = 10, 3  # lines on each side of a step, by which it is known and by which it is seen to be sharp
_NEAR = 2  # lines from where fourth differences show one that stands out
_CERTAIN, _NEW_STEP = 6.0, 14.0  # standard errors; fourth differences show no smaller step
_MEDIAN_COST = 1.2533  # standard error of a median over that of a mean
_SAMPLED = 1024  # pixels of a line whose median is taken
_NOTHING = 0.3  # share of the scatter of offsets that is no noise: where it is less, there are none


@dataclass(frozen=True)
class Pattern:
    """Offsets of rows and columns, which add up.

    Attributes
    ----------
    rows : ndarray, shape (ny,)
        In the unit of the image; zero on average.
    columns : ndarray, shape (nx,)
    row_variance, column_variance : float
        Of the offsets' errors, in squared units.
    noise : float
        Width of the noise of a pixel.
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    row_variance: float
    column_variance: float
    noise: float

    def part(self, where: tuple[slice, slice]) -> NDArray[np.float64]:
        """Return the pattern of a part of the image."""
        return self.rows[where[0], None] + self.columns[None, where[1]]

    def taken_off(self, data: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the image without the pattern, as a new array of its type."""
        bare: NDArray[np.floating] = new_array(data.shape, data.dtype)
        for block in row_blocks(data.shape):
            where = block.rows, slice(0, data.shape[1])
            np.subtract(data[where], self.part(where), out=bare[where], casting="same_kind")
        return bare

    @property
    def variance(self) -> float:
        """Of the pattern's error in a pixel, in squared units."""
        return self.row_variance + self.column_variance

    @property
    def widths(self) -> tuple[float, float]:
        """Rms of the offsets of rows and of columns, over the width of the noise."""
        return float(np.std(self.rows) / self.noise), float(np.std(self.columns) / self.noise)


@dataclass(frozen=True)
class _Halves:
    """Mean residual of each line, of both of its halves, NaN where it shows too little sky."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    both: NDArray[np.float64]

    def filled(self, other: _Halves) -> _Halves:
        """Return the same, with another's lines where there are none."""
        lines = zip((self.first, self.second, self.both), (other.first, other.second, other.both), strict=True)
        return _Halves(*(np.where(np.isnan(mine), theirs, mine) for mine, theirs in lines))


@np.errstate(over="ignore", invalid="ignore")  # pixels near the largest float
def find_pattern(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> Pattern | None:
    """Find the offsets of rows and columns of an image, where it shows any beyond doubt.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    Pattern or None
    """
    mask = with_flat_areas(mask, data)  # a border of one value ends in a step that is none
    seen = row_coherence(data, mask), row_coherence(data.T, mask.T)
    if not any(one.is_pattern for one in seen):
        return None
    offsets, steps = [np.zeros(n) for n in data.shape], [np.zeros(n) for n in data.shape]
    halves, background = [_Halves(*np.zeros((3, n))) for n in data.shape], None
    n_step_rounds = _N_STEP_ROUNDS if any(one.places for one in seen) else 0
    for k in range(n_step_rounds + _N_ROUNDS):
        background = measure_background(data, mask, offsets[0], offsets[1])
        if background is None:
            return None
        if k < n_step_rounds:
            _add_steps(offsets, steps, seen, _line_medians(data, mask, background, offsets), background.noise)
            continue
        halves = _measured_halves(data, mask, background, offsets)
        for axis, one in enumerate(seen):
            if one.all_differ:
                offsets[axis] += np.nan_to_num(halves[axis].both)
    rows, columns = (
        _settled(offset, step, half) if one.all_differ else (offset - offset.mean(), 0.0)
        for offset, step, half, one in zip(offsets, steps, halves, seen, strict=True)
    )
    if background is None or not (rows[0].any() or columns[0].any()):
        return None
    return Pattern(rows[0], columns[0], rows[1], columns[1], background.noise)


def _add_steps(
    offsets: list[NDArray[np.float64]],
    steps: list[NDArray[np.float64]],
    seen: tuple[Coherence, Coherence],
    profiles: list[NDArray[np.float64]],
    noise: float,
) -> None:
    """Add to the offsets the lines that stand out in the profiles of rows and columns, and the steps between lines."""
    for axis, profile in enumerate(profiles):
        if seen[axis].places:
            error = noise / np.sqrt(profiles[1 - axis].size)
            new, lines = _steps_and_lines(profile, seen[axis].places, error, steps[axis])
            steps[axis] += new
            offsets[axis] += new + lines


def _measured_halves(
    data: NDArray[np.floating], mask: NDArray[np.bool_], background: Background, offsets: list[NDArray[np.float64]]
) -> list[_Halves]:
    """What is left of rows and columns over the sky; over sources, too, where they cover a line: less is known then."""
    halves = _line_means(data, mask, background, offsets, fine=False)
    if any(np.isnan(one.both).any() for one in halves):
        everywhere = _line_means(data, mask, background, offsets, fine=True)
        halves = [one.filled(other) for one, other in zip(halves, everywhere, strict=True)]
    return halves


def _line_medians(
    data: NDArray[np.floating], mask: NDArray[np.bool_], background: Background, offsets: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Median of each row, and of each column, less background and offsets: however large what they differ by."""
    every = [max(1, n // _SAMPLED) for n in data.shape]
    found = []
    for where in ((slice(None), slice(None, None, every[1])), (slice(None, None, every[0]), slice(None))):
        rest = np.where(mask[where], np.nan, data[where]) - background.of(slice(0, data.shape[0]), fine=False)[where]
        rest -= offsets[0][where[0], None] + offsets[1][where[1]]
        found.append(rest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # lines without a good pixel
        return [np.nan_to_num(np.nanmedian(rest, axis=1 - axis)) for axis, rest in enumerate(found)]


def _line_means(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    background: Background,
    offsets: list[NDArray[np.float64]],
    *,
    fine: bool,
) -> list[_Halves]:
    """Mean of the sky's pixels in each row, and in each column, less background and offsets.

    By the fine background, areas of extended sources count as well.
    """
    ny, nx = data.shape
    sums, counts = [np.zeros((2, n)) for n in data.shape], [np.zeros((2, n)) for n in data.shape]
    for block in row_blocks(data.shape):
        rows = block.rows
        rest = np.where(mask[rows], np.nan, data[rows]) - background.of(rows, fine=fine)
        rest -= offsets[0][rows, None] + offsets[1]
        sky = _without_sources(rest, background.noise)
        if not fine:
            sky &= background.sky(rows)
        for half, columns in enumerate((slice(nx // 2), slice(nx // 2, None))):
            sums[0][half, rows] = rest[:, columns].sum(axis=1, where=sky[:, columns])
            counts[0][half, rows] = np.count_nonzero(sky[:, columns], axis=1)
        upper = np.arange(rows.start, rows.stop) >= ny // 2
        for half, part in enumerate((~upper, upper)):
            sums[1][half] += rest[part].sum(axis=0, where=sky[part])
            counts[1][half] += np.count_nonzero(sky[part], axis=0)
    return [_halves(*of_axis, data.shape[1 - axis]) for axis, of_axis in enumerate(zip(sums, counts, strict=True))]


def _halves(sums: NDArray[np.float64], counts: NDArray[np.float64], length: int) -> _Halves:
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = np.where(counts >= _FEWEST * length / 2, sums / counts, np.nan)
        both = np.where(counts.sum(axis=0) >= _FEWEST * length, sums.sum(axis=0) / counts.sum(axis=0), np.nan)
    return _Halves(first, second, both)


def _without_sources(rest: NDArray[np.float64], noise: float) -> NDArray[np.bool_]:
    """Pixels that are sky: neither bright themselves nor in a bright neighbourhood."""
    good = np.isfinite(rest)
    rest[~good] = 0
    mean = ndimage.uniform_filter(np.clip(rest, -_CLIP * noise, _CLIP * noise), _BOX)
    source = (np.abs(rest) > _CLIP * noise) & (np.abs(mean) > _BOX_CLIP * noise / 2) | (
        np.abs(mean) > _BOX_CLIP * noise
    )
    if source.any():
        source = ndimage.binary_dilation(source, iterations=_GROWN)
    return np.asarray(good & ~source & (np.abs(rest) <= _CLIP * noise), bool)


def _steps_and_lines(
    profile: NDArray[np.float64], places: tuple[int, ...], error: float, known: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps between one side of a line and the other, each zero on average; and lines that stand out on their own.

    ``known`` are steps that were found before: what is left of them may be smaller than a new one.
    """
    n = profile.size
    steps, lines = np.zeros(n), np.zeros(n)
    near = np.zeros(n, bool)
    for place in places:
        near[max(0, place - _NEAR) : place + _NEAR + 1] = True
    jump, sharp = _jumps(profile, _BESIDE), _jumps(profile, _CLOSE)
    again = ndimage.binary_dilation(np.diff(known, prepend=known[0]) != 0, iterations=_NEAR)
    least = np.where(again, _CERTAIN, _NEW_STEP) * error
    is_step = near & (np.abs(jump) > least) & (sharp * np.sign(jump) > np.abs(jump) / 2)
    left = np.where(is_step, np.abs(jump), 0.0)
    while left.any():
        place = int(left.argmax())
        steps += jump[place] * ((np.arange(n) >= place) - (n - place) / n)
        left[max(0, place - 2 * _BESIDE) : place + 2 * _BESIDE] = 0
    if not steps.any():
        alone = profile - ndimage.median_filter(profile, 2 * _BESIDE + 1, mode="nearest")
        lines = np.where(near & (np.abs(alone) > _CERTAIN * _MEDIAN_COST * error), alone, 0.0)
    return steps, lines


def _jumps(profile: NDArray[np.float64], beside: int) -> NDArray[np.float64]:
    """From the median of some lines before each to that of some from it on; zero at the edges."""
    medians = np.median(np.lib.stride_tricks.sliding_window_view(profile, beside), axis=1)
    jump = np.zeros(profile.size)
    jump[beside : profile.size - beside + 1] = medians[beside:] - medians[:-beside]
    return jump


def _settled(
    offsets: NDArray[np.float64], steps: NDArray[np.float64], halves: _Halves
) -> tuple[NDArray[np.float64], float]:
    """The offsets, less what is noise in them, and the variance of their errors.

    What odd and even lines differ by and steps are known from many lines; the rest is weighed by the share of its
    scatter in which both halves of the lines agree (Wiener).
    """
    regular = steps + _odd_even(offsets - steps)
    rest = offsets - regular
    # the halves are residuals of the last round, which the offsets have
    apart = (halves.first - halves.second) / 2
    known = np.isfinite(apart)
    noise = float(np.mean(_clipped(apart[known]) ** 2)) if known.any() else 0.0
    scatter = float(np.mean(_clipped(rest) ** 2))
    share = max(1 - noise / scatter, 0.0) if scatter > 0 else 0.0
    if share < _NOTHING:
        share = 0.0
    kept = np.where(np.abs(rest) > _CERTAIN * np.sqrt(noise), rest, share * rest)
    return regular + kept - kept.mean(), share * noise


def _odd_even(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    signs = np.where(np.arange(offsets.size) % 2, 1.0, -1.0)
    return signs * float(np.mean(signs * _clipped(offsets)))


def _clipped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    width = _CLIP * mad_sigma(values.copy())
    return np.clip(values, -width, width) if width > 0 else values
