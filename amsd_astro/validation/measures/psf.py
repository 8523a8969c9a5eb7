"""The PSF of a frame, measured on its own stars."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation.psf import MoffatPsf
from amsd_astro.validation.measures.sky_map import SkyMap, map_sky
from amsd_astro.validation.measures.stamps import cut_stamps
from amsd_astro.validation.measures.stars import StarList, find_stars

__all__ = ["ASSUMED_FWHM", "FEWEST_STARS", "MeasuredPsf", "measure_psf"]

ASSUMED_FWHM = 3.0
"""Pixels, of a frame that shows no stars and about which nothing is stated."""

FEWEST_STARS = 5
"""Fewer do not make a PSF."""

_ASSUMED_BETA = 3.0
_REACH = 4.0  # half-side of the image, in FWHM
_TRUSTED, _MODELLED = 2.0, 3.5  # FWHM: up to here each pixel of the stars counts, from there on their rings
_N_STEPS = 3
_PAD, _TOGETHER = 2, 32
_MIDDLE = np.zeros(1)
_FINE = 15


@dataclass(frozen=True, eq=False)
class MeasuredPsf:
    """A point spread function: a Moffat profile and what the stars show beside it.

    Drawing the profile exactly and moving only the small rest by a spline keeps narrow PSFs as they are.

    Attributes
    ----------
    image : ndarray of float64, shape (n, n)
        On the frame's pixels, centred, sum 1; n is odd.
    fwhm : float
        Pixels, the smearing by the pixel included: the diameter of the circle whose area is that above half the
        maximum.
    ellipticity : float
        ``1 - b/a`` of the profile.
    n_stars : int
        Stars it was measured on.
    source : str
        "stars"; "stated" by the caller; "assumed" where the frame shows fewer than five stars: a round Moffat profile
        of beta 3, as wide as these few are, or as `ASSUMED_FWHM` without any.
    model : MoffatPsf
        The profile.
    """

    image: NDArray[np.float64]
    fwhm: float
    ellipticity: float
    n_stars: int
    source: str
    model: MoffatPsf

    @property
    def half(self) -> int:
        """The side of the image is ``2 half + 1``."""
        return self.image.shape[0] // 2

    @property
    def aperture(self) -> float:
        """Radius in which fluxes are summed: 1.5 FWHM, pixels."""
        return 1.5 * self.fwhm

    @cached_property
    def _scale(self) -> float:
        return 1 / float(_profiles(self.model, self.half).sum())

    @cached_property
    def _rest(self) -> NDArray[np.float64]:
        """What the stars show beside the profile, as spline coefficients."""
        rest = self.image - self._scale * _profiles(self.model, self.half)[0]
        return np.asarray(ndimage.spline_filter(np.pad(rest, _PAD)), np.float64)

    def stamp(self, dy: float = 0.0, dx: float = 0.0) -> NDArray[np.float64]:
        """Draw a star of unit flux: `stamps` of one."""
        return next(self.stamps(np.array([dy]), np.array([dx])))

    def stamps(self, dy: NDArray[np.floating], dx: NDArray[np.floating]) -> Iterator[NDArray[np.float64]]:
        """Draw stars of unit flux, one after another.

        Parameters
        ----------
        dy, dx : ndarray, shape (n,)
            Where each stands from the middle of its stamp, pixels.

        Yields
        ------
        ndarray of float64
            The shape of `image`, sum 1.
        """
        inner = slice(_PAD, -_PAD)
        for start in range(0, len(dy), _TOGETHER):
            part = slice(start, start + _TOGETHER)
            drawn = self._scale * _profiles(self.model, self.half, np.asarray(dy[part]), np.asarray(dx[part]))
            for stamp, shift_y, shift_x in zip(drawn, dy[part], dx[part], strict=True):
                if self.n_stars:
                    moved = ndimage.shift(self._rest, (shift_y, shift_x), order=3, prefilter=False)
                    stamp += moved[inner, inner]
                yield stamp / stamp.sum()


def measure_psf(
    frame: Frame, noise: NoiseModel, *, fwhm: float | None = None, sky: SkyMap | None = None
) -> MeasuredPsf:
    """Measure the PSF of a frame on its isolated, unsaturated, unmasked stars.

    A Moffat profile is fitted to the median of the stars, each brought to flux 1 and to the middle; then the stars are
    stacked again as differences from the profile, which lose nothing by being moved, and so on.

    Parameters
    ----------
    frame : Frame
        As observed.
    noise : NoiseModel
        Its noise.
    fwhm : float, optional
        Pixels: take a round Moffat profile of this width (before pixels smear it) and look at no stars.
    sky : SkyMap, optional
        Of the frame, if it is there already.

    Returns
    -------
    MeasuredPsf

    Raises
    ------
    ValueError
        A `fwhm` that is not a positive number.

    Examples
    --------
    >>> from amsd_astro import measure_noise, measure_psf, read_frame
    >>> frame = read_frame("exposure.fits")
    >>> psf = measure_psf(frame, measure_noise(frame), fwhm=3.3)
    >>> psf.source, round(psf.fwhm, 1)
    ('stated', 3.4)
    """
    if fwhm is not None:
        return _plain(MoffatPsf(fwhm, beta=_ASSUMED_BETA), "stated")
    sky = map_sky(frame, noise) if sky is None else sky
    stars = find_stars(frame, noise, sky)
    if stars.y.size >= FEWEST_STARS:
        return _stacked(frame, sky, stars)
    return _plain(MoffatPsf(stars.fwhm if stars.y.size else ASSUMED_FWHM, beta=_ASSUMED_BETA), "assumed")


def _plain(model: MoffatPsf, source: str) -> MeasuredPsf:
    image = _profiles(model, math.ceil(_REACH * model.fwhm))[0]
    return MeasuredPsf(image / image.sum(), _half_maximum(model), model.ellipticity, 0, source, model)


def _stacked(frame: Frame, sky: SkyMap, stars: StarList) -> MeasuredPsf:
    half = math.ceil(_REACH * stars.fwhm)
    light = as_double(frame.data) - sky.background
    stamps, dy, dx = cut_stamps(light, stars.y, stars.x, half, bad=sky.bad)
    radius = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1])
    model = MoffatPsf(stars.fwhm, beta=_ASSUMED_BETA)
    image = np.zeros(radius.shape)
    for _ in range(_N_STEPS):
        flux, level, dy, dx = _fit_stars(stamps, model, radius, dy, dx)
        rests = np.nan_to_num((stamps - level) / flux - _profiles(model, half, dy, dx))
        moved = [ndimage.shift(rest, (-y, -x), order=3) for rest, y, x in zip(rests, dy, dx, strict=True)]
        image = _profiles(model, half)[0] + _calmed(np.median(moved, axis=0), radius, stars.fwhm)
        model = _fit_profile(image, model)
    image /= image.sum()
    return MeasuredPsf(image, _half_maximum(model), model.ellipticity, len(stamps), "stars", model)


def _calmed(rest: NDArray[np.float64], radius: NDArray[np.float64], fwhm: float) -> NDArray[np.float64]:
    """What the stars show beside the profile; of the wings, where it is mostly noise, the median of each ring."""
    ring = np.rint(radius).astype(np.int64)
    index = np.arange(ring.max() + 1)
    wings = np.interp(radius, index, ndimage.median(rest, ring, index))
    weight = np.clip((_MODELLED - radius / fwhm) / (_MODELLED - _TRUSTED), 0.0, 1.0)
    return weight * rest + (1 - weight) * wings


def _profiles(
    model: MoffatPsf, half: int, dy: NDArray[np.float64] = _MIDDLE, dx: NDArray[np.float64] = _MIDDLE
) -> NDArray[np.float64]:
    """Light of the profile in the pixels of stamps, shape (n, side, side)."""
    offset = np.arange(-half, half + 1, dtype=np.float64)
    return model.pixel_integrated((offset - dx[:, None])[:, None, :], (offset - dy[:, None])[:, :, None])


def _half_maximum(model: MoffatPsf) -> float:
    """FWHM of the profile smeared by the pixel, from the area above half its maximum."""
    side = np.arange(-math.ceil(1.5 * model.fwhm + 1), math.ceil(1.5 * model.fwhm + 1) + 1 / _FINE, 1 / _FINE)
    fine = model.pixel_integrated(side[None, :], side[:, None])
    peak = float(model.pixel_integrated(0.0, 0.0))
    return 2 * math.sqrt(np.count_nonzero(fine > 0.5 * peak) / math.pi) / _FINE


def _fit_stars(
    stamps: NDArray[np.float64],
    model: MoffatPsf,
    radius: NDArray[np.float64],
    dy: NDArray[np.float64],
    dx: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:
    """Flux, level and position of each star; the level, which the wings look like, from the rim alone."""
    half, step = stamps.shape[-1] // 2, 0.05
    near, rim = radius < 1.5 * model.fwhm + 1, radius > 0.9 * half
    dy, dx = dy.copy(), dx.copy()
    flux, level = np.zeros(dy.size), np.zeros(dy.size)
    for _ in range(3):
        drawn = _profiles(model, half, dy, dx)
        slope_y = (_profiles(model, half, dy + step, dx) - _profiles(model, half, dy - step, dx)) / (2 * step)
        slope_x = (_profiles(model, half, dy, dx + step) - _profiles(model, half, dy, dx - step)) / (2 * step)
        for k, stamp in enumerate(stamps):
            level[k] = _mode((stamp - flux[k] * drawn[k])[rim])
            used = near & np.isfinite(stamp)
            terms = np.stack([drawn[k][used], slope_y[k][used], slope_x[k][used]], axis=1)
            found, move_y, move_x = np.linalg.lstsq(terms, stamp[used] - level[k], rcond=None)[0]
            flux[k] = max(float(found), 1e-3 * abs(float(np.nansum(stamp))), np.finfo(float).tiny)
            dy[k] += np.clip(move_y / flux[k], -0.5, 0.5)
            dx[k] += np.clip(move_x / flux[k], -0.5, 0.5)
    return flux[:, None, None], level[:, None, None], dy, dx


def _mode(values: NDArray[np.float64]) -> float:
    """The sky under neighbours: the median of what is left when the bright side is clipped at 3 sigma."""
    kept = values[np.isfinite(values)]
    for _ in range(5):
        if kept.size < 8:
            break
        middle = float(np.median(kept))
        below = middle - kept[kept < middle]
        kept = kept[kept <= middle + 3 * 1.4826 * float(np.median(below))] if below.size else kept
    return float(np.median(kept)) if kept.size else 0.0


def _fit_profile(image: NDArray[np.float64], start: MoffatPsf) -> MoffatPsf:
    """The Moffat profile that is nearest to an image."""
    half = image.shape[0] // 2

    def profile(p: NDArray[np.float64]) -> MoffatPsf:
        flat, angle = math.hypot(p[2], p[3]), 0.5 * math.degrees(math.atan2(p[3], p[2]))
        return MoffatPsf(math.exp(p[0]), min(flat, 0.9), angle, beta=1 + math.exp(p[1]))

    def difference(p: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = _profiles(profile(p), half)[0]
        return (image - drawn * np.sum(image * drawn) / np.sum(drawn**2)).ravel()

    turn = 2 * math.radians(start.angle)
    flat = max(start.ellipticity, 0.01)
    p = [math.log(start.fwhm), math.log(start.beta - 1), flat * math.cos(turn), flat * math.sin(turn)]
    bounds = ([p[0] - 1, math.log(0.3), -0.7, -0.7], [p[0] + 1, math.log(20), 0.7, 0.7])
    inside = np.clip(p, np.array(bounds[0]) + 1e-6, np.array(bounds[1]) - 1e-6)
    return profile(optimize.least_squares(difference, inside, bounds=bounds, x_scale=[0.1, 0.3, 0.1, 0.1]).x)
