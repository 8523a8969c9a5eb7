"""What a denoiser took from a frame: data less denoised, which should be the noise and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.sky_map import SkyMap, map_sky
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["FAINT_PIXELS", "RESIDUAL_CLIP", "ResidualStatistics", "measure_residual"]

FAINT_PIXELS = (2.0, 20.0)
"""Denoised signal, in sigma, of the pixels that `ResidualStatistics.faint` is of."""

RESIDUAL_CLIP = 5.0
"""Sigma; what is further off is no noise."""

_FAINTEST = 1.0  # sigma above the sky: fainter pixels say nothing of the dependence on the signal
_FEWEST = 100


@dataclass(frozen=True)
class ResidualStatistics:
    """Statistics of the residual over the noise the model expects, on good pixels; NaN where there are under 100.

    Attributes
    ----------
    sky_mean, sky_mean_error : float
        Mean on empty sky, in sigma; the error is that of as much noise.
    source_mean, source_mean_error : float
        The same on the frame's sources.
    sky_width, source_width : float
        Width (1.4826 median absolute deviations): 1 where all of the noise and no more was taken.
    neighbours : tuple of float
        Correlation with the next pixel along x and along y, on empty sky.
    expected_neighbours : tuple of float
        That of the noise model.
    neighbours_error : float
        Standard error of either.
    slope, slope_error : float
        Of the residual over the denoised signal above the sky, both in sigma: 0.02 where 2 % of the flux was taken.
    n_sky, n_source : int
        Pixels of each kind.
    sky_width_error : float
        Standard error of the width.
    faint, faint_error : float
        The residual over the denoised signal of faint pixels, through zero: a share that was taken from all of these
        shows, however faint they are, since an estimate of least error errs by nothing on the average of its own bins.
    """

    sky_mean: float
    sky_mean_error: float
    source_mean: float
    source_mean_error: float
    sky_width: float
    source_width: float
    neighbours: tuple[float, float]
    expected_neighbours: tuple[float, float]
    neighbours_error: float
    slope: float
    slope_error: float
    n_sky: int
    n_source: int
    sky_width_error: float = float("nan")
    faint: float = float("nan")
    faint_error: float = float("nan")


def measure_residual(
    frame: Frame, denoised: Frame, noise: NoiseModel, *, sky: SkyMap | None = None
) -> ResidualStatistics:
    """Compare what was taken from a frame with the noise that its model expects.

    What is more than 5 sigma off (cosmic rays, bad pixels that no mask knows) is left out of means and correlations;
    for the slope, 5 sigma off the line.

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
    ResidualStatistics
    """
    sky = map_sky(frame, noise) if sky is None else sky
    data, after = as_double(frame.data), as_double(denoised.data)
    good = ~(sky.bad | bad_pixels_of(after, denoised.mask))
    after = np.where(good, after, sky.background)
    sigma = np.sqrt(noise.variance(after))
    residual = np.where(good, (data - after) / sigma, np.nan)
    on_sky, on_source = good & ~sky.sources, good & sky.sources
    # a sum over N pixels of correlated noise has this much more variance than N
    inflation = max(float(noise.correlation.sum()), 0.1)
    sky_mean, sky_error, sky_width = _mean(residual[on_sky], inflation)
    source_mean, source_error, source_width = _mean(residual[on_source], inflation)
    signal = (after - sky.background) / sigma
    slope, slope_error = _slope(residual[good], signal[good], max(inflation, 1.0))
    faint, faint_error = _share(residual[good], signal[good], max(inflation, 1.0))
    n_sky = int(np.count_nonzero(on_sky))
    values = np.where(on_sky & (np.abs(residual) < RESIDUAL_CLIP), residual - sky_mean, np.nan)
    (along_x, n_pairs), (along_y, _) = _neighbours(values), _neighbours(values.T)
    return ResidualStatistics(
        sky_mean,
        sky_error,
        source_mean,
        source_error,
        sky_width,
        source_width,
        (along_x, along_y),
        noise.neighbours,
        float(np.sqrt(float(np.sum(noise.correlation**2)) / n_pairs)) if n_pairs else float("nan"),
        slope,
        slope_error,
        n_sky,
        int(np.count_nonzero(on_source)),
        sky_width * float(np.sqrt(np.sum(noise.correlation**2) / max(2 * n_sky, 1))),
        faint,
        faint_error,
    )


def _mean(values: NDArray[np.float64], inflation: float) -> tuple[float, float, float]:
    """Mean and its error, and width, outliers left out."""
    kept = values[np.abs(values) < RESIDUAL_CLIP]
    if values.size < _FEWEST or not kept.size:
        return (float("nan"),) * 3
    # not the median deviation: of a few photons a pixel it is that of the steps between them
    return float(kept.mean()), float(np.sqrt(inflation / kept.size)), float(kept.std())


def _neighbours(values: NDArray[np.float64]) -> tuple[float, int]:
    """Correlation of pixels with the next in their row, and the number of pairs."""
    first, second = values[:, :-1], values[:, 1:]
    both = np.isfinite(first) & np.isfinite(second)
    n_pairs = int(np.count_nonzero(both))
    if n_pairs < _FEWEST:
        return float("nan"), n_pairs
    first, second = first[both], second[both]
    norm = float(np.sqrt(np.mean(first**2) * np.mean(second**2)))
    return float(np.mean(first * second)) / norm if norm > 0 else 0.0, n_pairs


def _slope(residual: NDArray[np.float64], signal: NDArray[np.float64], inflation: float) -> tuple[float, float]:
    """Slope and intercept by least squares, outliers from the line clipped; the slope and its error are returned."""
    bright = signal > _FAINTEST
    residual, signal = residual[bright], signal[bright]
    if residual.size < _FEWEST:
        return float("nan"), float("nan")
    kept = np.ones(residual.size, bool)
    slope = level = 0.0
    for k in range(6):
        spread = float(np.sum((signal[kept] - signal[kept].mean()) ** 2))
        if np.count_nonzero(kept) < _FEWEST or not spread > 0:
            return float("nan"), float("nan")
        slope, level = np.polyfit(signal[kept], residual[kept], 1)
        off = residual - slope * signal - level
        limit = RESIDUAL_CLIP * max(mad_sigma(off.copy()), 1.0) * (4 if k < 2 else 1)
        kept = np.abs(off) < limit
    spread = float(np.sum((signal[kept] - signal[kept].mean()) ** 2))
    return float(slope), float(np.sqrt(inflation / spread)) if spread > 0 else float("nan")


def _share(residual: NDArray[np.float64], signal: NDArray[np.float64], inflation: float) -> tuple[float, float]:
    """Residual over the signal of faint pixels, outliers left out, and its error."""
    low, high = FAINT_PIXELS
    used = (signal > low) & (signal < high) & (np.abs(residual) < RESIDUAL_CLIP)
    power = float(np.sum(signal[used] ** 2))
    if np.count_nonzero(used) < _FEWEST:
        return float("nan"), float("nan")
    return float(np.sum(residual[used] * signal[used])) / power, float(np.sqrt(inflation / power))
