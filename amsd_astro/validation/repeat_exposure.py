"""A pair of exposures of one field: one is denoised, the other, whose noise is its own, tells what became of it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.experiment import Pair
from amsd_astro.validation.measures.sky_map import flattened, smooth_background
from amsd_astro.validation.measures.stamps import bad_pixels_of
from amsd_astro.validation.parts import Check, Section, Table
from amsd_astro.validation.wording import with_error

__all__ = ["RepeatScore", "check_repeat", "repeat_checks", "repeat_section", "score_repeat"]

_SMOOTH = 1.5  # pixels
_SKY, _FAINT = 0.5, 5.0  # noise of the frame, of the smoothed mean of both
_THRESHOLD, _SIGNIFICANT, _HIGHEST, _SMALLEST = 0.8, 12.0, 30.0, 12  # of footprints: noise of the repeat; pixels
_FEWEST = 50
_LEAST_SKY = 0.1  # of the good pixels: fewer at one level are no sky
_LEAST_WEIGHT = 1e-3
_OFF = 0.5  # pixels between the two grids


@dataclass(frozen=True)
class RepeatScore:
    """How far a denoised exposure is from another exposure of its field; NaN where there are too few pixels.

    Attributes
    ----------
    sky, faint : float
        Root of the mean squared difference less the noise of the other, over the noise of the exposure, on sky and on
        faint pixels (0.5 to 5 of that noise above the sky): the exposure itself has about 1.
    sky_error, faint_error : float
        Standard errors, from blocks of 32 pixels.
    flux, flux_error : float
        Share of the flux gained on the footprints of clear but faint sources of the other.
    n_sky, n_faint, n_footprint : int
        Pixels of each.
    """

    sky: float
    sky_error: float
    faint: float
    faint_error: float
    flux: float
    flux_error: float
    n_sky: int
    n_faint: int
    n_footprint: int


def check_repeat(frame: Frame, repeat: Frame) -> None:
    """Refuse a repeat that does not lie on the pixels of the frame.

    Raises
    ------
    FrameError
        Of another shape, its WCS is more than half a pixel off at the frame's centre, or it is the frame itself.
    """
    name = "repeat" if repeat.source is None else str(repeat.source.path)
    if np.array_equal(repeat.data, frame.data, equal_nan=True):
        raise FrameError(f"{name}: the repeat must be another exposure of the field. Received: the frame's own pixels")
    if repeat.data.shape != frame.data.shape:
        raise FrameError(
            f"{name}: the repeat must have the shape of the frame, {frame.data.shape}. Received: {repeat.data.shape}"
        )
    if frame.wcs is None or repeat.wcs is None or not (frame.wcs.has_celestial and repeat.wcs.has_celestial):
        return
    middle = tuple(0.5 * (n - 1) for n in frame.data.shape[::-1])
    x, y = repeat.wcs.celestial.world_to_pixel(frame.wcs.celestial.pixel_to_world(*middle))
    off = math.hypot(float(x) - middle[0], float(y) - middle[1])
    if not off <= _OFF:
        raise FrameError(
            f"{name}: the repeat must lie on the frame's pixels; reproject it first. Received: {off:.3g} px off"
        )


def score_repeat(pair: Pair, repeat: Frame, noise: NoiseModel) -> RepeatScore:
    """Compare a denoised frame with a repeat.

    What both exposures have in common, a fixed pattern too, counts as truth. How noisy the repeat is tells the
    difference of both exposures at the same pixels; noise models only tell which part of that is the repeat's.

    Parameters
    ----------
    pair : Pair
        The frame and its denoised version.
    repeat : Frame
        Another exposure of the field, on the same pixels and in the same unit.
    noise : NoiseModel
        Of the frame.

    Returns
    -------
    RepeatScore
    """
    with warnings.catch_warnings():  # whether the frame's own noise is credible is not asked here
        warnings.simplefilter("ignore", AmsdWarning)
        of_frame = measure_noise(pair.before)
    of_repeat = measure_noise(repeat)
    frames = (pair.before, pair.after, repeat)
    bad = np.any([bad_pixels_of(np.asarray(frame.data), frame.mask) for frame in frames], axis=0)
    before, after, other = (np.where(bad, noise.sky, as_double(frame.data)) for frame in frames)
    # of the difference, in which no source is: a halo stays light, with its photon noise
    offset = smooth_background(before - other, bad, _median((before - other)[~bad]))
    level = _smooth(0.5 * (before + other + offset), bad)
    sigma = np.sqrt(noise.variance(level))
    variances = of_frame.variance(level), of_repeat.variance(level - offset)
    part = variances[1] / (variances[0] + variances[1])
    excess = ((after - other - offset) ** 2 - part * (before - other - offset) ** 2) / sigma**2
    zones = _zones(level, sigma, bad, noise.sky)
    (sky, sky_error), (faint, faint_error) = (_root(excess, zone) for zone in zones)
    flat = [flattened(frame, bad) for frame in (pair.before, repeat)]
    flux, flux_error, n_footprint = _flux(
        flat[0], flat[0] + (after - before), flat[1], bad, sigma, math.sqrt(of_repeat.sky_variance)
    )
    n_sky, n_faint = (int(np.count_nonzero(zone)) for zone in zones)
    return RepeatScore(sky, sky_error, faint, faint_error, flux, flux_error, n_sky, n_faint, n_footprint)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else 0.0


def _smooth(image: NDArray[np.float64], bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Smooth an image, so that its own noise is not taken for photons; bad pixels do not count."""
    weight = ndimage.gaussian_filter(np.where(bad, 0.0, 1.0), _SMOOTH)
    return np.asarray(ndimage.gaussian_filter(np.where(bad, 0.0, image), _SMOOTH) / np.maximum(weight, _LEAST_WEIGHT))


