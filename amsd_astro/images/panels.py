"""Images side by side in a picture, pixel for pixel."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "Panel", "side_by_side"]

LARGEST = 1024
"""Pixels on a side that are shown of an image: its centre where it is larger."""

_DPI = 100
_GAP = 8  # pixels
_NARROWEST = 190  # pixels, so that the text under a small image has room
_LINE = 16  # pixels


@dataclass(frozen=True)
class Panel:
    """An image and what stands under it.

    Parameters
    ----------
    lines : sequence of str
        The text.
    values : ndarray, shape (ny, nx, C)
        Values of 0 to 1; RGB where there are three channels, else the first one in gray.
    """

    lines: Sequence[str]
    values: NDArray[np.floating]


def side_by_side(panels: Sequence[Panel]) -> bytes:
    """Draw images side by side.

    Parameters
    ----------
    panels : sequence of Panel
        From left to right.

    Returns
    -------
    bytes
        A PNG file. A pixel of an image is a pixel of it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [_shown(panel.values) for panel in panels]
    text = _LINE * max(len(panel.lines) for panel in panels) + _GAP
    cell = max(_NARROWEST, *(image.shape[1] for image in shown))
    width = len(panels) * (cell + _GAP) + _GAP
    height = max(image.shape[0] for image in shown) + text + _GAP
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for k, (panel, image) in enumerate(zip(panels, shown, strict=True)):
        left = _GAP + k * (cell + _GAP)
        figure.figimage(
            image, left + (cell - image.shape[1]) // 2, text, vmin=0, vmax=1, cmap="gray", origin="upper", resize=False
        )
        for number, line in enumerate(panel.lines, 1):
            place = ((left + cell / 2) / width, (text - number * _LINE) / height)
            figure.text(*place, line, ha="center", va="baseline", fontsize=8, parse_math=False)
    stored = io.BytesIO()
    canvas.print_png(stored, metadata={"Software": None})  # the same scores give the same file
    return stored.getvalue()


def _shown(values: NDArray[np.floating]) -> NDArray[np.floating]:
    rows, columns = (slice(max(0, (n - LARGEST) // 2), max(0, (n - LARGEST) // 2) + LARGEST) for n in values.shape[:2])
    image = np.clip(values[rows, columns], 0, 1)
    return image if image.shape[2] == 3 else image[..., 0]
