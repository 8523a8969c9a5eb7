"""A denoised exposure beside others of its field: error left, what the 1-sigma map claims for it, flux of sources."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, label, maximum, sum_labels

from benchmarks.scenes.judged_frames import Repeat

__all__ = ["SIGNALS", "FluxLost", "claimed_errors", "errors_left", "faint_flux", "flux_by_signal"]

SIGNALS = ((0, 5), (5, 10), (10, 20), (20, 50), (50, math.inf))
"""Classes of sources: S/N of the sum over the footprint in the one exposure that is denoised."""

_BACKGROUND = 8.0  # pixels: sigma of what is taken for background
_FEWEST = 50  # pixels of a zone
_SMOOTH = 1.5  # pixels: sigma of what sources are found in
_CLEAR, _LARGE, _FAINT = 12.0, 12, 30.0  # S/N and pixels of a footprint at least, noise widths of its peak at most


def errors_left(repeat: Repeat, values: np.ndarray) -> dict[str, float]:
    """Rms error left in each zone, over the noise of the exposure.

    Where there are halves, the error is the root of ``mean((D - RA)(D - RB))``: their noise is independent, and no
    noise level is needed. Elsewhere it is that of ``mean((D - R)**2) - SIGR**2``, and as good as SIGR.

    Parameters
    ----------
    repeat : Repeat
        An exposure and others.
    values : ndarray, shape (ny, nx)
        A result for the exposure.

    Returns
    -------
    dict
        By zone; "levelled sky" is the sky without differences smoother than 8 pixels, where there are halves. Below
        zero where the noise of the others is more than all that is seen.
    """
    found = {}
    for name, zone in repeat.zones.items():
        if np.count_nonzero(zone) < _FEWEST:
            continue
        if repeat.halves is None:
            square = float(np.mean((values - repeat.scene.truth)[zone] ** 2)) - repeat.sigma_others**2
        else:
            first, second = (values - half for half in repeat.halves)
            square = float(np.mean((first * second)[zone]))
            if name == "sky":
                first, second = (_levelled(one, zone) for one in (first, second))
                found["levelled sky"] = _root(float(np.mean((first * second)[zone]))) / repeat.sigma
        found[name] = _root(square) / repeat.sigma
    return found


def _levelled(difference: np.ndarray, zone: np.ndarray) -> np.ndarray:
    weight = np.maximum(gaussian_filter(zone.astype(float), _BACKGROUND), 0.05)
    return difference - gaussian_filter(np.where(zone, difference, 0.0), _BACKGROUND) / weight


def _root(square: float) -> float:
    return math.copysign(math.sqrt(abs(square)), square)


def claimed_errors(repeat: Repeat, sigma: np.ndarray) -> dict[str, float]:
    """Rms of a 1-sigma map in each zone, over the noise of the exposure."""
    return {
        name: float(np.sqrt(np.nanmean(sigma[zone] ** 2))) / repeat.sigma
        for name, zone in repeat.zones.items()
        if np.count_nonzero(zone) >= _FEWEST
    }


@dataclass(frozen=True)
class FluxLost:
    """Sources of a class, the share of their flux that a result has more than the exposure, and its error."""

    n_sources: int
    share: float
    error: float


@dataclass(frozen=True)
class _Sources:
    """Footprints of sources found in the mean of the others beyond doubt, and no brighter than needs be.

    Attributes
    ----------
    size, flux, more : ndarray, shape (n,)
        Pixels, flux in the others, and what a result has more than the exposure.
    """

    size: np.ndarray
    flux: np.ndarray
    more: np.ndarray

    def lost(self, chosen: np.ndarray, sigma: float) -> FluxLost | None:
        if not chosen.any():
            return None
        total = float(self.flux[chosen].sum())
        error = sigma * math.sqrt(float(self.size[chosen].sum()))
        return FluxLost(int(chosen.sum()), float(self.more[chosen].sum()) / total, error / total)


def _sources(repeat: Repeat, values: np.ndarray) -> _Sources:
    others, noise = repeat.scene.truth, repeat.sigma_others
    smooth = gaussian_filter(others, _SMOOTH)
    labels, n = label((smooth > 0.8 * noise) & repeat.compared)
    index = np.arange(1, n + 1)
    size = sum_labels(np.ones_like(others), labels, index)
    flux = sum_labels(others, labels, index)
    more = sum_labels(values - np.asarray(repeat.scene.frame.data, float), labels, index)
    clear = (size >= _LARGE) & (flux > _CLEAR * noise * np.sqrt(size))
    clear &= maximum(smooth, labels, index) < _FAINT * repeat.sigma
    return _Sources(size[clear], flux[clear], more[clear])


def faint_flux(repeat: Repeat, values: np.ndarray) -> FluxLost | None:
    """Flux won or lost by clear but faint sources; None where there are none.

    Parameters
    ----------
    repeat : Repeat
        An exposure and others.
    values : ndarray, shape (ny, nx)
        A result for the exposure.
    """
    sources = _sources(repeat, values)
    return sources.lost(np.ones(sources.size.shape, bool), repeat.sigma)


def flux_by_signal(repeat: Repeat, values: np.ndarray) -> list[FluxLost | None]:
    """Flux won or lost by sources of each class of `SIGNALS`; None where there are none.

    The footprints are those of `faint_flux`: chosen in the mean of the others, many of them far below what one exposure
    shows.

    Parameters
    ----------
    repeat : Repeat
        An exposure and others.
    values : ndarray, shape (ny, nx)
        A result for the exposure.
    """
    sources = _sources(repeat, values)
    signal = sources.flux / (repeat.sigma * np.sqrt(np.maximum(sources.size, 1)))
    return [sources.lost((signal >= low) & (signal < high), repeat.sigma) for low, high in SIGNALS]
