"""Pictures in 8 bits, in files small enough to stand within a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.graphics.brightness import (
    Brightness,
    brightness_of,
    linear_brightness,
    sky_of,
    uncertainty_brightness,
)
from amsd_astro.graphics.colours import MASKED, TAKEN, TAKEN_LIMIT
from amsd_astro.validation.parts import Picture

__all__ = ["Stored", "bad_pixels", "gray_levels", "limits_of", "stored_mask", "stored_pictures"]

_BUDGET = 5_600_000  # bytes of all pictures of a frame of 2048 x 2048; four thirds of that in a page
_QUALITIES = (92, 85, 75, 60, 40)
_STRIPE = 256  # rows
_SAMPLE = 1 << 20  # pixels that limits are taken from


@dataclass(frozen=True)
class Stored:
    """A picture as a file."""

    kind: str  # image/png or image/webp
    content: bytes


def bad_pixels(picture: Picture) -> NDArray[np.bool_]:
    """Return where a picture is masked or not finite."""
    bad = ~np.isfinite(picture.data)
    return bad if picture.mask is None else bad | picture.mask


def limits_of(picture: Picture) -> Brightness:
    """Return the limits and the stretch that a picture asks for, from its good pixels.

    Parameters
    ----------
    picture : Picture
        Of a large one every n-th pixel along either axis is looked at.
    """
    if picture.stretch == "sigma":
        return Brightness(-TAKEN_LIMIT, TAKEN_LIMIT)
    every = slice(None, None, 1 + int(np.sqrt((picture.data.size - 1) // _SAMPLE)))
    mask = None if picture.mask is None else picture.mask[every, every]
    few = replace(picture, data=picture.data[every, every], mask=mask)
    values = as_double(few.data)[~bad_pixels(few)]
    if picture.stretch == "asinh":
        sky, sigma = sky_of(values)
        return brightness_of(values, sky=sky, sigma=sigma)
    return uncertainty_brightness(values) if picture.stretch == "errors" else linear_brightness(values)


def gray_levels(data: NDArray[Any], brightness: Brightness) -> NDArray[np.uint8]:
    """Return 0 to 255 for values; what is not finite becomes 0."""
    levels = np.zeros(data.shape, np.uint8)
    for top in range(0, data.shape[0], _STRIPE):
        values = as_double(data[top : top + _STRIPE])
        shown = brightness.gray(np.where(np.isfinite(values), values, brightness.low))
        levels[top : top + _STRIPE] = np.rint(255 * shown)
    return levels


def stored_pictures(
    pictures: Sequence[NDArray[np.uint8]], *, in_colour: Sequence[bool] = ()
) -> tuple[list[Stored], int | None]:
    """Return pictures as PNG files, or as WebP files with loss where those would be too large together.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (ny, nx)
        Levels of 0 to 255, the first row on top.
    in_colour : sequence of bool, optional
        Which are drawn in the colours of what was taken, and not in gray.

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
    shades = [_TAKEN if one else None for one in in_colour] or [None] * len(pictures)
    both = list(zip(pictures, shades, strict=True))
    exact = [Stored("image/png", _png(levels, palette)) for levels, palette in both]
    if sum(len(one.content) for one in exact) <= budget:
        return exact, None
    # a few stripes tell how much each quality takes
    samples = [
        (np.concatenate([levels[top : top + 64] for top in range(0, len(levels), 512)]), palette)
        for levels, palette in both
    ]
    share = samples[0][0].size / pictures[0].size
    fitting = (q for q in _QUALITIES if sum(len(_webp(*part, q)) for part in samples) <= budget * share)
    quality = next(fitting, _QUALITIES[-1])
    return [Stored("image/webp", _webp(levels, palette, quality)) for levels, palette in both], quality


def stored_mask(bad: NDArray[np.bool_]) -> Stored:
    """Return a PNG file of one bit a pixel: masked ones in `MASKED`, the others transparent."""
    from PIL import Image

    picture = Image.fromarray(bad.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, *MASKED])
    stored = io.BytesIO()
    picture.save(stored, "PNG", bits=1, transparency=b"\x00\xff")
    return Stored("image/png", stored.getvalue())


def _png(levels: NDArray[np.uint8], palette: NDArray[np.uint8] | None) -> bytes:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(levels))
    if palette is not None:
        picture.putpalette(palette.ravel().tolist())  # which makes it one of colours by number
    stored = io.BytesIO()
    picture.save(stored, "PNG", compress_level=6)
    return stored.getvalue()


def _webp(levels: NDArray[np.uint8], palette: NDArray[np.uint8] | None, quality: int) -> bytes:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(levels if palette is None else palette[levels]))
    stored = io.BytesIO()
    picture.save(stored, "WEBP", quality=quality, method=1)
    return stored.getvalue()


def _palette(stops: Sequence[str]) -> NDArray[np.uint8]:
    """Return the colours of levels 0 to 255, shape (256, 3), between evenly spaced ones."""
    channels = np.array([[int(text[n : n + 2], 16) for n in (1, 3, 5)] for text in stops], np.float64).T
    places = np.linspace(0, 255, len(stops))
    table = np.stack([np.interp(np.arange(256), places, channel) for channel in channels], axis=-1)
    return np.rint(table).astype(np.uint8)


_TAKEN = _palette(TAKEN)
