"""The sky of an image by its kind: counted photons, a radio map, or an exposure, with empty sky or without."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import NoiseWarning
from amsd_astro.noise.beam_noise import beam_sky, smoothed_sky
from amsd_astro.noise.calm_sky import calm_sky
from amsd_astro.noise.photon_counts import counted_sky
from amsd_astro.noise.sky import Sky, measure_sky
from amsd_astro.noise.structure import measure_scatter

__all__ = ["is_without_photons", "measured_sky", "sky_without_structure"]


def is_without_photons(unit: str) -> bool:
    """Whether pixels of a unit have no photon noise: those of radio maps, whose receivers' noise is all there is."""
    return "beam" in unit.split() or unit.split(" / ")[0] in ("K", "mK")


def measured_sky(data: NDArray[np.floating], mask: NDArray[np.bool_], unit: str) -> Sky:
    """Measure the sky of an image.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    unit : str
        Of the pixels, as astropy writes it.

    Returns
    -------
    Sky
    """
    counted = counted_sky(data, mask)
    if counted is not None:
        return counted
    sky = measure_sky(data, mask)
    if not is_without_photons(unit):
        smoothed = smoothed_sky(data, mask, sky) if sky.is_alike and _is_smooth(data, mask) else None
        return smoothed or sky
    mapped = beam_sky(data, mask, sky)
    if mapped is None:
        message = (
            "structure fills the map, or its beam is wider than is looked for: its noise cannot be told from it and is "
            "taken from the finest detail alone, which can be several times too low. Better state it: a floor that is "
            "the square of the rms, with a slope of 0, or a plane of errors"
        )
        warnings.warn(message, NoiseWarning, stacklevel=5)
    return replace(mapped or sky, slope=0.0, slope_error=float("inf"))  # what grows with the signal is no photons


def _is_smooth(data: NDArray[np.floating], mask: NDArray[np.bool_]) -> bool:
    """Whether the pixels are so smooth that the finest band does not show their noise."""
    scatter = measure_scatter(data, mask, lambda *_: np.ones(1))
    return scatter is not None and scatter.is_smooth


def sky_without_structure(data: NDArray[np.floating], mask: NDArray[np.bool_], unit: str, sky: Sky) -> Sky:
    """The sky as it was measured, or by the calmest blocks where that was structure: with a warning."""
    calm = None if is_without_photons(unit) or sky.n_averaged > 1 else calm_sky(data, mask, sky)
    if calm is None:
        return sky
    message = (
        f"no sky is empty: it shows {sky.variance / calm.variance:.1f} times the variance of the calmest areas, by "
        "structure (crowded stars, nebulae); the noise is that of those areas, which can be off. Better state it: "
        "gain and read noise, a plane of errors, or slope and floor"
    )
    warnings.warn(message, NoiseWarning, stacklevel=7)
    return calm
