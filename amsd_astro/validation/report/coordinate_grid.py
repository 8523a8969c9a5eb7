"""Coordinate grids over a picture: lines at round steps, and places on the sky to interpolate between."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amsd_astro.graphics.ticks import round_step

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["N_LEVELS", "Cut", "GridLine", "is_celestial", "pixel_lines", "sky_lines", "sky_vectors"]

N_LEVELS = 3
"""Grids of a picture, each about four times as dense as the one before; the closer one looks, the denser."""

_N_MOST = 8  # lines of the coarsest grid
_N_SAMPLES, _N_AROUND = 129, 361  # points along a line, and around a pole, before needless ones are left out
_CLOSE = 0.05  # pixels that a line may be off
_SIXTIETHS = tuple(n / 3600 for n in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800))
_HOURS = (1.0, 2.0, 3.0, 6.0, 12.0)
_DEGREES = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0)


@dataclass(frozen=True)
class Cut:
    """The part of a frame that is shown: its first pixel and its size."""

    x0: int
    y0: int
    nx: int
    ny: int


@dataclass(frozen=True, eq=False)
class GridLine:
    """A line of one coordinate.

    Attributes
    ----------
    axis : int
        0 for longitude or x, 1 for latitude or y.
    level : int
        0 for the coarsest grid.
    value : float
        Of the coordinate: degrees, or pixels counted from 1.
    label : str
        The value in words.
    points : ndarray, shape (n, 2)
        x and y in pixels of the frame, the centre of the first at 0.
    """

    axis: int
    level: int
    value: float
    label: str
    points: NDArray[np.float64]


def pixel_lines(cut: Cut) -> list[GridLine]:
    """Return a grid of pixels, counted from 1 as in FITS headers."""
    lines = []
    for level in range(N_LEVELS):
        step = max(1.0, round_step(max(cut.nx, cut.ny), _N_MOST * 4**level))
        for axis, start, n in ((0, cut.x0, cut.nx), (1, cut.y0, cut.ny)):
            for value in _multiples(step, start + 0.5, start + n + 0.5):
                ends = np.array([[value - 1, cut.y0 - 0.5], [value - 1, cut.y0 + cut.ny - 0.5]])
                if axis == 1:
                    ends = np.array([[cut.x0 - 0.5, value - 1], [cut.x0 + cut.nx - 0.5, value - 1]])
                lines.append(GridLine(axis, level, value, f"{'xy'[axis]} {value:.0f}", ends))
    return lines


def is_celestial(wcs: WCS | None) -> bool:
    """Whether a WCS has two axes, a longitude and a latitude on the sky."""
    return wcs is not None and wcs.naxis == 2 and wcs.has_celestial


def sky_lines(wcs: WCS, cut: Cut) -> list[GridLine]:
    """Return lines of constant longitude and latitude at round steps.

    Parameters
    ----------
    wcs : WCS
        Of the frame, celestial.
    cut : Cut
        The part shown.

    Returns
    -------
    list of GridLine
        Pieces of lines within the cut; right ascension is stepped and labelled in time.
    """
    longitude, latitude = _world(wcs, *_mesh(cut, 33))
    good = np.isfinite(longitude) & np.isfinite(latitude)
    if not good.any():
        return []
    centre = _centre(longitude[good])
    around = (longitude[good] - centre + 180) % 360 - 180
    spans = [(float(around.min()), float(around.max())), (float(latitude[good].min()), float(latitude[good].max()))]
    for pole in (-90.0, 90.0):
        if _holds(wcs, cut, pole):
            spans[0] = (-180.0, 180.0 - 1e-9)
            spans[1] = (min(spans[1][0], pole), max(spans[1][1], pole))
    spans[0] = (spans[0][0] + centre, spans[0][1] + centre)
    equatorial = wcs.wcs.lngtyp.strip() == "RA"
    return [line for axis in (0, 1) for line in _family(wcs, cut, axis, spans, equatorial=equatorial)]


def sky_vectors(wcs: WCS, cut: Cut, n: int) -> NDArray[np.float64]:
    """Return directions on the sky at ``n`` by ``n`` places from edge to edge of a cut.

    Returns
    -------
    ndarray, shape (n, n, 3)
        Unit vectors, rows upwards; NaN off the sky. Unlike angles these can be interpolated across 0 h and the poles.
    """
    return _vectors(*_world(wcs, *_mesh(cut, n)))


def _mesh(cut: Cut, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shares = np.linspace(0, 1, n)
    x, y = np.meshgrid(cut.x0 - 0.5 + cut.nx * shares, cut.y0 - 0.5 + cut.ny * shares)
    return x, y


def _world(wcs: WCS, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude, whichever comes first in the WCS."""
    world = wcs.all_pix2world(np.stack([x.ravel(), y.ravel()], axis=1), 0)
    return world[:, wcs.wcs.lng].reshape(x.shape), world[:, wcs.wcs.lat].reshape(x.shape)


