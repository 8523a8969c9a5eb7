"""A frame as HTML: small pictures of it, and what is known of its noise and its denoising."""

from __future__ import annotations

import base64
import html
import io
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mask_downsampling import downsampled_mask
from amsd_astro.errors import FrameError
from amsd_astro.frames.denoising_record import Record, read_record
from amsd_astro.frames.descriptions import frame_facts, frame_title, unit_in_words
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.reader import read_frame
from amsd_astro.graphics.brightness import Brightness, brightness_of, sky_of, uncertainty_brightness
from amsd_astro.graphics.colours import MASKED
from amsd_astro.printable import printable

__all__ = ["frame_html"]

_WIDTH, _WIDTH_OF_SEVERAL = 600, 300  # pixels on a side
_LEVELS = 128  # of gray: noise packs badly, and more are hardly seen
_ENLARGED_TO = 256  # pixels on the screen
_LARGEST_READ = 4096**2  # pixels of a file that is read again for a picture

_FRAME = (
    '<div class="amsd-frame" style="color:inherit;background:transparent;font-size:13px;line-height:1.5;'
    'border:1px solid rgba(128,128,128,.45);border-radius:4px;padding:8px 12px;display:inline-block;max-width:100%">'
)
_TITLE = '<div style="font-weight:600;overflow-wrap:anywhere">{}</div>'
_PICTURES = '<div style="display:flex;flex-wrap:wrap;gap:10px;margin:6px 0">{}</div>'
_PICTURE = (
    '<figure style="margin:0"><img alt="{alt}" src="data:image/png;base64,{data}" width="{width}" height="{height}" '
    'style="display:block;max-width:100%;height:auto;image-rendering:pixelated;border:1px solid rgba(128,128,128,.45)">'
    '<figcaption style="opacity:.85;max-width:{caption}px">{text}</figcaption></figure>'
)
_FACTS = '<div style="display:grid;grid-template-columns:max-content auto;column-gap:14px">{}</div>'
_FACT = '<div style="opacity:.75">{}</div><div style="overflow-wrap:anywhere">{}</div>'


def frame_html(frame: Frame) -> str:
    """Return a frame as a piece of HTML that needs nothing else, in the colours of the page around it.

    Parameters
    ----------
    frame : Frame
        Of a denoised one its 1-sigma map is shown too, and its exposure where the file that it came from is as it was.

    Returns
    -------
    str
        Text of the frame is escaped, and spelled out where it cannot be printed; without matplotlib there are no
        pictures.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = read_record(frame.header)
        facts = "".join(_FACT.format(html.escape(name), _escaped(text)) for name, text in frame_facts(frame, record))
        pictures = "".join(_pictures(frame, record))
        title = _TITLE.format(_escaped(frame_title(frame, record)))
    shown = _PICTURES.format(pictures) if pictures else ""
    return f"{_FRAME}{title}{shown}{_FACTS.format(facts)}</div>"


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _pictures(frame: Frame, record: Record | None) -> Iterator[str]:
    """Yield the pictures: the frame, and of a denoised one the exposure before it and the 1-sigma map behind it."""
    data = np.asarray(frame.data)
    if data.ndim != 2 or data.size == 0:
        return
    before = None if record is None else _exposure(frame)
    planes: dict[str, NDArray[np.floating]] = {} if before is None else {"exposure": before}
    planes["exposure" if record is None else "denoised"] = data
    if record is not None and frame.uncertainty is not None and np.shape(frame.uncertainty.array) == data.shape:
        planes["1-sigma map"] = np.asarray(frame.uncertainty.array)
    side = _WIDTH if len(planes) == 1 else _WIDTH_OF_SEVERAL
    step = max(1, -(-max(data.shape) // side))
    mask = downsampled_mask(frame.mask, step)
    shown = {name: plane[::step, ::step] for name, plane in planes.items()}
    image = _brightness(next(iter(shown.values())), mask)
    for name, values in shown.items():
        brightness = image
        if name == "1-sigma map":
            brightness = uncertainty_brightness(values[~mask & np.isfinite(values)])
        try:
            stored = _png(values, mask, brightness)
        except ImportError:  # without matplotlib the text has to do
            return
        yield _picture(name, stored, values.shape, brightness, unit_in_words(frame))


def _exposure(frame: Frame) -> NDArray[np.floating] | None:
    """Return the pixels of the exposure that a denoised frame came from, None where they are not to be had."""
    source = frame.source
    if source is None or source.keyword("AMSDVERS") is not None or frame.data.size > _LARGEST_READ:
        return None
    try:
        source.check_unchanged()
        before = read_frame(source.path, ext=source.hdu)
    except (FrameError, OSError):
        return None
    return before.data if before.data.shape == frame.data.shape else None


def _brightness(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> Brightness:
    good = values[~mask & np.isfinite(values)]
    sky, sigma = sky_of(good)
    return brightness_of(good, sky=sky, sigma=sigma)


def _png(values: NDArray[np.floating], mask: NDArray[np.bool_], brightness: Brightness) -> bytes:
    """Return a picture as a PNG file, a pixel of it for one of the values, the first row at the bottom."""
    from matplotlib.image import imsave

    bad = mask | ~np.isfinite(values)
    gray = np.rint(brightness.gray(np.where(bad, brightness.low, values)) * (_LEVELS - 1)).astype(np.uint8)
    gray *= 256 // _LEVELS
    colours = np.repeat(gray[..., None], 3, axis=2)
    colours[bad] = MASKED
    file = io.BytesIO()
    imsave(file, colours, format="png", origin="lower")
    return file.getvalue()


def _picture(name: str, stored: bytes, shape: tuple[int, ...], brightness: Brightness, unit: str) -> str:
    ny, nx = shape
    scale = max(1, _ENLARGED_TO // max(shape))
    text = f"{name}, {brightness.low:.4g} to {brightness.high:.4g} {unit}".rstrip()
    return _PICTURE.format(
        alt=_escaped(text),
        data=base64.b64encode(stored).decode("ascii"),
        width=scale * nx,
        height=scale * ny,
        caption=max(scale * nx, 160),
        text=_escaped(text),
    )
