"""The bands of a frame: what the network sees of it, blind to any constant.

The frame and its blurs are taken apart into differences between neighbouring scales (the starlet, or isotropic
undecimated wavelet, of Starck & Murtagh 1994). The coarsest blur is left out, so that adding a constant to the frame
changes nothing: a network that knew where zero is would learn that nothing lies below the sky of its training frames.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.starlet import smoothed

__all__ = ["N_BANDS", "band_noise", "band_radius", "bands", "normalized_bands"]

N_BANDS = 4
_STRIP = 64  # rows that are worked on at a time: they stay in the processor's cache
_LARGEST = 1e15  # sigma; the squares of larger values would be no numbers


def band_radius() -> int:
    """Reach of the bands: how many pixels on each side one value of a band depends on."""
    return sum(2 * 2**scale for scale in range(N_BANDS))


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
    scales = _scales(image)
    out = np.empty((*scales[0].shape, N_BANDS), image.dtype)
    for k in range(N_BANDS):
        np.subtract(scales[k], scales[k + 1], out=out[..., k])
    return out


def normalized_bands(image: NDArray[np.float32], noise: NDArray[np.floating]) -> NDArray[np.float32]:
    """What the network sees: bands over the noise they have left, then asinh, so that no value passes about 10.

    Parameters
    ----------
    image : ndarray of float32, shape (n, ny, nx)
        Stabilized images.
    noise : ndarray, shape (N_BANDS,)
        Standard deviation of the noise in each band.

    Returns
    -------
    ndarray of float32, shape (n, ny - 2 r, nx - 2 r, N_BANDS)
        ``r`` is `band_radius`.
    """
    scales = _scales(np.clip(image, -_LARGEST, _LARGEST))
    units = noise.astype(np.float32)
    out = np.empty((*scales[0].shape, N_BANDS), np.float32)
    for i, start in product(range(len(out)), range(0, out.shape[1], _STRIP)):
        rows = slice(start, start + _STRIP)
        for k in range(N_BANDS):
            band = scales[k][i, rows] - scales[k + 1][i, rows]
            band /= units[k]
            _asinh(band, out=out[i, rows, :, k])
    return out


def _scales(image: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """The image and its blurs, for the pixels that all of them have."""
    radius = band_radius()
    ny, nx = image.shape[-2] - 2 * radius, image.shape[-1] - 2 * radius
    if ny < 1 or nx < 1:
        raise ValueError(f"image must be larger than {2 * radius} pixels on each axis. Received: shape={image.shape}")
    scales, offset = [], radius
    for scale in range(N_BANDS + 1):
        scales.append(image[..., offset : offset + ny, offset : offset + nx])
        if scale < N_BANDS:
            image = smoothed(image, scale)
            offset -= 2 * 2**scale
    return scales


def _asinh(values: NDArray[np.float32], *, out: NDArray[np.float32]) -> None:
    """Inverse hyperbolic sine, to the precision of float32 at 1: five times as fast as that of numpy."""
    size = np.abs(values)
    root = size * size
    root += 1
    np.sqrt(root, out=root)
    root += size
    np.log(root, out=root)
    np.copysign(root, values, out=out)


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
    k = correlation.shape[0] // 2
    return np.sqrt(np.maximum(np.tensordot(_response_lags(k), correlation, 2), 1e-12))


@lru_cache(maxsize=8)
def _response_lags(k: int) -> NDArray[np.float64]:
    """Autocorrelation of each band's response to a point, at lags of -k to k pixels."""
    radius = band_radius()
    impulse = np.zeros((4 * radius + 1, 4 * radius + 1))
    impulse[2 * radius, 2 * radius] = 1.0
    size = 2 * (2 * radius + 1 + k)
    responses = np.fft.rfft2(np.moveaxis(bands(impulse), -1, 0), (size, size))
    lags = np.fft.irfft2(np.abs(responses) ** 2, (size, size))
    index = np.arange(-k, k + 1)
    return np.asarray(lags[:, index[:, None], index])
