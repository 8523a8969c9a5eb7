"""Giving back a share of what denoising took, smoothed over about a PSF, where the network was unsure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["RESTORATION_REACH", "FluxRestoration", "smoothed_noise", "smoothed_residual"]

RESTORATION_REACH = 6
"""Pixels that a residual is spread over on each side when it is given back."""

_WIDTH = 2.0  # pixels, Gaussian sigma: about the PSF


@dataclass(frozen=True)
class FluxRestoration:
    """How much is given back.

    A pixel gets its share of the smoothed residual times ``(v / (v + n))**2``, v the variance that the network predicts
    there and n that of the smoothed noise: where the network is sure, as on empty sky, what it took is noise, and costs
    more than it brings. ``v / (v + n)`` is the weight with which an estimate of variance v takes in a measurement of
    variance n; its square leaves less on the sky for the same flux of faint sources.

    Attributes
    ----------
    share : float
        Of what is given back at the most.
    noise : float
        Variance of the smoothed noise, see `smoothed_noise`.
    """

    share: float = 0.0
    noise: float = 0.0

    def added(
        self, residual: NDArray[np.float32], variance: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What is added to denoised images, and to their variance.

        Parameters
        ----------
        residual, variance : ndarray of float32, shape (n, ny, nx)
            What denoising took, in noise units, and the variance that the network predicts.
        """
        weight = np.float32(self.share) * (variance / (variance + np.float32(self.noise))) ** 2
        return weight * smoothed_residual(residual), weight**2 * np.float32(self.noise)


def smoothed_residual(residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth what denoising took, images of shape (n, ny, nx), over about a PSF."""
    sigma = (0, _WIDTH, _WIDTH)
    return np.asarray(ndimage.gaussian_filter(residual, sigma, truncate=RESTORATION_REACH / _WIDTH), np.float32)


def smoothed_noise(correlation: NDArray[np.floating]) -> float:
    """Variance of unit noise of a correlation smoothed in this way."""
    k = correlation.shape[0] // 2
    point = np.zeros((1, *(2 * (k + 2 * RESTORATION_REACH) + 1,) * 2), np.float32)
    point[0, point.shape[1] // 2, point.shape[2] // 2] = 1
    lags = ndimage.convolve(smoothed_residual(smoothed_residual(point))[0], correlation.astype(np.float32))
    return float(lags[lags.shape[0] // 2, lags.shape[1] // 2])
