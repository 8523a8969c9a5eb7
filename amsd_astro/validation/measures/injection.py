"""Sources of known flux, size and position, put into a frame with the photon noise that is theirs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.nddata import NDUncertainty, VarianceUncertainty
from numpy.typing import NDArray
from photutils.aperture import CircularAperture

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.empty_positions import EmptyPositions, find_empty_positions
from amsd_astro.validation.measures.galaxy_stamps import galaxy_stamp
from amsd_astro.validation.measures.model_noise import draw_noise, scatter_of_sum
from amsd_astro.validation.measures.psf import MeasuredPsf
from amsd_astro.validation.measures.sky_map import SkyMap, map_sky
from amsd_astro.validation.measures.stamps import add_stamp, bad_pixels_of

__all__ = ["Injection", "SNR_RANGE", "inject", "plan_injection"]

SNR_RANGE = (2.0, 200.0)
"""Aperture signal to noise of the sources, evenly spread in its logarithm."""

_SPACING, _SEPARATION = 12.0, 5.0  # FWHM: on the average, and at least
_MARGIN, _FREE = 5.0, 1.5  # FWHM: from the edges, and from sources and bad pixels
_FEWEST, _MOST = 60, 2000
_SIZES = (0.7, 3.0)  # half-light radius, FWHM
_INDICES, _AXIS_RATIOS = (0.7, 2.0), (0.35, 1.0)


@dataclass(frozen=True, eq=False)
class Injection:
    """Sources to put into a frame; arrays of shape (n,) but for `light`.

    Attributes
    ----------
    y, x : ndarray
        Centres, pixels, the first pixel's centre at 0.
    flux : ndarray
        Total flux, in the frame's unit.
    kind : ndarray of str
        "star" or "galaxy".
    half_light_radius : ndarray
        Of a galaxy before the PSF, as that of a circle of the same area, pixels; 0 for a star.
    snr : ndarray
        Expected signal to noise of the flux in an aperture of 1.5 FWHM on the empty sky at that place, the source's own
        photon noise and the correlation of the noise included.
    crowded : ndarray of bool
        Whether a source of the frame stands near.
    light : ndarray of float64, shape (ny, nx)
        All of them, without noise.
    empty : ndarray of bool, shape (ny, nx)
        Good pixels of the frame without a source of its own: the places are chosen from these, so the local sky is
        measured on these too.
    """

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    flux: NDArray[np.float64]
    kind: NDArray[np.str_]
    half_light_radius: NDArray[np.float64]
    snr: NDArray[np.float64]
    crowded: NDArray[np.bool_]
    light: NDArray[np.float64]
    empty: NDArray[np.bool_]

    @property
    def n_crowded(self) -> int:
        """Sources that stand near one of the frame's own, because it has too few empty places."""
        return int(np.count_nonzero(self.crowded))

    @property
    def is_star(self) -> NDArray[np.bool_]:
        """Which are stars."""
        return np.asarray(self.kind == "star")


def plan_injection(
    frame: Frame,
    noise: NoiseModel,
    psf: MeasuredPsf,
    *,
    seed: int,
    n_sources: int | None = None,
    sky: SkyMap | None = None,
) -> Injection:
    """Choose sources for a frame: two thirds stars, one third Sersic galaxies of 0.7 to 3 FWHM.

    They stand away from the frame's own sources, bad pixels and edges, and at least five FWHM from each other.

    Parameters
    ----------
    frame : Frame
        As observed.
    noise : NoiseModel
        Its noise.
    psf : MeasuredPsf
        Its PSF.
    seed : int
        Of places, fluxes and shapes.
    n_sources : int, optional
        By default one on (12 FWHM)**2 of good pixels, from 60 to 2000; half of these are made up by less empty places
        where the frame is crowded. A number that is stated is made up as a whole. There may be fewer in a small frame.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    Injection

    Examples
    --------
    >>> from amsd_astro import measure_noise, measure_psf, plan_injection, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> noise = measure_noise(frame)
    >>> psf = measure_psf(frame, noise, fwhm=3.3)
    >>> injection = plan_injection(frame, noise, psf, seed=1, n_sources=5)
    >>> injection.flux.shape, injection.light.shape
    ((5,), (96, 96))
    """
    if n_sources is not None and n_sources < 1:
        raise ValueError(f"n_sources must be 1 or more. Received: {n_sources}")
    sky = map_sky(frame, noise, fwhm=psf.fwhm) if sky is None else sky
    rng = np.random.default_rng([seed, 11])
    usual = int(np.clip(np.count_nonzero(~sky.bad) / (_SPACING * psf.fwhm) ** 2, _FEWEST, _MOST))
    wanted = usual if n_sources is None else n_sources
    places = find_empty_positions(
        sky,
        rng,
        wanted,
        radius=_FREE * psf.fwhm,
        separation=_SEPARATION * psf.fwhm,
        margin=math.ceil(_MARGIN * psf.fwhm),
        n_crowded=math.ceil(wanted / 2) if n_sources is None else n_sources,
    )
    return _drawn(rng, places, psf, sky, noise)


