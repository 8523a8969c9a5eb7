"""The way from one image's pixels over the sky to another's, on a coarse grid and smooth between."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RectBivariateSpline

__all__ = ["WcsGrid", "wcs_grid"]

_Floats = NDArray[np.float64]

_STEPS = (64.0, 16.0, 4.0)  # pixels between nodes: the first that is good enough
_TOLERANCE = 2e-4  # pixels, at points between the nodes
_MARGIN = 0.1  # of the sides, that the grid goes beyond the image


@dataclass(frozen=True, eq=False)
class WcsGrid:
    """Positions on another image by the positions on one.

    Attributes
    ----------
    linear : ndarray, shape (2, 3)
        The affine part.
    rest_x, rest_y : RectBivariateSpline
        What the way over the sky adds to that, by (y, x).
    """

    linear: _Floats
    rest_x: RectBivariateSpline
    rest_y: RectBivariateSpline

    def __call__(self, x: ArrayLike, y: ArrayLike) -> tuple[_Floats, _Floats]:
        """Return positions on the other image; a row of x and a column of y make a grid, which is fast."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        (a, b, c), (d, e, f) = self.linear
        left, top = a * x + b * y + c, d * x + e * y + f
        if x.ndim == 2 and x.shape[0] == 1 and y.ndim == 2 and y.shape[1] == 1 and _grows(x[0]) and _grows(y[:, 0]):
            left += self.rest_x(y[:, 0], x[0])
            top += self.rest_y(y[:, 0], x[0])
        else:
            left += self.rest_x.ev(y, x)
            top += self.rest_y.ev(y, x)
        return left, top


def wcs_grid(start: WCS, end: WCS, shape: tuple[int, int]) -> WcsGrid | None:
    """Make the grid from one image to another.

    Parameters
    ----------
    start, end : WCS
        Of the two.
    shape : (ny, nx)
        Of the first image.

    Returns
    -------
    WcsGrid or None
        None where some of the image has no place on the other.
    """
    for step in _STEPS:
        y, x = (_nodes(n, step) for n in shape)
        across, down = np.meshgrid(x, y)
        found = _over_the_sky(start, end, across, down)
        if found is None:
            return None
        linear = _affine(across, down, *found)
        rests = [found[axis] - (linear[axis, 0] * across + linear[axis, 1] * down + linear[axis, 2]) for axis in (0, 1)]
        grid = WcsGrid(linear, *(RectBivariateSpline(y, x, rest, s=0) for rest in rests))
        across, down = np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2)
        if step > _STEPS[-1]:
            exact = _over_the_sky(start, end, across, down)
            if exact is None:
                return None
            near = grid(across, down)
            if max(float(np.max(np.abs(near[axis] - exact[axis]))) for axis in (0, 1)) < _TOLERANCE:
                break
    return grid


def _nodes(n: int, step: float) -> _Floats:
    margin = max(_MARGIN * n, 8.0)
    return np.linspace(-margin, n - 1 + margin, max(6, math.ceil((n + 2 * margin) / step) + 1))


def _grows(values: _Floats) -> bool:
    return bool(np.all(np.diff(values) > 0))


def _over_the_sky(start: WCS, end: WCS, x: _Floats, y: _Floats) -> tuple[_Floats, _Floats] | None:
    """Positions by way of the sky; None where these are no numbers."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            sky = start.pixel_to_world(x, y)
            found = end.world_to_pixel(sky)
    except Exception:  # noqa: BLE001 - wcslib, and SIP that has no inverse, raise many kinds
        return None
    new_x, new_y = (np.asarray(one, np.float64) for one in found)
    return (new_x, new_y) if np.all(np.isfinite(new_x)) and np.all(np.isfinite(new_y)) else None


def _affine(x: _Floats, y: _Floats, new_x: _Floats, new_y: _Floats) -> _Floats:
    """The affine map that is nearest."""
    terms = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1)
    return np.stack([np.linalg.lstsq(terms, one.ravel(), rcond=None)[0] for one in (new_x, new_y)])
