"""A measured PSF as finely spaced tables, from which many stars are drawn and moved at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import scatter_of_sum
from amsd_astro.validation.measures.psf import MeasuredPsf

__all__ = ["STAR_RADIUS", "PsfTables", "tabulate"]

_Floats = NDArray[np.float64]

STAR_RADIUS = 1.3
"""FWHM, within which the pixels of a star count."""

_FINE = 6  # entries to a pixel
_PAD = 3  # entries around
_SHIFT = 0.1  # pixels, by which a profile's slope is taken


@dataclass(frozen=True, eq=False)
class PsfTables:
    """A PSF, its two slopes and how it changes with its size.

    Attributes
    ----------
    psf : MeasuredPsf
        What is tabulated.
    half : int
        Pixels from the middle to where the tables end.
    coefficients : ndarray, shape (3, n, n)
        Spline coefficients of the light in a pixel, and of its derivative by the star's x and y.
    """

    psf: MeasuredPsf
    half: int
    coefficients: _Floats

    def drawn(self, dx: _Floats, dy: _Floats, half: int) -> tuple[_Floats, _Floats, _Floats]:
        """Draw stars of unit flux on stamps, with the derivatives by x and y of the star.

        Parameters
        ----------
        dx, dy : ndarray, shape (n,)
            Where each stands from the middle of its stamp.
        half : int
            The side of a stamp is ``2 half + 1``.

        Returns
        -------
        tuple of ndarray, each of shape (n, side, side)
        """
        places = self._places(dx, dy, half)
        light, by_x, by_y = (_between(table, places) for table in self.coefficients)
        return light, by_x, by_y

    def light(self, dx: _Floats, dy: _Floats, half: int) -> _Floats:
        """Draw stars of unit flux as `drawn` does, without derivatives."""
        return _between(self.coefficients[0], self._places(dx, dy, half))

    def _places(self, dx: _Floats, dy: _Floats, half: int) -> _Floats:
        offset = np.arange(-half, half + 1)
        columns = (offset - dx[:, None] + self.half) * _FINE + _PAD
        rows = (offset - dy[:, None] + self.half) * _FINE + _PAD
        shape = (dx.size, offset.size, offset.size)
        return np.stack([np.broadcast_to(rows[:, :, None], shape), np.broadcast_to(columns[:, None, :], shape)])

    @cached_property
    def middle(self) -> tuple[_Floats, _Floats, _Floats]:
        """A star at the middle of a stamp, and its derivatives by x and y, each of shape (side, side)."""
        light, by_x, by_y = self.drawn(np.zeros(1), np.zeros(1), self.half - 1)
        return light[0], by_x[0], by_y[0]

    def correlated(self, noise: NoiseModel) -> tuple[float, float]:
        """Return by how much correlation between pixels raises the errors of positions and of fluxes."""
        light, by_x, by_y = self.middle
        growth = [scatter_of_sum(one, noise.correlation) / scatter_of_sum(one, np.ones((1, 1)))
                  for one in (light, by_x, by_y)]  # fmt: skip
        return max(growth[1:]), growth[0]


def tabulate(psf: MeasuredPsf, half: int) -> PsfTables:
    """Tabulate a PSF.

    Parameters
    ----------
    psf : MeasuredPsf
        The PSF.
    half : int
        Pixels from the middle, beyond which stars are left out.

    Returns
    -------
    PsfTables
    """
    fine = np.arange(-half * _FINE - _PAD, half * _FINE + _PAD + 1) / _FINE
    core = np.abs(fine) <= min(half, 2.5 * psf.fwhm + 1) + _PAD / _FINE
    light = psf.model.density(fine[None, :], fine[:, None])
    light[np.ix_(core, core)] = psf.model.pixel_integrated(fine[core][None, :], fine[core][:, None])
    pixels = np.arange(-psf.half, psf.half + 1, dtype=np.float64)
    whole = psf.model.pixel_integrated(pixels[None, :], pixels[:, None])
    scale = 1 / float(whole.sum())
    light *= scale
    if psf.n_stars:  # what the stars show beside the profile
        rest = ndimage.spline_filter(np.pad(_unmoved(psf.image - scale * whole, psf), 2))
        place = fine + psf.half + 2
        light += ndimage.map_coordinates(rest, np.meshgrid(place, place, indexing="ij"), order=3, prefilter=False)
    table = np.asarray(ndimage.spline_filter(light), np.float64)
    slopes = [-_FINE * _slope(table, axis) for axis in (1, 0)]
    return PsfTables(psf, half, np.stack([table, *(np.asarray(ndimage.spline_filter(one)) for one in slopes)]))


def _unmoved(rest: _Floats, psf: MeasuredPsf) -> _Floats:
    """What the stars show beside the profile, without a shift of it: other light in their image would move all stars.

    So the place of a star is that of the profile, in each exposure, whatever lies beside the stars there.
    """
    pixels = np.arange(-psf.half, psf.half + 1, dtype=np.float64)

    def seen(x: float, y: float) -> _Floats:
        return np.asarray(psf.model.pixel_integrated(pixels[None, :] - x, pixels[:, None] - y))

    slopes = [seen(_SHIFT, 0) - seen(-_SHIFT, 0), seen(0, _SHIFT) - seen(0, -_SHIFT)]
    terms = np.stack([*slopes, seen(0, 0), np.ones_like(rest)], axis=-1)  # what is fitted to a star, and where
    near = np.hypot(pixels[None, :], pixels[:, None]) <= STAR_RADIUS * psf.fwhm
    moved = np.linalg.lstsq(terms[near], rest[near], rcond=None)[0]
    return np.asarray(rest - terms[..., :2] @ moved[:2])


def _between(table: _Floats, places: _Floats) -> _Floats:
    return np.asarray(ndimage.map_coordinates(table, places, order=3, prefilter=False, cval=0.0))


def _slope(coefficients: _Floats, axis: int) -> _Floats:
    """The derivative of a cubic spline at its nodes, by one axis."""
    along = ndimage.correlate1d(coefficients, [-0.5, 0.0, 0.5], axis=axis, mode="mirror")
    return np.asarray(ndimage.correlate1d(along, [1 / 6, 4 / 6, 1 / 6], axis=1 - axis, mode="mirror"))
