"""Diffuse emission: nebulae and cirrus, with structure on every scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter

__all__ = ["diffuse_emission"]


def diffuse_emission(
    rng: np.random.Generator,
    shape: tuple[int, int],
    level: float,
    *,
    slope: float = 3.0,
    contrast: float = 0.8,
    smoothing: float = 1.5,
) -> NDArray[np.float64]:
    """Draw a log-normal field with a power-law spectrum.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        (ny, nx).
    level : float
        Mean, electrons per pixel.
    slope : float
        The logarithm's power falls as ``k**-slope``; 2.8 to 3.2 in the interstellar medium.
    contrast : float
        Rms of the logarithm.
    smoothing : float
        Gaussian sigma that stands for the PSF, pixels.

    Returns
    -------
    ndarray of float64
        (ny, nx), positive.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import diffuse_emission
    >>> diffuse_emission(np.random.default_rng(1), (64, 64), 20.0).shape
    (64, 64)
    """
    # Twice the size, so that opposite edges of the frame do not match.
    big = [fft.next_fast_len(2 * n, real=True) for n in shape]
    k2 = fft.fftfreq(big[0])[:, None] ** 2 + fft.rfftfreq(big[1])[None, :] ** 2
    k2[0, 0] = np.inf
    amplitude = k2 ** (-0.25 * slope)
    spectrum = fft.rfft2(rng.standard_normal(big)) * amplitude
    noise = fft.irfft2(spectrum, big)[: shape[0], : shape[1]]
    noise = (noise - noise.mean()) / max(float(noise.std()), 1e-300)
    emission: NDArray[np.float64] = gaussian_filter(np.exp(contrast * noise), smoothing, mode="reflect")
    return level * emission / emission.mean()
