"""Classical denoisers to compare with."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_TAPS = np.array([1, 4, 6, 4, 1]) / 16


def gaussian(image: np.ndarray, width: float) -> np.ndarray:
    """Gaussian filter of ``width`` pixels (standard deviation)."""
    return ndimage.gaussian_filter(image, width)


def starlet(image: np.ndarray, threshold: float, n_scales: int = 5) -> np.ndarray:
    """Starlet hard thresholding (Starck & Murtagh 1994): coefficients under ``threshold`` sigma of their scale go.

    ``image`` is in noise units (stabilized). The noise of each scale is its median absolute deviation, so correlated
    noise is allowed for.
    """
    coarse, kept = image, np.zeros_like(image)
    for scale in range(n_scales):
        kernel = np.zeros(4 * 2**scale + 1)
        kernel[:: 2**scale] = _TAPS
        smooth = ndimage.correlate1d(ndimage.correlate1d(coarse, kernel, axis=0), kernel, axis=1)
        band = coarse - smooth
        sigma = 1.4826 * np.median(np.abs(band - np.median(band)))
        kept += np.where(np.abs(band) > threshold * sigma, band, 0)
        coarse = smooth
    return kept + coarse
