"""Small changes of the bands of a denoised frame, by the variance that is predicted: what a frame itself can teach.

A frame has too few pixels to teach a network, but more than enough for some numbers: how much finer or coarser, fainter
or brighter its structures are than the network believes, where it is sure of them and where it is not. The result is
linear in these numbers, so that those of least risk are found at once (SURE-LET, Blu & Luisier 2007).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["GAIN_REACH", "N_GAINED", "BandGains", "log_of", "saturating_bands"]

GAIN_REACH = 9
"""Pixels on each side that a changed value depends on."""

_WIDTHS = (0.6, 1.0, 1.7, 3.0)  # pixels, Gaussian sigma: about a PSF and finer
N_GAINED = len(_WIDTHS)
"""Bands."""

_LARGE = 3.0  # sigma: what is far brighter is clear as it is, and is left alone
_TINY = 1e-6  # variance


def saturating_bands(values: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Differences between neighbouring Gaussian scales, of which little is left where they are large.

    A band b of some sigma becomes b / (1 + (b / 3)**2): what is learned on the many faint pixels does not change the
    cores of stars.

    Parameters
    ----------
    values : ndarray of float32, shape (n, ny, nx)
        Denoised images in noise units.

    Yields
    ------
    ndarray of float32, shape of ``values``
    """
    finer = values
    for width in _WIDTHS:
        coarser = ndimage.gaussian_filter(values, (0, width, width), truncate=GAIN_REACH / max(_WIDTHS))
        band = finer - coarser
        yield band / (1 + (band / np.float32(_LARGE)) ** 2)
        finer = coarser


def log_of(variance: NDArray[np.floating]) -> NDArray[np.floating]:
    """Logarithm of a predicted variance."""
    return np.log(np.maximum(variance, _TINY))


@dataclass(frozen=True)
class BandGains:
    """How much is added of each band, by the predicted variance; nothing by default.

    Attributes
    ----------
    log_variance : tuple of float
        Logarithms of the variances at which gains are known, rising; linear between them, constant beyond.
    gains : tuple of tuple of float
        For each of these the share of each band, from fine to coarse, that is added.
    change : float
        Root mean square of what is added on the frame they were found on, in noise units.
    """

    log_variance: tuple[float, ...] = ()
    gains: tuple[tuple[float, ...], ...] = ()
    change: float = 0.0

    def added(self, values: NDArray[np.float32], variance: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is added to denoised images: nowhere more than the error that the network predicts.

        Parameters
        ----------
        values, variance : ndarray of float32, shape (n, ny, nx)
            Denoised images in noise units and the variance that the network predicts.
        """
        place = log_of(variance)
        total = np.zeros_like(values)
        for band, gains in zip(saturating_bands(values), zip(*self.gains, strict=True), strict=True):
            total += np.interp(place, self.log_variance, gains).astype(np.float32) * band
        error = np.sqrt(variance)
        return np.clip(total, -error, error)
