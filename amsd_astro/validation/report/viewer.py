"""The viewer of a page: its pictures, the coordinate grid above them, and what the script needs to know."""

from __future__ import annotations

import base64
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from amsd_astro.graphics.brightness import Brightness
from amsd_astro.graphics.numbers import number
from amsd_astro.validation.parts import Picture
from amsd_astro.validation.report.coordinate_grid import (
    Cut,
    GridLine,
    is_celestial,
    pixel_lines,
    sky_lines,
    sky_vectors,
)
from amsd_astro.validation.report.image_encoding import (
    Stored,
    bad_pixels,
    gray_levels,
    limits_of,
    stored_mask,
    stored_pictures,
)
from amsd_astro.validation.report.text import escaped

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["LARGEST", "shown_cut", "viewer_html"]

LARGEST = 4096
"""Pixels on a side that are shown of a frame: its centre where it is larger."""

_COMPARED = (
    '<button type="button" data-do="blink">Blink</button>'
    '<button type="button" data-do="beside" aria-pressed="false">Side by side</button>'
)
_N_NODES = 17  # places on a side between which the script interpolates on the sky
_SMALL = 384  # pixels; narrower pictures are enlarged where there is no script
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Shown:
    """A picture ready for the page."""

    picture: Picture
    brightness: Brightness
    stored: Stored
    mask: Stored | None