def _drawn(
    rng: np.random.Generator,
    places: EmptyPositions,
    psf: MeasuredPsf,
    sky: SkyMap,
    noise: NoiseModel,
) -> Injection:
    n = places.y.size
    variance = noise.variance(sky.background)
    order = rng.permutation(n)
    low, high = np.log(SNR_RANGE)
    snr = np.exp(low + (high - low) * (order + rng.random(n)) / max(n, 1))
    galaxy = (order + int(rng.integers(3))) % 3 == 0  # every third in the order of brightness
    size = np.where(galaxy, psf.fwhm * np.exp(rng.uniform(math.log(_SIZES[0]), math.log(_SIZES[1]), n)), 0.0)
    index, axis_ratio = rng.uniform(*_INDICES, n), rng.uniform(*_AXIS_RATIOS, n)
    angle = rng.uniform(0.0, 180.0, n)
    aperture = CircularAperture((0.0, 0.0), psf.aperture).to_mask(method="exact").data
    scatter = scatter_of_sum(aperture, noise.correlation)
    own = scatter**2 / float(np.sum(aperture**2)) * noise.slope  # variance of the aperture per unit of its flux
    light, flux = np.zeros(variance.shape), np.zeros(n)
    dy, dx = places.y - np.rint(places.y), places.x - np.rint(places.x)
    for k, star in enumerate(psf.stamps(dy, dx)):
        stamp, y, x = star, float(places.y[k]), float(places.x[k])
        if galaxy[k]:
            shape = {"index": float(index[k]), "axis_ratio": float(axis_ratio[k]), "angle": float(angle[k])}
            stamp = galaxy_stamp(psf, float(dy[k]), float(dx[k]), float(size[k]), **shape)
        middle = (stamp.shape[1] // 2 + dx[k], stamp.shape[0] // 2 + dy[k])
        inside = float(CircularAperture(middle, psf.aperture).to_mask(method="exact").multiply(stamp).sum())
        sky_variance = scatter**2 * variance[round(y), round(x)]
        # of snr = f / sqrt(sky_variance + own f), f the flux in the aperture
        b = 0.5 * snr[k] ** 2 * own
        flux[k] = (b + math.sqrt(b**2 + snr[k] ** 2 * sky_variance)) / inside
        add_stamp(light, flux[k] * stamp, y, x)
    kind = np.where(galaxy, "galaxy", "star")
    return Injection(places.y, places.x, flux, kind, size, snr, places.crowded, light, sky.empty)


def inject(frame: Frame, injection: Injection, noise: NoiseModel, *, seed: int) -> Frame:
    """Add sources to a frame, with the photon noise of these sources alone: the frame has the sky's already.

    The noise is Poisson noise of ``light / slope`` photons, none for a slope of zero. On a frame whose noise is
    correlated it is Gaussian noise of the same variance and of the frame's correlation: resampling would have
    correlated the photon noise of the sources as it did that of the sky.

    Parameters
    ----------
    frame : Frame
        As observed; not changed.
    injection : Injection
        Planned for it.
    noise : NoiseModel
        Its noise.
    seed : int
        Of the photon noise.

    Returns
    -------
    Frame
        With copies of header, mask, unit, WCS and flags; an uncertainty with the sources' photon noise added. Bad
        pixels keep their values.

    Examples
    --------
    >>> from amsd_astro import inject, measure_noise, measure_psf, plan_injection, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> noise = measure_noise(frame)
    >>> psf = measure_psf(frame, noise, fwhm=3.3)
    >>> injection = plan_injection(frame, noise, psf, seed=1, n_sources=5)
    >>> richer = inject(frame, injection, noise, seed=1)
    >>> bool(richer.data.sum() > frame.data.sum())
    True
    """
    light = injection.light
    if light.shape != frame.data.shape:
        raise ValueError(f"injection must be planned for the frame, {frame.data.shape}. Received: {light.shape}")
    photons = NoiseModel(noise.slope, 0.0, correlation=noise.correlation)
    added = light + draw_noise(np.random.default_rng([seed, 12]), np.maximum(light, 0.0), photons)
    bad = bad_pixels_of(np.asarray(frame.data), frame.mask)
    data = np.where(bad, frame.data, as_double(frame.data) + added).astype(frame.data.dtype)
    uncertainty = _with_photons(frame.uncertainty, noise.slope * np.maximum(light, 0.0))
    flags = None if frame.flags is None else np.array(frame.flags)
    result = frame.with_arrays(data, uncertainty, flags, frame.noise)
    result.mask = frame.mask.copy()
    return result


def _with_photons(uncertainty: NDUncertainty | None, variance: NDArray[np.float64]) -> NDUncertainty | None:
    """An uncertainty of the same kind with variance added."""
    if uncertainty is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.asarray(uncertainty.represent_as(VarianceUncertainty).array) + variance
        new = VarianceUncertainty(total).represent_as(type(uncertainty))
    new.array = np.asarray(new.array).astype(np.asarray(uncertainty.array).dtype)
    return new
