"""Noise in units of its width whose pixels are correlated: its spectrum, and draws of it."""

from __future__ import annotations

import numpy as np

__all__ = ["draw_noise", "noise_spectrum"]


def noise_spectrum(correlation: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Power spectral density of unit noise: the expected squared modulus of its discrete Fourier transform.

    Parameters
    ----------
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise at lags of -k..k pixels, 1 at its centre.
    shape : tuple of int
        Of the field.

    Returns
    -------
    ndarray of float64
        Of ``shape``; its mean is the number of pixels. What a truncated or noisy correlation makes negative is zero.
    """
    k = correlation.shape[0] // 2
    lags = np.zeros(shape)
    for (y, x), value in np.ndenumerate(correlation):
        lags[(y - k) % shape[0], (x - k) % shape[1]] += value
    return np.maximum(np.fft.fft2(lags).real, 0.0) * lags.size


def draw_noise(rng: np.random.Generator, correlation: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Draw unit noise of a correlation, as if the field went on at its other side."""
    white = rng.standard_normal(shape)
    if correlation.size == 1:
        return white
    return np.fft.ifft2(np.fft.fft2(white) * np.sqrt(noise_spectrum(correlation, shape) / white.size)).real
