"""Small changes of the bands of a denoised frame, by the variance that is predicted: what a frame itself can teach.

A frame has too few pixels to teach a network, but more than enough for some numbers: how much finer or coarser, fainter
or brighter its structures are than the network believes, where it is sure of them and where it is not. The result is
linear in these numbers, so that those of least risk are found at once (SURE-LET, Blu & Luisier 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.details import details, log_of

__all__ = ["BandGains", "saturated"]

_LARGE = 3.0  # sigma: what is far brighter is clear as it is, and is left alone


def saturated(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Details b in noise units as b / (1 + (b / 3)**2), of which little is left where they are large.

    What is learned on the many faint pixels does not change the cores of stars.
    """
    return detail / (1 + (detail / np.float32(_LARGE)) ** 2)


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
        for detail, gains in zip(details(values), zip(*self.gains, strict=True), strict=True):
            total += np.interp(place, self.log_variance, gains).astype(np.float32) * saturated(detail)
        error = np.sqrt(variance)
        return np.clip(total, -error, error)
