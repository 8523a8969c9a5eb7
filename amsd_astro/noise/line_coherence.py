"""Whether whole rows, or columns, of an image are too bright or too dark together: the pattern of a detector.

Fourth differences across the lines leave nothing of what is smooth; their means over two halves of each line, which
have no pixel in common, agree only where the lines as a whole differ. Sources and nebulae do not reach over both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma

__all__ = ["Coherence", "row_coherence"]

_TAPS = (1, -4, 6, -4, 1)
_SQUARES = 70  # of the taps: the variance of white noise grows by it
_PER_LINE = 2.63  # sum of the squared correlations of fourth differences: as many lines tell as much as one
_CLIP = 3.0  # sigma: stars
_LINE_CLIP = 4.0  # sigma: single bad lines, trails
_N_PIECES, _WIDEST = 8, 64  # pieces of a line that are looked at, and pixels of one
_NARROWEST = 8
_FEWEST_LINES = 32
_CERTAIN = 6.0  # standard deviations
_LEAST = 0.03  # of the noise: less does no harm
_STEP = 5.0  # standard deviations of a line that differs from its neighbours on its own
_ALIKE = 0.5  # how far both halves of it may differ, over their mean


@dataclass(frozen=True)
class Coherence:
    """How far the rows of an image differ as a whole.

    Attributes
    ----------
    amplitude : float
        Rms of the rows' offsets, as far as neighbours differ, over the width of the noise.
    significance : float
        Standard deviations by which they differ.
    places : tuple of int
        Rows that stand out, or part a darker side from a brighter one.
    """

    amplitude: float
    significance: float
    places: tuple[int, ...] = ()

    @property
    def all_differ(self) -> bool:
        """Whether rows differ beyond doubt, and by enough to matter."""
        return self.significance > _CERTAIN and self.amplitude > _LEAST

    @property
    def is_pattern(self) -> bool:
        """Whether there is anything that is not alike from row to row."""
        return bool(self.places) or self.all_differ


@np.errstate(over="ignore", invalid="ignore")  # pixels near the largest float are no numbers then, and do not count
def row_coherence(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> Coherence:
    """Measure how far rows differ as a whole.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units; its transpose for columns.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.

    Returns
    -------
    Coherence
        All zero for an image that is too small, or has no noise.
    """
    none = Coherence(0.0, 0.0)
    ny, nx = data.shape
    width = min(nx // _N_PIECES, _WIDEST)
    if width < _NARROWEST or ny < _FEWEST_LINES + len(_TAPS):
        return none
    starts = np.linspace(0, nx - width, _N_PIECES).round().astype(int)
    pieces = [_differences(data[:, start : start + width], mask[:, start : start + width]) for start in starts]
    sigma = float(np.median([mad_sigma(piece[np.isfinite(piece)]) for piece in pieces]))
    if not sigma > 0:
        return none
    half = _N_PIECES // 2
    left, right = (_line_means(pieces[part], sigma) for part in (slice(half), slice(half, None)))
    known = np.flatnonzero(np.isfinite(left) & np.isfinite(right))
    if known.size < _FEWEST_LINES:
        return none
    return _compared(left[known], right[known], known + len(_TAPS) // 2)


def _differences(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fourth differences across the rows, NaN where a pixel of them is bad."""
    pixels = np.where(mask, np.nan, data).astype(np.float32)
    n = pixels.shape[0] - len(_TAPS) + 1
    result = np.zeros((n, pixels.shape[1]), np.float32)
    for k, tap in enumerate(_TAPS):
        result += np.float32(tap) * pixels[k : k + n]
    return result


def _line_means(pieces: list[NDArray[np.float32]], sigma: float) -> NDArray[np.float64]:
    """Mean of each row over some pieces, in sigma of a pixel, stars clipped; NaN where hardly a pixel is good."""
    total, count = np.zeros(len(pieces[0])), np.zeros(len(pieces[0]))
    for piece in pieces:
        clipped = np.clip(piece / np.float32(sigma), -_CLIP, _CLIP)
        total += np.nansum(clipped, axis=1, dtype=np.float64)
        count += np.count_nonzero(np.isfinite(clipped), axis=1)
    fewest = 0.25 * sum(piece.shape[1] for piece in pieces)
    return np.where(count >= fewest, total / np.maximum(count, 1), np.nan)


def _compared(left: NDArray[np.float64], right: NDArray[np.float64], place: NDArray[np.intp]) -> Coherence:
    widths = [mad_sigma(side.copy()) for side in (left, right)]
    if not min(widths) > 0:
        return Coherence(0.0, 0.0)
    clipped = [np.clip(side, -_LINE_CLIP * w, _LINE_CLIP * w) for side, w in zip((left, right), widths, strict=True)]
    common = float(np.mean(clipped[0] * clipped[1]))
    scale = float(np.sqrt(np.mean(clipped[0] ** 2) * np.mean(clipped[1] ** 2)))
    significance = common / scale * np.sqrt(left.size / _PER_LINE)
    mean = (left + right) / 2
    seen = (np.abs(left) > _STEP * widths[0]) & (np.abs(right) > _STEP * widths[1])
    alike = seen & (np.abs(left - right) < _ALIKE * np.abs(mean))
    return Coherence(float(np.sqrt(max(common, 0.0))), float(significance), tuple(place[alike].tolist()))