def shown_cut(shape: tuple[int, int]) -> Cut:
    """Return the part of a frame that is shown: all of it, or its centre."""
    (y0, ny), (x0, nx) = ((max(0, (n - LARGEST) // 2), min(n, LARGEST)) for n in shape)
    return Cut(x0, y0, nx, ny)


def viewer_html(pictures: Sequence[Picture], wcs: WCS | None) -> str:
    """Return the viewer; without a script all its pictures stand one under the other.

    Parameters
    ----------
    pictures : sequence of Picture
        One at least, all of one shape.
    wcs : WCS, optional
        Of the whole frame.

    Returns
    -------
    str
        HTML, data URLs of the pictures included.
    """
    ny, nx = pictures[0].data.shape
    cut = shown_cut((ny, nx))
    shown, quality = _prepare(pictures, cut)
    lines, world = _coordinates(wcs, cut)
    notes = (
        [] if (cut.nx, cut.ny) == (nx, ny) else [f"The central {cut.nx} x {cut.ny} of {nx} x {ny} pixels are shown."]
    )
    if quality is not None:
        notes.append(f"The pictures are stored with some loss (WebP, quality {quality}); no number rests on them.")
    names = [one.picture.name for one in shown]
    script = {
        "nx": cut.nx,
        "ny": cut.ny,
        "x0": cut.x0,
        "y0": cut.y0,
        "blink": [names.index(name) for name in ("before", "after")] if {"before", "after"} <= set(names) else None,
        "world": world,
    }
    masked = any(one.mask is not None for one in shown)
    template = Template((files("amsd_astro.validation.report") / "static" / "viewer.html").read_text(encoding="utf-8"))
    return template.substitute(
        pictures="".join(_button(n, one.picture) for n, one in enumerate(shown)),
        blink="" if script["blink"] is None else _COMPARED,
        mask='<button type="button" data-do="mask" aria-pressed="true">Masked</button>' if masked else "",
        mask_key=", <kbd>m</kbd> masked pixels" if masked else "",
        blink_key="" if script["blink"] is None else ", <kbd>b</kbd> blink, <kbd>s</kbd> side by side",
        grid=_grid(lines, cut),
        nx=cut.nx,
        ny=cut.ny,
        grid_name="Sky grid" if world is not None else "Pixel grid",
        notes="".join(f"<p>{escaped(note)}</p>" for note in notes),
        stills="".join(_still(one, cut) for one in shown),
        # "<" would end the element that holds it
        script=json.dumps(script, sort_keys=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _prepare(pictures: Sequence[Picture], cut: Cut) -> tuple[list[_Shown], int | None]:
    """Cut, stretch and store pictures; also return the quality they were stored with."""
    rows, columns = slice(cut.y0, cut.y0 + cut.ny), slice(cut.x0, cut.x0 + cut.nx)
    parts = [
        replace(one, data=one.data[rows, columns], mask=None if one.mask is None else one.mask[rows, columns])
        for one in pictures
    ]
    found = {part.name: limits_of(part) for part in parts}
    # what is compared has the same limits; a sigma map has its own
    used = [found["before"] if part.name == "after" and "before" in found else found[part.name] for part in parts]
    # the first row of a FITS image is its lowest
    levels = [gray_levels(part.data[::-1], own) for part, own in zip(parts, used, strict=True)]
    stored, quality = stored_pictures(levels, in_colour=[part.stretch == "sigma" for part in parts])
    masks = [bad_pixels(part)[::-1] for part in parts]
    files_of_masks = [stored_mask(bad) if bad.any() else None for bad in masks]
    return [_Shown(*one) for one in zip(pictures, used, stored, files_of_masks, strict=True)], quality


def _coordinates(wcs: WCS | None, cut: Cut) -> tuple[list[GridLine], dict[str, Any] | None]:
    """Return the grid, and places on the sky for the script where there is a celestial WCS."""
    if wcs is not None:
        try:
            if is_celestial(wcs):
                return sky_lines(wcs, cut), _world(wcs, cut)
        except Exception as error:  # noqa: BLE001 - wcslib raises many kinds; a page without sky is a page
            _log.warning("the report has no coordinates on the sky: %s", " ".join(str(error).split())[:200])
    return pixel_lines(cut), None


def _world(wcs: WCS, cut: Cut) -> dict[str, Any]:
    vectors = sky_vectors(wcs, cut, _N_NODES)
    rows = np.where(np.isfinite(vectors), np.round(vectors, 11), 0.0).reshape(-1, 3)
    nodes = [node if any(node) else None for node in rows.tolist()]
    scale = 3600 * math.sqrt(wcs.proj_plane_pixel_area().to_value("deg2"))
    kind = wcs.wcs.lngtyp.strip()
    names = {"RA": ["RA", "Dec"], "GLON": ["l", "b"]}.get(kind, [kind, wcs.wcs.lattyp.strip()])
    system = wcs.wcs.radesys.strip() if kind == "RA" else ""
    return {
        "n": _N_NODES,
        "nodes": nodes,
        "names": names,
        "sixtieths": kind == "RA",
        "system": system,
        "digits": int(np.clip(math.ceil(-math.log10(scale)) + 1, 0, 4)) if scale > 0 else 0,
    }


def _grid(lines: Sequence[GridLine], cut: Cut) -> str:
    """Return lines as SVG in units of pixels, the origin at the upper left corner of the picture."""
    groups: dict[tuple[int, int], list[str]] = {}
    for line in lines:
        x, y = line.points[:, 0] - cut.x0 + 0.5, cut.ny - (line.points[:, 1] - cut.y0 + 0.5)
        points = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True))
        drawn = f'<polyline data-label="{escaped(line.label)}" points="{points}"/>'
        groups.setdefault((line.level, line.axis), []).append(drawn)
    return "".join(
        f'<g data-level="{level}" data-axis="{axis}">{"".join(drawn)}</g>'
        for (level, axis), drawn in sorted(groups.items())
    )


def _button(n: int, picture: Picture) -> str:
    pressed = "true" if n == 0 else "false"
    return f'<button type="button" data-picture="{n}" aria-pressed="{pressed}">{escaped(picture.label)}</button>'


def _still(one: _Shown, cut: Cut) -> str:
    """Return a picture as it is shown without a script and on paper."""
    label, brightness = escaped(one.picture.label), one.brightness
    unit = f" {one.picture.unit}" if one.picture.unit else ""
    stretch = "linear" if brightness.softening is None else "asinh"
    ends = ("blue", "red") if one.picture.stretch == "sigma" else ("black", "white")
    caption = f"{ends[0]} {number(brightness.low)}, {ends[1]} {number(brightness.high)}{unit}, {stretch}"
    size = f'width="{cut.nx}" height="{cut.ny}"'
    small = " small" if cut.nx < _SMALL else ""
    mask = "" if one.mask is None else f'<img class="mask{small}" {size} alt="" src="{_url(one.mask)}">'
    softening = "" if brightness.softening is None else f' data-softening="{brightness.softening!r}"'
    return (
        f'<figure class="still" data-name="{escaped(one.picture.name)}" data-low="{brightness.low!r}" '
        f'data-high="{brightness.high!r}"{softening}><div class="stack">'
        f'<img class="picture{small}" {size} alt="{label}, {cut.nx} x {cut.ny} pixels" src="{_url(one.stored)}">'
        f"{mask}</div><figcaption><strong>{label}</strong> <span>{escaped(caption)}"
        f"{'; masked pixels in orange' if one.mask is not None else ''}</span></figcaption></figure>"
    )


def _url(stored: Stored) -> str:
    return f"data:{stored.kind};base64,{base64.b64encode(stored.content).decode('ascii')}"
