"""Raw frames of colour cameras, whose pixels lie under a mosaic of colour filters, are found and refused.

Neighbouring pixels of such a frame look through different filters, so the sky alternates with a period of two pixels
and no pixel has the neighbours that denoising needs. The four planes of the mosaic can each be denoised.

The pattern is measured on the sky: each pixel less the binomial mean of its 3 x 3 neighbourhood, which holds the four
phases of the pattern in equal parts and cancels a gradient; then the mean of that by phase, outliers left out. Means
serve, not medians: the median of whole numbers jumps from one to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import median
from amsd_astro.errors import FrameError

__all__ = ["Pattern", "check_mosaic", "measure_pattern"]

_KEYWORDS = ("BAYERPAT", "COLORTYP")  # the second is MaxIm's; XBAYROFF without them says nothing
_FILTERS = frozenset("RGBCMYWLT")
_SAMPLE = 2**19  # pixels; the level of a phase is then known to 0.003 of a pixel's noise
_ROWS = 4  # of a block, between one more on either side
_SMALLEST = 8  # pixels on a side
_FEWEST = 16  # pixels of a phase
_CLIP = 5.0  # robust sigmas; wide, so that the skewness of photon noise does not move the mean
_SIGNIFICANT = 6.0  # standard errors

# With a card, in units of a pixel's noise. Colours that were interpolated leave less than 0.02, in fields of a star
# every 90 pixels 0.08 (stars are sharper where they were measured); a few hundred rows and columns with offsets of
# their own as large as half the noise leave 0.03. Skies that differ by 5 % through the filters are above this where
# they give more than 10 electrons.
_WITH_CARD = 0.1
# Without: beyond doubt. Through red, green and blue the sky differs by tens of percent (0.9 of the noise in exposures
# of six seconds); frames of mono cameras have less than 0.02 in both directions at once. Where the sky is so bright
# that its noise is small beside the unevenness of a detector, the pattern must be larger than that, too.
_WITHOUT = 0.5
_UNEVEN = 0.02  # of the frame's level
_GREENS = 0.25  # most that the two greens may differ, as a part of the whole pattern


@dataclass(frozen=True)
class Pattern:
    """What of a frame's sky has a period of two pixels.

    Attributes
    ----------
    levels : tuple of float
        Mean level of the phases (0, 0), (0, 1), (1, 0), (1, 1), rows first, less the mean of the four.
    error : float
        Standard error of a level.
    noise : float
        Noise of a pixel, from pixels of one phase.
    median : float
        Median of the pixels.
    """

    levels: tuple[float, float, float, float]
    error: float
    noise: float
    median: float

    @property
    def strength(self) -> float:
        """Alternation that does not go along one axis only, in units of the noise.

        It is the difference between the two diagonals of the 2 x 2 cell (the greens and the other two), or the smaller
        one of the alternations along rows and along columns (half of red less blue, both of them). A mosaic has one of
        these at least; the channels of a detector, which alternate along one axis, have none.
        """
        a, b, c, d = self.levels
        along = min(abs(b + d - a - c), abs(c + d - a - b))
        return max(abs(a + d - b - c), along) / 2 / self.noise

    @property
    def amplitude(self) -> float:
        """The highest level less the lowest."""
        return max(self.levels) - min(self.levels)

    @property
    def has_greens(self) -> bool:
        """Whether one diagonal of the cell has two equal levels, as the greens of a Bayer mosaic have."""
        a, b, c, d = self.levels
        return min(abs(a - d), abs(b - c)) <= _GREENS * self.amplitude


def check_mosaic(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_] | None,
    header: Mapping[str, Any],
    *,
    path: Any = None,
    hdu: Any = None,
) -> None:
    """Make sure that a frame is not the raw mosaic of a colour camera.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Pixels; NaN where there is none.
    mask : ndarray of bool, shape (ny, nx), or None
        True where a pixel is bad.
    header : mapping
        Its BAYERPAT or COLORTYP card names the filters; frames often keep it when their colours are interpolated or
        binned, so it is believed only where the sky shows the pattern. Without it, only a pattern beyond doubt counts.
    path, hdu : optional
        File and HDU, for the message.

    Raises
    ------
    FrameError
        The frame is a mosaic. The message says how to split it.
    """
    pattern = measure_pattern(data, mask)
    if pattern is None:
        return
    card = _filter_card(header)
    if pattern.strength * pattern.noise <= _SIGNIFICANT * pattern.error:
        return
    if card is not None:
        found = pattern.strength > _WITH_CARD
    else:
        found = pattern.strength > _WITHOUT and pattern.has_greens
        found = found and pattern.amplitude > _UNEVEN * abs(pattern.median)
    if found:
        raise FrameError(
            "the frame is the raw mosaic of a colour camera: split it into its four planes (data[0::2, 0::2], "
            "data[0::2, 1::2], data[1::2, 0::2] and data[1::2, 1::2]) and denoise each. "
            f"Received: {card or 'no BAYERPAT card'}, sky levels of neighbouring pixels that alternate by "
            f"{pattern.strength:.2g} times the noise",
            path=path,
            hdu=hdu,
        )


def measure_pattern(data: NDArray[np.floating], mask: NDArray[np.bool_] | None = None) -> Pattern | None:
    """Measure the levels of the four phases of a 2 x 2 cell.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Pixels. Blocks of rows, evenly spread, are looked at, half a million pixels in all.
    mask : ndarray of bool, shape (ny, nx), optional
        True where a pixel is bad.

    Returns
    -------
    Pattern or None
        None where there are too few pixels, or no noise to measure it by.
    """
    if min(data.shape) < _SMALLEST:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        return _measure(data, mask)


def _measure(data: NDArray[np.floating], mask: NDArray[np.bool_] | None) -> Pattern | None:
    excess: tuple[list[NDArray[np.float64]], ...] = ([], [], [], [])
    apart: list[NDArray[np.float64]] = []
    medians: list[float] = []
    for start in _block_starts(*data.shape):
        block = data[start : start + _ROWS + 2].astype(np.float64)
        if mask is not None:
            block[mask[start : start + _ROWS + 2]] = np.nan
        good = np.isfinite(block)
        block[~good] = np.nan
        if not good.any():
            continue
        medians.append(median(block[good]))
        inner = block[1:-1, 1:-1] - _binomial(block)
        apart.append(_finite(np.abs(block[1:-1, 2:] - block[1:-1, :-2])))
        for phase, values in enumerate(excess):
            # `start` is even, so the first row and column of the inner part have phase 1
            values.append(_finite(inner[1 - phase // 2 :: 2, 1 - phase % 2 :: 2]))
    phases = [np.concatenate(values) for values in excess] if medians else []
    n_fewest = min((values.size for values in phases), default=0)
    noise = _spread(np.concatenate(apart)) / 2**0.5 if medians else 0.0
    if n_fewest < _FEWEST or not 0 < noise < np.inf:
        return None
    means = [_clipped_mean(values) for values in phases]
    a, b, c, d = (mean - sum(means) / 4 for mean in means)
    return Pattern((a, b, c, d), noise / n_fewest**0.5, noise, float(np.median(medians)))


def _filter_card(header: Mapping[str, Any]) -> str | None:
    """Return the card that names the filters of a mosaic, None without one ("RGB" is an image in colour)."""
    for keyword in _KEYWORDS:
        try:
            value = header.get(keyword)
        except fits.VerifyError:  # a card that cannot be parsed says nothing
            continue
        text = value.strip().upper() if isinstance(value, str) else ""
        if len(text) == 4 and set(text) <= _FILTERS:
            return f"{keyword} = {text}"
    return None


def _block_starts(ny: int, nx: int) -> NDArray[np.intp]:
    """First rows, all even, of the blocks that are looked at."""
    n_blocks = max((ny - 2) // _ROWS, 1)
    n_taken = min(n_blocks, max(_SAMPLE // (_ROWS * nx), 1))
    return _ROWS * np.linspace(0, n_blocks - 1, n_taken).round().astype(np.intp)


def _binomial(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the 3 x 3 pixels around each inner pixel, weights 1 2 1 along both axes: a quarter to each phase."""
    rows = (block[:-2] + 2 * block[1:-1] + block[2:]) / 4
    return np.asarray((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]


def _spread(deviations: NDArray[np.float64]) -> float:
    """Standard deviation from absolute deviations: by their median, or by their mean where most of them are zero."""
    if not deviations.size:
        return 0.0
    return 1.4826 * median(deviations) or 1.2533 * float(np.mean(deviations))


def _clipped_mean(values: NDArray[np.float64]) -> float:
    """Mean of the values within some robust sigmas of their median."""
    deviations = np.abs(values - median(values))
    return float(np.mean(values[deviations <= _CLIP * _spread(deviations)]))
