"""Power over spatial frequency of a frame, of the denoised frame and of their difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.sky_map import SkyMap, flattened, map_sky
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["PowerSpectra", "measure_spectra"]

_SIDE, _N_BINS, _STEPS = 512, 32, 4


@dataclass(frozen=True)
class PowerSpectra:
    """Power per pixel in units of the frame's sky variance: 1 at every frequency for white noise of that variance.

    Attributes
    ----------
    frequency : ndarray, shape (n,)
        Cycles a pixel, to 0.5.
    raw, denoised, residual : ndarray, shape (n,)
        Of the frame, of the denoised frame, and of the one less the other.
    expected : ndarray, shape (n,)
        Of the noise model.
    place : tuple of slice
        The cut that was looked at.
    left_out : float
        Share of its pixels that are bad or on sources.
    """

    frequency: NDArray[np.float64]
    raw: NDArray[np.float64]
    denoised: NDArray[np.float64]
    residual: NDArray[np.float64]
    expected: NDArray[np.float64]
    place: tuple[slice, slice]
    left_out: float


def measure_spectra(frame: Frame, denoised: Frame, noise: NoiseModel, *, sky: SkyMap | None = None) -> PowerSpectra:
    """Measure power spectra on the emptiest square of up to 512 pixels (half of a smaller frame's shorter side).

    Each image's own smooth background is taken off, bad pixels and sources are set to it, the square is faded out
    towards its edges (Hann), and the power is divided by that of this window. A hole in white noise leaves its spectrum
    as it is; a spectrum that is steep is smeared by the holes' own, so where much is left out its lowest values are too
    high.

    Parameters
    ----------
    frame, denoised : Frame
        Before and after.
    noise : NoiseModel
        Of the frame.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    PowerSpectra
    """
    sky = map_sky(frame, noise) if sky is None else sky
    left_out = sky.sources | sky.bad | bad_pixels_of(np.asarray(denoised.data), denoised.mask)
    place = _emptiest(left_out)
    window = np.where(left_out[place], 0.0, _hann(left_out[place].shape))
    sigma = np.sqrt(noise.variance(sky.background))[place]
    before, after = (np.where(left_out, 0.0, flattened(image, left_out))[place] / sigma for image in (frame, denoised))
    norm = float(np.sum(window**2))
    raw, smooth, taken = (_radial(np.abs(np.fft.fft2(window * v)) ** 2 / norm) for v in (before, after, before - after))
    share = float(np.mean(left_out[place]))
    frequency = (np.arange(_N_BINS) + 0.5) * 0.5 / _N_BINS
    return PowerSpectra(frequency, raw, smooth, taken, _radial(_model(noise, window.shape)), place, share)


def _emptiest(left_out: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The square with the fewest pixels left out."""
    side = min(_SIDE, max(1, min(left_out.shape) // 2))
    corner = np.pad(np.cumsum(np.cumsum(left_out, axis=0, dtype=np.int64), axis=1), ((1, 0), (1, 0)))
    count = corner[side:, side:] - corner[:-side, side:] - corner[side:, :-side] + corner[:-side, :-side]
    step = max(1, side // _STEPS)
    y, x = np.unravel_index(int(np.argmin(count[::step, ::step])), count[::step, ::step].shape)
    return slice(int(y) * step, int(y) * step + side), slice(int(x) * step, int(x) * step + side)


def _hann(shape: tuple[int, ...]) -> NDArray[np.float64]:
    y, x = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n) for n in shape)
    return np.asarray(y[:, None] * x[None, :])


def _model(noise: NoiseModel, shape: tuple[int, ...]) -> NDArray[np.float64]:
    k = noise.correlation.shape[0] // 2
    index = np.arange(-k, k + 1)
    lags = np.zeros(shape)
    np.add.at(lags, np.ix_(index % shape[0], index % shape[1]), noise.correlation)
    return np.maximum(np.fft.fft2(lags).real, 0.0)


def _radial(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over rings of frequency; NaN in a ring without any."""
    frequency = np.hypot(np.fft.fftfreq(power.shape[0])[:, None], np.fft.fftfreq(power.shape[1])[None, :])
    ring = np.minimum((frequency * 2 * _N_BINS).astype(np.int64), _N_BINS)  # the last one, the corners, is left out
    with np.errstate(invalid="ignore"):
        return np.asarray(ndimage.mean(power, ring, np.arange(_N_BINS)), np.float64)
