"""Fresh unit noise with the correlation of a frame's own noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOISE_UNSURE", "UnitNoise"]

NOISE_UNSURE = 0.01
"""Of the variance of a frame's noise, which is measured too: what of it is not known."""


class UnitNoise:
    """Source of Gaussian noise of unit variance and given correlation.

    White noise is filtered by the square root of the correlation's spectrum.

    Parameters
    ----------
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation at lags of -k..k pixels; ``[[1.]]`` for white noise.
    """

    def __init__(self, correlation: NDArray[np.floating]) -> None:
        self._correlation = np.asarray(correlation, np.float64)
        self._gains: dict[tuple[int, int], NDArray[np.float32]] = {}

    def _gain(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        if shape not in self._gains:
            k = self._correlation.shape[0] // 2
            lags = np.zeros(shape)
            index = np.arange(-k, k + 1)
            np.add.at(lags, np.ix_(index % shape[0], index % shape[1]), self._correlation)
            spectrum = np.maximum(np.fft.rfft2(lags).real, 0.0)
            self._gains[shape] = np.sqrt(spectrum).astype(np.float32)
        return self._gains[shape]

    def draw_mirrored(
        self, rng: np.random.Generator, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Draw noise that is mirrored where pixels are: the same wherever a row or a column comes again.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the randomness comes from.
        rows, columns : ndarray of int
            By `~amsd_astro.arrays.mirroring.mirrored`.

        Returns
        -------
        ndarray of float32, shape (len(rows), len(columns))
        """
        return self.draw(rng, (len(rows), len(columns)))[np.ix_(rows - rows.min(), columns - columns.min())]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Draw noise.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the randomness comes from.
        shape : tuple of int, (..., ny, nx)
            Shape of the result; the last two axes are those of the frame. Noise is periodic over them.

        Returns
        -------
        ndarray of float32
        """
        white = rng.standard_normal(shape, dtype=np.float32)
        if self._correlation.shape == (1, 1):
            return white
        spectrum = np.fft.rfft2(white) * self._gain((shape[-2], shape[-1]))
        return np.fft.irfft2(spectrum, shape[-2:]).astype(np.float32)
