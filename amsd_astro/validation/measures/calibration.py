"""Whether a sigma map says how far a denoised frame is from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.denoising_record import without_record
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.model_noise import draw_noise
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["STRATA", "Stratum", "bootstrap_frame", "measure_calibration"]

STRATA = (-np.inf, 0.1, 1.0, 5.0, np.inf)
"""Edges of the strata of true signal to noise per pixel."""

_FEWEST = 1000
_PARTS = 16


@dataclass(frozen=True)
class Stratum:
    """Calibration of the pixels of one range of true signal to noise; of Gaussian errors, 1, 0, 0.683 and 0.95.

    Attributes
    ----------
    low, high : float
        ``(truth - sky) / sqrt(variance at truth)``.
    width, mean : float
        Standard deviation and mean of ``(denoised - truth) / sigma``.
    coverage_68, coverage_95 : float
        Share of the pixels within one sigma and within 1.96.
    n_pixels : int
        How many there are.
    width_error : float
        Standard error of the width, from the scatter of parts of the frame: neighbouring errors go together.
    """

    low: float
    high: float
    width: float
    mean: float
    coverage_68: float
    coverage_95: float
    n_pixels: int
    width_error: float = float("nan")


def measure_calibration(
    denoised: Frame,
    truth: NDArray[np.floating],
    noise: NoiseModel,
    *,
    sky: NDArray[np.floating] | float | None = None,
    mask: NDArray[np.bool_] | None = None,
) -> list[Stratum]:
    """Compare the errors of a denoised frame with its sigma map.

    Parameters
    ----------
    denoised : Frame
        With an uncertainty.
    truth : ndarray, shape (ny, nx)
        Expected values, in the frame's unit.
    noise : NoiseModel
        Of the frame before it was denoised.
    sky : float or ndarray, optional
        Level that signal is counted from; by default that of the noise model.
    mask : ndarray of bool, optional
        Pixels to leave out, beside the frame's own mask and those whose sigma is not positive.

    Returns
    -------
    list of Stratum
        First that of all pixels, then those of `STRATA`; one of under 1,000 pixels is not judged and left out.

    Raises
    ------
    ValueError
        The frame has no uncertainty.
    """
    if denoised.uncertainty is None:
        raise ValueError("denoised must have an uncertainty. Received: a frame without")
    sigma = as_double(denoised.uncertainty.represent_as(StdDevUncertainty).array)
    truth = as_double(truth)
    data = as_double(denoised.data)
    bad = bad_pixels_of(data, denoised.mask) | ~(sigma > 0) | ~np.isfinite(sigma) | ~np.isfinite(truth)
    good = ~(bad if mask is None else bad | mask)
    signal = (truth - (noise.sky if sky is None else sky)) / np.sqrt(noise.variance(truth))
    z, signal = ((data - truth) / np.where(sigma > 0, sigma, 1.0))[good], signal[good]
    ranges = [(-np.inf, np.inf), *pairwise(STRATA)]
    parts = ((low, high, z[(signal >= low) & (signal < high)]) for low, high in ranges)
    return [_judged(low, high, values) for low, high, values in parts if values.size >= _FEWEST]


def _judged(low: float, high: float, z: NDArray[np.float64]) -> Stratum:
    size = np.abs(z)
    within = [float(np.mean(size < limit)) for limit in (1.0, 1.96)]
    return Stratum(
        float(low), float(high), float(z.std()), float(z.mean()), within[0], within[1], z.size, _width_error(z)
    )


def _width_error(z: NDArray[np.float64]) -> float:
    """Of deviations in the order of the rows they are in."""
    powers = [float(np.mean(part**2)) for part in np.array_split(z, _PARTS)]
    return float(np.std(powers) / np.sqrt(_PARTS) / (2 * max(float(z.std()), 1e-9)))


def bootstrap_frame(denoised: Frame, noise: NoiseModel, *, seed: int) -> tuple[Frame, NDArray[np.float64]]:
    """Take a denoised frame for the truth and expose it again: a frame like the observed one, of known truth.

    What the denoiser lost of the scene is not in that truth, so its calibration is judged on a smoother scene than the
    observed one.

    Parameters
    ----------
    denoised : Frame
        Taken for the truth; not changed.
    noise : NoiseModel
        Of the frame before it was denoised: variance, correlation.
    seed : int
        Of the noise.

    Returns
    -------
    frame : Frame
        With copies of mask, unit, header and WCS, without uncertainty and flags; bad pixels keep their values.
    truth : ndarray of float64, shape (ny, nx)
        Its expected values, NaN where bad.
    """
    data = as_double(denoised.data)
    bad = bad_pixels_of(data, denoised.mask)
    mean = np.where(bad, noise.sky, data)
    drawn = mean + draw_noise(np.random.default_rng([seed, 15]), mean, noise)
    frame = denoised.with_arrays(np.where(bad, data, drawn).astype(denoised.data.dtype), None, None, None)
    frame.mask = bad
    frame.header = without_record(frame.header)  # these pixels are an exposure again
    return frame, np.where(bad, np.nan, data)