def _zones(
    level: NDArray[np.float64], sigma: NDArray[np.float64], bad: NDArray[np.bool_], sky: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels of empty sky, and faint ones: by their height above the sky of the frame, or above one that slopes."""
    height = (level - sky) / sigma
    if np.count_nonzero(~bad & (np.abs(height) < _SKY)) < _LEAST_SKY * np.count_nonzero(~bad):
        height = (level - smooth_background(level, bad, sky)) / sigma
    return ~bad & (np.abs(height) < _SKY), ~bad & (height >= _SKY) & (height < _FAINT)


def _root(excess: NDArray[np.float64], zone: NDArray[np.bool_], *, block: int = 32) -> tuple[float, float]:
    """Signed root of a mean, and its error from the scatter of blocks."""
    if np.count_nonzero(zone) < _FEWEST:
        return math.nan, math.nan
    rows, columns = (np.arange(n) // block for n in zone.shape)
    place = rows[:, None] * (columns[-1] + 1) + columns
    counts = np.bincount(place.ravel(), weights=zone.ravel())
    sums = np.bincount(place.ravel(), weights=np.where(zone, excess, 0.0).ravel())
    mean = float(sums.sum() / counts.sum())
    value = math.copysign(math.sqrt(abs(mean)), mean)
    used = counts > 0
    scatter = float(np.sqrt(np.sum((sums - mean * counts)[used] ** 2)) / counts.sum())
    return value, scatter / (2 * max(abs(value), math.sqrt(scatter))) if scatter > 0 else 0.0


def _flux(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    other: NDArray[np.float64],
    bad: NDArray[np.bool_],
    sigma: NDArray[np.float64],
    noise_of_other: float,
) -> tuple[float, float, int]:
    """Share of the flux gained on footprints of clear but faint sources of the other exposure, and its error."""
    smooth = ndimage.gaussian_filter(np.where(bad, 0.0, other), _SMOOTH)
    labels, n = ndimage.label((smooth > _THRESHOLD * noise_of_other) & ~bad)
    which = np.arange(1, n + 1)
    if not n:
        return math.nan, math.nan, 0
    size = ndimage.sum_labels(np.ones(other.shape), labels, which)
    total = ndimage.sum_labels(other, labels, which)
    height = ndimage.maximum(smooth / sigma, labels, which)
    clear = (size >= _SMALLEST) & (total > _SIGNIFICANT * noise_of_other * np.sqrt(size)) & (height < _HIGHEST)
    footprint = np.isin(labels, which[clear])
    reference = float(other[footprint].sum())
    if not reference > 0:
        return math.nan, math.nan, 0
    gained = float((after - before)[footprint].sum()) / reference
    error = float(np.sqrt(np.sum(sigma[footprint] ** 2))) / reference
    return gained, error, int(np.count_nonzero(footprint))


def repeat_checks(score: RepeatScore) -> list[Check]:
    """The checks that a repeat adds, without limits."""
    return [
        Check(
            "repeat_sky", "Empty sky should be nearer to the repeat than before", score.sky, score.sky_error,
            unit="sigma",
            sentence="The error that is left, over the noise of the frame.", verb="error",
        ),
        Check(
            "repeat_faint", "Faint pixels should be nearer to the repeat than before", score.faint, score.faint_error,
            unit="sigma",
            sentence="As above, where faint sources are.", verb="error",
        ),
        Check(
            "repeat_flux", "Faint sources of the repeat should keep their flux", 100 * score.flux,
            100 * score.flux_error, unit="%", sentence="Sources that the other exposure shows.", verb="changed by",
        ),
    ]  # fmt: skip


def repeat_section(score: RepeatScore) -> Section:
    """What a report shows of a repeat."""
    rows = [
        ["error on empty sky, sigma", with_error(score.sky, score.sky_error), score.n_sky],
        ["error on faint pixels, sigma", with_error(score.faint, score.faint_error), score.n_faint],
        ["flux gained, %", with_error(100 * score.flux, 100 * score.flux_error), score.n_footprint],
    ]
    sentence = (
        "The noise of another exposure of the field knows nothing of this one's: the mean squared difference, less the "
        "other's noise, is the error of the denoised frame. How much that noise is, both exposures show at the same "
        "pixels. Empty sky is within 0.5 sigma of the sky, faint pixels are 0.5 to 5 sigma above it."
    )
    return Section(
        "The repeat", tables=[Table("Beside the repeat", ["Quantity", "Value", "Pixels"], rows)],
        sentence=sentence,
    )  # fmt: skip
