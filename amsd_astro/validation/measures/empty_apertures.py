"""Scatter of the flux in apertures where nothing stands, in a frame and in the denoised frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from photutils.aperture import CircularAperture, aperture_photometry

from amsd_astro.arrays.robust_statistics import mad_sigma
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.empty_positions import find_empty_positions
from amsd_astro.validation.measures.model_noise import scatter_of_sum
from amsd_astro.validation.measures.sky_map import SkyMap, flattened, map_sky
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["APERTURE_RADII", "EmptyApertures", "measure_empty_apertures"]

APERTURE_RADII = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Pixels."""

_MOST, _FEWEST = 500, 20


@dataclass(frozen=True)
class EmptyApertures:
    """Scatter (1.4826 median absolute deviations) of sums in empty apertures, in the frame's unit; shape (n_radii,).

    Attributes
    ----------
    radius : ndarray
        Pixels.
    raw, denoised : ndarray
        In the frame and in the denoised frame; NaN where the frame has fewer than 20 empty places.
    expected : ndarray
        Of the frame, by the noise model.
    n : int
        Apertures of each radius.
    """

    radius: NDArray[np.float64]
    raw: NDArray[np.float64]
    denoised: NDArray[np.float64]
    expected: NDArray[np.float64]
    n: int


def measure_empty_apertures(
    frame: Frame,
    denoised: Frame,
    noise: NoiseModel,
    *,
    seed: int,
    radii: tuple[float, ...] = APERTURE_RADII,
    sky: SkyMap | None = None,
) -> EmptyApertures:
    """Sum a frame and its denoised version in the same empty apertures, less their own smooth backgrounds.

    The apertures do not overlap, and no source or bad pixel of the frame is in them. Far wings of sources, and sources
    too faint to be seen, are: they scatter in both.

    Parameters
    ----------
    frame, denoised : Frame
        Before and after.
    noise : NoiseModel
        Of the frame.
    seed : int
        Of the places.
    radii : tuple of float
        Pixels, positive.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    EmptyApertures
    """
    if not radii or not min(radii) > 0:
        raise ValueError(f"radii must be positive. Received: {radii}")
    sky = map_sky(frame, noise) if sky is None else sky
    largest = max(radii)
    places = find_empty_positions(
        sky,
        np.random.default_rng([seed, 14]),
        _MOST,
        radius=largest + 1,
        separation=2 * largest + 1,
        margin=math.ceil(largest) + 1,
    )
    bad = sky.bad | bad_pixels_of(np.asarray(denoised.data), denoised.mask)
    images = [np.where(bad, 0.0, flattened(image, bad | sky.sources)) for image in (frame, denoised)]
    variance = float(np.median(noise.variance(sky.background)))
    columns = []
    for radius in radii:
        expected = scatter_of_sum(CircularAperture((0.0, 0.0), radius).to_mask().data, noise.correlation)
        scatters = [float("nan")] * 2
        if places.y.size >= _FEWEST:
            apertures = CircularAperture(np.column_stack([places.x, places.y]), radius)
            sums = [np.asarray(aperture_photometry(image, apertures)["aperture_sum"], np.float64) for image in images]
            scatters = [mad_sigma(values.copy()) for values in sums]
        columns.append((*scatters, expected * math.sqrt(variance)))
    raw, after, expected_all = (np.array(column) for column in zip(*columns, strict=True))
    return EmptyApertures(np.array(radii, np.float64), raw, after, expected_all, int(places.y.size))