def _pixels(wcs: WCS, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return pixels of directions, shape (n, 2), NaN where the way back does not lead to the direction."""
    world = np.empty((longitude.size, 2))
    world[:, wcs.wcs.lng], world[:, wcs.wcs.lat] = longitude, latitude
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of directions that the map does not have
        pixels = np.asarray(wcs.all_world2pix(world, 0, quiet=True))
    pixels[~np.isfinite(pixels).all(axis=1)] = np.nan
    back = _vectors(*_world(wcs, pixels[:, 0], pixels[:, 1]))
    off = np.linalg.norm(back - _vectors(longitude, latitude), axis=-1)
    step = math.radians(math.sqrt(wcs.proj_plane_pixel_area().to_value("deg2")))
    pixels[~(off < _CLOSE * step)] = np.nan
    return pixels


def _vectors(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    a, d = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)


def _centre(longitude: NDArray[np.float64]) -> float:
    """Return the mean of angles in degrees."""
    a = np.radians(longitude)
    return math.degrees(math.atan2(np.sin(a).mean(), np.cos(a).mean()))


def _holds(wcs: WCS, cut: Cut, latitude: float) -> bool:
    """Whether a pole is within the cut."""
    pixels = _pixels(wcs, np.zeros(1), np.array([latitude]))
    return bool(_within(pixels, cut)[0])


def _within(pixels: NDArray[np.float64], cut: Cut) -> NDArray[np.bool_]:
    x, y = pixels[:, 0] - cut.x0 + 0.5, pixels[:, 1] - cut.y0 + 0.5
    return (x >= 0) & (x <= cut.nx) & (y >= 0) & (y <= cut.ny)


def _family(wcs: WCS, cut: Cut, axis: int, spans: list[tuple[float, float]], *, equatorial: bool) -> Iterator[GridLine]:
    """Yield the lines of one coordinate, of all levels."""
    low, high = spans[axis]
    if not high > low:
        return
    n_samples = _N_AROUND if axis == 1 and spans[0][1] - spans[0][0] > 180 else _N_SAMPLES
    along = np.linspace(*spans[1 - axis], n_samples)
    in_time = axis == 0 and equatorial
    unit = 15.0 if in_time else 1.0
    for level in range(N_LEVELS):
        step = _round_angle((high - low) / unit, _N_MOST * 4**level, sixtieths=equatorial, in_time=in_time)
        values = np.array(list(_multiples(step, low / unit, high / unit))) * unit
        across, other = np.repeat(values, n_samples), np.tile(along, values.size)
        places = _pixels(wcs, *((across, other) if axis == 0 else (other, across)))
        for value, line in zip(values, places.reshape(-1, n_samples, 2), strict=True):
            shown = value % 360 if axis == 0 else value
            label = _angle(shown / unit, step, sixtieths=equatorial, longitude=axis == 0)
            for points in _pieces(line, cut):
                yield GridLine(axis, level, float(shown), label, points)


def _multiples(step: float, low: float, high: float) -> Iterator[float]:
    for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        yield n * step


def _round_angle(span: float, n_most: int, *, sixtieths: bool, in_time: bool) -> float:
    """Return a round step in hours or degrees that fits into a span at most so many times."""
    smallest = 3600.0 if sixtieths else 1.0
    fine = round_step(span * smallest, n_most) / smallest
    if fine * smallest < 1:
        return fine
    steps = (*(_SIXTIETHS if sixtieths else ()), *(_HOURS if in_time else _DEGREES))
    return next((step for step in steps if step * n_most >= span * (1 - 1e-9)), steps[-1])


def _angle(value: float, step: float, *, sixtieths: bool, longitude: bool) -> str:
    """Return a coordinate as exactly as its step needs: hours or degrees in sixtieths, or decimal degrees."""
    if not sixtieths:
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return f"{value:{'' if longitude else '+'}.{decimals}f}\N{DEGREE SIGN}"
    decimals = max(0, -math.floor(math.log10(step * 3600) + 1e-9))
    scale = 10**decimals
    total = round(abs(value) * 3600 * scale)
    minutes, seconds = divmod(total, 60 * scale)
    whole, minutes = divmod(minutes, 60)
    signs = "hms" if longitude else "\N{DEGREE SIGN}\N{PRIME}\N{DOUBLE PRIME}"
    parts = [f"{whole % 24 if longitude else whole:02d}{signs[0]}"]
    every = step * 3600 * scale
    if round(every) % (3600 * scale):
        parts.append(f"{minutes:02d}{signs[1]}")
    if round(every) % (60 * scale):
        parts.append(f"{seconds / scale:0{3 + decimals if decimals else 2}.{decimals}f}{signs[2]}")
    return ("" if longitude else "-" if value < 0 and total else "+") + "".join(parts)


def _pieces(line: NDArray[np.float64], cut: Cut) -> Iterator[NDArray[np.float64]]:
    """Yield the parts of a line within a cut, a point beyond its edges on either side, without needless points."""
    inside = _within(line, cut)
    near = inside.copy()
    near[1:] |= inside[:-1]
    near[:-1] |= inside[1:]
    near &= np.isfinite(line).all(axis=1)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    beside = np.fmax(np.append(np.nan, steps[:-1]), np.append(steps[1:], np.nan))
    far = steps > np.maximum(8 * beside, 1)  # across the seam of the map
    breaks = np.flatnonzero(~near[1:] | ~near[:-1] | far) + 1
    for piece in np.split(np.arange(len(line)), breaks):
        if piece.size > 1 and np.ptp(line[piece], axis=0).max() > _CLOSE:  # a pole is no line
            yield _simplified(line[piece])


def _simplified(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out points that a straight line passes within `_CLOSE` of (Ramer, Douglas and Peucker)."""
    way = points[-1] - points[0]
    length = float(np.linalg.norm(way))
    from_first = points - points[0]
    off = np.abs(from_first[:, 0] * way[1] - from_first[:, 1] * way[0]) / length if length else np.hypot(*from_first.T)
    farthest = int(np.argmax(off))
    if off[farthest] <= _CLOSE:
        return points[[0, -1]]
    return np.concatenate([_simplified(points[: farthest + 1])[:-1], _simplified(points[farthest:])])
