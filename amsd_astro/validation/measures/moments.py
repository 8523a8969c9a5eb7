"""Centre, size and shape of sources from moments under a Gaussian weight.

The weight keeps the noise of far pixels out. Its own part in the moments is taken off as if the source were Gaussian:
``S = (P**-1 - W**-1)**-1`` with P the weighted second moments and W those of the weight (Bernstein & Jarvis 2002).
For any other profile S depends on the weight a little, so only what was measured with one weight is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FWHM_PER_SIGMA", "Moments", "adaptive_moments", "weighted_moments"]

FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))
"""Of a Gaussian."""

_N_STEPS = 30
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Moments of n sources, each an array of shape (n,); NaN where a source shows none.

    Attributes
    ----------
    dy, dx : ndarray
        Centre under the weight, from the middle of the stamp; not corrected for the weight's pull, see `centre`.
    yy, xx, xy : ndarray
        Second moments, the weight taken off, pixels squared.
    """

    dy: _Floats
    dx: _Floats
    yy: _Floats
    xx: _Floats
    xy: _Floats

    @property
    def sigma(self) -> _Floats:
        """Size: the standard deviation of a round Gaussian of the same area, pixels."""
        return np.maximum(self.yy * self.xx - self.xy**2, 0.0) ** 0.25

    @property
    def e1(self) -> _Floats:
        """``(xx - yy) / (xx + yy)``."""
        return (self.xx - self.yy) / (self.xx + self.yy)

    @property
    def e2(self) -> _Floats:
        """``2 xy / (xx + yy)``."""
        return 2 * self.xy / (self.xx + self.yy)


def weighted_moments(stamps: _Floats, dy: _Floats, dx: _Floats, sigma: _Floats) -> Moments:
    """Moments under a round Gaussian weight that stays where it is put.

    Parameters
    ----------
    stamps : ndarray, shape (n, side, side)
        Sources without sky; pixels that are NaN are left out.
    dy, dx : ndarray, shape (n,)
        Centre of the weight, from the middle of the stamp.
    sigma : ndarray, shape (n,)
        Standard deviation of the weight.

    Returns
    -------
    Moments
    """
    offset = np.arange(stamps.shape[-1]) - stamps.shape[-1] // 2
    weight_y = np.exp(-((offset - dy[:, None]) ** 2) / (2 * sigma[:, None] ** 2))
    weight_x = np.exp(-((offset - dx[:, None]) ** 2) / (2 * sigma[:, None] ** 2))
    light = np.nan_to_num(stamps)

    def total(power_y: int, power_x: int) -> _Floats:
        along = np.einsum("nyx,nx->ny", light, weight_x * offset**power_x)
        return np.einsum("ny,ny->n", along, weight_y * offset**power_y)

    with np.errstate(divide="ignore", invalid="ignore"):
        flux = total(0, 0)
        flux[~(flux > 0)] = np.nan
        my, mx = total(1, 0) / flux, total(0, 1) / flux
        yy, xx, xy = total(2, 0) / flux - my**2, total(0, 2) / flux - mx**2, total(1, 1) / flux - my * mx
        return Moments(my, mx, *_unweighted(yy, xx, xy, sigma))


def _unweighted(yy: _Floats, xx: _Floats, xy: _Floats, sigma: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Second moments without the weight's part; NaN where they are none of a Gaussian's."""
    determinant = yy * xx - xy**2
    determinant[~((determinant > 0) & (yy > 0))] = np.nan
    a, b, c = xx / determinant - sigma**-2, yy / determinant - sigma**-2, -xy / determinant
    inverse = a * b - c**2
    inverse[~((inverse > 0) & (a > 0))] = np.nan
    return b / inverse, a / inverse, -c / inverse


def adaptive_moments(stamps: _Floats, *, sigma: float = 1.5) -> Moments:
    """Moments under a round Gaussian weight that follows each source's own centre and size.

    Parameters
    ----------
    stamps : ndarray, shape (n, side, side)
        Sources without sky, bright against the noise; pixels that are NaN are left out.
    sigma : float
        First size tried, pixels.

    Returns
    -------
    Moments
    """
    n, side = stamps.shape[0], stamps.shape[-1]
    dy, dx, size = np.zeros(n), np.zeros(n), np.full(n, float(sigma))
    for _ in range(_N_STEPS):
        found = weighted_moments(stamps, dy, dx, size)
        lost = ~np.isfinite(found.sigma)
        # half of the way, where a weighted centre of a Gaussian gets by one step, keeps it from swinging
        dy, dx = (np.clip(np.where(lost, 0, value), -side / 4, side / 4) for value in (found.dy, found.dx))
        wanted = np.where(lost, size * 1.2, found.sigma)
        size = np.clip(np.sqrt(size * wanted), 0.2, side / 4)
    return found
