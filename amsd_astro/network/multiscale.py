"""The bands of a frame: what the network sees of it, blind to any constant.

The frame and its blurs are taken apart into differences between neighbouring scales (the starlet, or isotropic
undecimated wavelet, of Starck & Murtagh 1994). The coarsest blur is left out, so that adding a constant to the frame
changes nothing: a network that knew where zero is would learn that nothing lies below the sky of its training frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_BANDS", "band_noise", "band_radius", "bands", "blur"]

N_BANDS = 4
_TAPS = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # cubic B-spline


def band_radius() -> int:
    """Reach of the bands: how many pixels on each side one value of a band depends on."""
    return sum(2 * 2**scale for scale in range(N_BANDS))


def _smooth(image: NDArray[np.floating], step: int, axis: int) -> NDArray[np.floating]:
    """Correlate with the five taps, ``step`` pixels apart; the axis loses ``4 * step`` pixels."""
    n_kept = image.shape[axis] - 4 * step

    def shifted(k: int) -> NDArray[np.floating]:
        index = [slice(None)] * image.ndim
        index[axis] = slice(k * step, k * step + n_kept)
        return image[tuple(index)]

    # pairs first: the same order of additions for every pixel, whatever the tile
    total = shifted(0) + shifted(4)
    total *= _TAPS[0]
    inner = shifted(1) + shifted(3)
    inner *= _TAPS[1]
    total += inner
    total += _TAPS[2] * shifted(2)
    return total


def blur(image: NDArray[np.floating], scale: int) -> NDArray[np.floating]:
    """One step of smoothing, from scale ``scale`` to the next coarser.

    Parameters
    ----------
    image : ndarray, shape (..., ny, nx)
        Values at scale ``scale``.
    scale : int
        Number of smoothing steps already made; the taps lie ``2**scale`` pixels apart.

    Returns
    -------
    ndarray, shape (..., ny - 4 * 2**scale, nx - 4 * 2**scale)
        The pixels for which every tap lies inside the image.
    """
    step = 2**scale
    return _smooth(_smooth(image, step, image.ndim - 2), step, image.ndim - 1)


def bands(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """Differences between the neighbouring scales of an image.

    Parameters
    ----------
    image : ndarray, shape (..., ny, nx)
        Stabilized image, in noise units.

    Returns
    -------
    ndarray, shape (..., ny - 2 r, nx - 2 r, N_BANDS)
        The bands from fine to coarse, for the pixels at least ``r = band_radius()`` from every edge.
    """
    radius = band_radius()
    ny, nx = image.shape[-2] - 2 * radius, image.shape[-1] - 2 * radius
    if ny < 1 or nx < 1:
        raise ValueError(f"image must be larger than {2 * radius} pixels on each axis. Received: shape={image.shape}")
    out = np.empty((*image.shape[:-2], ny, nx, N_BANDS), image.dtype)

    def centre(values: NDArray[np.floating]) -> NDArray[np.floating]:
        cut_y, cut_x = (values.shape[-2] - ny) // 2, (values.shape[-1] - nx) // 2
        return values[..., cut_y : cut_y + ny, cut_x : cut_x + nx]

    fine = image
    for scale in range(N_BANDS):
        coarse = blur(fine, scale)
        np.subtract(centre(fine), centre(coarse), out=out[..., scale])
        fine = coarse
    return out


def band_noise(correlation: NDArray[np.floating]) -> NDArray[np.float64]:
    """Noise left in each band by unit noise of a given correlation.

    Parameters
    ----------
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise at lags of -k to k pixels, 1 at its centre; ``[[1.]]`` for white noise.

    Returns
    -------
    ndarray, shape (N_BANDS,)
        Standard deviation of the noise in each band.
    """
    radius = band_radius()
    impulse = np.zeros((4 * radius + 1, 4 * radius + 1))
    impulse[2 * radius, 2 * radius] = 1.0
    size = 2 * radius + 1 + correlation.shape[0]
    responses = np.fft.rfft2(np.moveaxis(bands(impulse), -1, 0), (2 * size, 2 * size))
    power = np.abs(responses) ** 2
    lags = np.zeros((2 * size, 2 * size))
    k = correlation.shape[0] // 2
    index = np.arange(-k, k + 1)
    lags[np.ix_(index, index)] = correlation
    spectrum = np.fft.rfft2(lags).real
    covariance = np.fft.irfft2(power * spectrum, (2 * size, 2 * size))
    return np.sqrt(np.maximum(covariance[:, 0, 0], 1e-12))
