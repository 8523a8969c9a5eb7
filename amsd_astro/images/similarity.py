"""How near an image is to another: PSNR and SSIM, for values of 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["SMALLEST", "psnr", "ssim"]

_SIGMA, _RADIUS = 1.5, 5  # of the window of Wang et al.: 11 x 11 pixels
_C1, _C2 = 0.01**2, 0.03**2  # for a range of 1

SMALLEST = 2 * _RADIUS + 1
"""Pixels that an image must have on each side for `ssim`."""


def psnr(image: NDArray[np.floating], reference: NDArray[np.floating]) -> float:
    """Peak signal-to-noise ratio in dB, ``-10 log10(mean squared error)``; infinite for equal images.

    Parameters
    ----------
    image, reference : ndarray, of one shape
        Values of 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.images import psnr
    >>> round(psnr(np.full((16, 16), 0.6), np.full((16, 16), 0.5)), 2)
    20.0
    """
    error = _differences(image, reference)
    squared = float(np.mean(error**2))
    return float("inf") if squared == 0 else float(-10 * np.log10(squared))


def ssim(image: NDArray[np.floating], reference: NDArray[np.floating]) -> float:
    """Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004, equation 13); 1 for equal images.

    The window is their Gaussian of 11 x 11 pixels and width 1.5; the mean goes over where all of it lies within the
    image, and over channels.

    Parameters
    ----------
    image, reference : ndarray, of one shape, (ny, nx) or (ny, nx, C)
        Values of 0 to 1, at least 11 pixels on each side.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.images import ssim
    >>> image = np.random.default_rng(0).random((32, 32))
    >>> round(ssim(image, image), 3)
    1.0
    """
    _differences(image, reference)
    if min(image.shape[:2]) < SMALLEST:
        raise ValueError(f"an image must have at least {SMALLEST} pixels on each side. Received: {image.shape}")
    x, y = np.asarray(image, np.float64), np.asarray(reference, np.float64)
    mean_x, mean_y = _window(x), _window(y)
    variance_x = _window(x**2) - mean_x**2
    variance_y = _window(y**2) - mean_y**2
    covariance = _window(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2))))


def _differences(image: NDArray[np.floating], reference: NDArray[np.floating]) -> NDArray[np.float64]:
    if image.shape != reference.shape or image.size == 0:
        raise ValueError(f"both images must have one shape, {reference.shape}. Received: {image.shape}")
    return np.asarray(image, np.float64) - reference


def _window(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean under the window, where all of it lies within the image."""
    for axis in (0, 1):
        values = ndimage.gaussian_filter1d(values, _SIGMA, axis=axis, radius=_RADIUS)
    return values[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
