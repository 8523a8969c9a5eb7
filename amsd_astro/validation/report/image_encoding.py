"""Pictures in 8 bits: robust limits, stretches, and files small enough to stand within a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.validation.parts import Picture

__all__ = ["MASK_COLOUR", "Grays", "Stored", "bad_pixels", "gray_levels", "limits_of", "stored_mask", "stored_pictures"]

MASK_COLOUR = (213, 94, 0)
"""Red, green and blue of masked pixels."""

_BUDGET = 5_600_000  # bytes of all pictures of a frame of 2048 x 2048; four thirds of that in a page
_QUALITIES = (92, 85, 75, 60, 40)
_STRIPE = 256  # rows
_SAMPLE = 1 << 20  # pixels that limits are taken from


@dataclass(frozen=True)
class Grays:
    """How values become grays.

    Attributes
    ----------
    low, high : float
        Values shown black and white.
    softening : float or None
        ``a`` of an asinh stretch (`astropy.visualization.AsinhStretch`), None for a linear one.
    """

    low: float
    high: float
    softening: float | None = None


@dataclass(frozen=True)
class Stored:
    """A picture as a file."""

    kind: str  # image/png or image/webp
    content: bytes


def bad_pixels(picture: Picture) -> NDArray[np.bool_]:
    """Return where a picture is masked or not finite."""
    bad = ~np.isfinite(picture.data)
    return bad if picture.mask is None else bad | picture.mask


def limits_of(picture: Picture) -> Grays:
    """Return robust limits from the good pixels.

    Quantiles; for asinh with a softening at the scatter of the sky, and for symmetric limits five times that scatter.

    Parameters
    ----------
    picture : Picture
        Of a large one every n-th pixel along either axis is looked at.
    """
    from astropy.visualization import AsymmetricPercentileInterval

    step = 1 + int(np.sqrt((picture.data.size - 1) // _SAMPLE))
    few = Picture(
        "", picture.data[::step, ::step], "", mask=None if picture.mask is None else picture.mask[::step, ::step]
    )
    values = np.asarray(few.data, np.float64)[~bad_pixels(few)]
    if values.size == 0:
        return Grays(0.0, 1.0, 1.0 if picture.stretch == "asinh" else None)
    if picture.stretch == "symmetric":
        end = 5 * float(mad_sigma(values.copy())) or float(np.abs(values).max()) or 1.0
        return Grays(-end, end)
    shares = (0.5, 99.7) if picture.stretch == "asinh" else (0.5, 99.5)
    low, high = map(float, AsymmetricPercentileInterval(*shares).get_limits(values))
    if not high > low:
        half = max(1.0, 1e-3 * abs(low))
        low, high = low - half, high + half
    if picture.stretch == "linear":
        return Grays(low, high)
    return Grays(low, high, float(np.clip(mad_sigma(values.copy()) / (high - low), 0.003, 1.0)))


def gray_levels(data: NDArray[Any], grays: Grays) -> NDArray[np.uint8]:
    """Return 0 to 255 for values; what is not finite becomes 0."""
    from astropy.visualization import AsinhStretch

    levels = np.zeros(data.shape, np.uint8)
    for top in range(0, data.shape[0], _STRIPE):
        values = np.asarray(data[top : top + _STRIPE], np.float64)
        shares = np.clip(
            (np.where(np.isfinite(values), values, grays.low) - grays.low) / (grays.high - grays.low), 0, 1
        )
        if grays.softening is not None:
            shares = AsinhStretch(grays.softening)(shares)
        levels[top : top + _STRIPE] = np.rint(255 * shares)
    return levels


def stored_pictures(pictures: Sequence[NDArray[np.uint8]]) -> tuple[list[Stored], int | None]:
    """Return pictures as PNG files, or as WebP files with loss where those would be too large together.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (ny, nx)
        Grays, the first row on top.

    Returns
    -------
    list of Stored
        In the same order.
    int or None
        The quality of the WebP files, None where nothing is lost.
    """
    if not pictures:
        return [], None
    budget = _BUDGET * max(1.0, pictures[0].size / 2048**2) ** 0.5
    exact = [Stored("image/png", _saved(levels, "PNG", compress_level=6)) for levels in pictures]
    if sum(len(one.content) for one in exact) <= budget:
        return exact, None
    # a few stripes tell how much each quality takes
    samples = [np.concatenate([levels[top : top + 64] for top in range(0, len(levels), 512)]) for levels in pictures]
    share = samples[0].size / pictures[0].size
    fitting = (q for q in _QUALITIES if sum(len(_webp(part, q)) for part in samples) <= budget * share)
    quality = next(fitting, _QUALITIES[-1])
    return [Stored("image/webp", _webp(levels, quality)) for levels in pictures], quality


def stored_mask(bad: NDArray[np.bool_]) -> Stored:
    """Return a PNG file of one bit a pixel: masked ones in `MASK_COLOUR`, the others transparent."""
    from PIL import Image

    picture = Image.fromarray(bad.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, *MASK_COLOUR])
    stored = io.BytesIO()
    picture.save(stored, "PNG", bits=1, transparency=b"\x00\xff")
    return Stored("image/png", stored.getvalue())


def _webp(levels: NDArray[np.uint8], quality: int) -> bytes:
    return _saved(levels, "WEBP", quality=quality, method=1)


def _saved(levels: NDArray[np.uint8], kind: str, **options: Any) -> bytes:
    from PIL import Image

    stored = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(stored, kind, **options)
    return stored.getvalue()
