"""The noise model of an image, from its pixels, its mask, its plane of errors, its cards and what the caller states.

Slope comes, in this order, from the caller, from the image's own uncertainty plane, from header keywords (only where
the data agree) and from the data; where all are silent it is assumed. Whatever its source, the floor is set so that the
model passes through the level and the variance measured on the image's own sky.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.errors import FrameError, NoiseWarning
from amsd_astro.noise.calm_sky import TYPICAL_SKY
from amsd_astro.noise.error_plane import fit_plane
from amsd_astro.noise.keywords import Lookup, noises_by_keywords, zero_is_known
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.sky import Sky
from amsd_astro.noise.sky_by_kind import is_without_photons, measured_sky, sky_without_structure
from amsd_astro.noise.structure import Place, measure_scatter

__all__ = ["Stated", "find_noise"]

_log = logging.getLogger(__name__)

Stated = NoiseModel | Mapping[str, float | None] | None
"""What a caller may state of the noise."""

_AGREEMENT = 0.3  # a header's slope further than this from the data's is a camera setting, not a gain
_STEEPER = 1.05  # than level and variance allow: what these are known to
_FAR_SKY = 5.0  # sigma
_NO_PHOTONS = 0.2  # a plane whose slope is less of the data's than this leaves the sources' photons out


@dataclass(frozen=True)
class _Image:
    """All that the noise is found by; see `find_noise`."""

    data: NDArray[np.floating]
    mask: NDArray[np.bool_]
    deviation: NDArray[np.floating] | None
    lookup: Lookup | None
    unit: str
    slopes: dict[str, float] = field(default_factory=dict)
    """What each source says of the slope; the first of a kind counts."""


def find_noise(
    data: NDArray[np.floating],
    mask: NDArray[np.bool_],
    *,
    deviation: NDArray[np.floating] | None = None,
    lookup: Lookup | None = None,
    unit: str = "",
    stated: Stated = None,
) -> NoiseModel:
    """Find the noise model of an image.

    Parameters
    ----------
    data : ndarray, shape (ny, nx)
        Exposure in linear units.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    deviation : ndarray, shape (ny, nx), optional
        One standard deviation of each pixel, as a plane of errors states it; NaN where unknown.
    lookup : callable, optional
        From a header keyword to its value and its comment.
    unit : str, optional
        Of the pixels, as astropy writes it.
    stated : NoiseModel or mapping, optional
        A whole model, or ``gain`` and ``read_noise``, as `~amsd_astro.frames.noise.measure_noise` tells.

    Returns
    -------
    NoiseModel

    Raises
    ------
    FrameError
        The pixels are so large that their variance is no number.
    """
    image = _Image(data, mask, deviation, lookup, unit)
    if isinstance(stated, NoiseModel):
        return _at_sky_of(image, stated)
    values = _checked(stated)
    sky = measured_sky(data, mask, unit)
    if not (np.isfinite(sky.level) and np.isfinite(sky.variance)):
        raise FrameError("the pixels are too large for their noise to be a number.")
    model = _choose(image, sky, values)
    model = replace(model, slopes=dict(image.slopes))
    if model.source == "assumed":
        _log.info("the photon noise could not be found: a slope of %.4g is assumed", model.slope)
    return model


def _at_sky_of(image: _Image, stated: NoiseModel) -> NoiseModel:
    """Return a model whose sky is that of the image: what is empty, and how many electrons it has, goes by that."""
    sky = measured_sky(image.data, image.mask, image.unit)
    if abs(sky.level - stated.sky) > _FAR_SKY * np.sqrt(sky.variance):
        _log.info("the noise model given has its sky at %.6g, that of the image is at %.6g", stated.sky, sky.level)
        stated = replace(stated, sky=sky.level, sky_variance=float("nan"))
    if not stated.sky_variance > 0:
        raise ValueError(f"noise must state a positive variance at its sky. Received: {stated.sky_variance}")
    return stated


def _checked(stated: Mapping[str, float | None] | None) -> dict[str, float | None]:
    values = dict(stated or {})
    unknown = set(values) - {"gain", "read_noise"}
    if unknown:
        raise ValueError(f"noise may have the keys gain and read_noise. Received: {', '.join(sorted(unknown))}")
    for name, lowest in (("gain", np.nextafter(0, 1)), ("read_noise", 0.0)):
        value = values.get(name)
        if value is not None and not (np.isfinite(value) and value >= lowest):
            raise ValueError(f"{name} must be a number, {'positive' if lowest else 'not negative'}. Received: {value}")
    return values


def _choose(image: _Image, sky: Sky, stated: dict[str, float | None]) -> NoiseModel:
    if not sky.variance > 0:
        return _measured(sky, "none")
    gain, read_noise = stated.get("gain"), stated.get("read_noise")
    if sky.shows_slope:
        image.slopes["data"] = sky.slope
    if gain is not None:
        image.slopes["caller"] = 1 / gain
        told = sky.after_smoothing(NoiseModel.from_gain(gain, read_noise or 0.0))
        return _amid_structure(image, sky, told, "caller") or _anchored(_without_structure(image, sky), told, "caller")
    sky = _bounded(image, sky)
    plane, is_believed = _from_plane(image, sky)
    if plane is not None:
        image.slopes["variance plane"] = plane.slope
    if plane is not None and (is_believed or plane.slope > _NO_PHOTONS * sky.slope or not sky.shows_slope):
        return plane
    # a generator: keywords behind the one that is used are not looked up, and not told when they are odd
    headers = map(sky.after_smoothing, _by_keywords(image, read_noise))
    if plane is not None:
        slope = next((header.slope for header in headers if _agrees(header, sky)), None)
        return _with_photons(plane, sky.slope if slope is None else slope, "data" if slope is None else "header")
    empty: Sky | None = None
    for header in headers:
        if (amid := _amid_structure(image, sky, header, "header")) is not None:
            return amid
        empty = empty or _without_structure(image, sky)
        if header.slope <= _STEEPER * sky.most_slope and _agrees(header, empty):
            return _anchored(empty, header, "header")
        _log.info("a gain of the header (slope %.4g) does not agree with the data: not used", header.slope)
    return _by_data(empty or _without_structure(image, sky), image.unit)


def _by_keywords(image: _Image, read_noise: float | None) -> Iterator[NoiseModel]:
    """The models that the header states, each as it is asked for."""
    if image.lookup is not None:
        for header in noises_by_keywords(image.lookup, image.unit, read_noise=read_noise):
            image.slopes.setdefault("header", header.slope)
            yield header


def _bounded(image: _Image, sky: Sky) -> Sky:
    """The sky with no steeper a slope than its level and its variance allow, where zero is known to be zero.

    Under a pedestal they allow any: it adds to the level.
    """
    if image.lookup is None or not sky.level > 0 or not zero_is_known(image.lookup, image.unit):
        return sky
    most = sky.variance / sky.level
    if sky.slope > (1 + _AGREEMENT) * most:
        sky = replace(sky, slope=0.0, slope_error=float("inf"))
    return replace(sky, slope=min(sky.slope, most), least_slope=min(sky.least_slope, most), most_slope=most)


def _without_structure(image: _Image, sky: Sky) -> Sky:
    return sky_without_structure(image.data, image.mask, image.unit, sky)


def _by_data(sky: Sky, unit: str) -> NoiseModel:
    """The model of the sky's noise, with a slope from the data or an assumption."""
    if is_without_photons(unit):
        return _measured(sky, "unit")
    if sky.shows_slope:
        return replace(_measured(sky, "data"), slope=sky.slope, floor=sky.variance - sky.slope * sky.level)
    slope = _assumed_slope(sky)
    return replace(_measured(sky, "assumed"), slope=slope, floor=sky.variance - slope * sky.level)


def _measured(sky: Sky, source: str) -> NoiseModel:
    """The noise of the sky, the same at every brightness."""
    return NoiseModel(0.0, sky.variance, sky.level, sky.variance, sky.correlation, source)


def _amid_structure(image: _Image, sky: Sky, stated: NoiseModel, source: str) -> NoiseModel | None:
    """The stated model as it is, where the image shows more scatter and the excess is structure; else None.

    Structure only adds scatter: that there is more than stated does not refute a model, if the band that structure
    hardly reaches shows what it states.
    """
    at_sky = float(stated.variance(sky.level))
    if not sky.variance > (1 + _AGREEMENT) * at_sky > 0:
        return None
    scatter = measure_scatter(image.data, image.mask, lambda pixels, _: stated.variance(np.median(pixels)))
    if scatter is None or not scatter.is_as_stated:
        return None
    _tell_of_structure(sky.variance / at_sky, f"the {source}")
    return replace(stated, sky=sky.level, sky_variance=at_sky, source=source, agreement=at_sky / sky.variance)


def _shows_structure(image: _Image) -> bool:
    """Whether the image scatters more than its plane of errors states because of structure."""
    deviation = image.deviation
    assert deviation is not None

    def stated(_: NDArray[np.float64], place: Place) -> NDArray[np.float64]:
        known = np.square(as_double(deviation[place]))
        return known[np.isfinite(known) & (known > 0)]

    scatter = measure_scatter(image.data, image.mask, stated)
    return scatter is not None and (scatter.is_as_stated or scatter.is_uneven)


def _tell_of_structure(times: float, source: str) -> None:
    message = (
        f"the sky shows {times:.1f} times the variance that {source} states; the excess is structure (crowded stars, "
        "nebulae), and the stated noise is used"
    )
    warnings.warn(message, NoiseWarning, stacklevel=7)


def _assumed_slope(sky: Sky) -> float:
    """The slope of a typical sky, or what the skewness of the noise asks for, as far as brighter pixels allow.

    With a slope of zero, bright sources would be taken to have no noise of their own: that costs more than a guess.
    """
    slope = max(float(np.sqrt(sky.variance / (TYPICAL_SKY * sky.n_averaged))), sky.least_slope)
    return min(float(np.clip(slope, sky.slope - sky.slope_error, sky.slope + sky.slope_error)), sky.most_slope)


def _anchored(sky: Sky, stated: NoiseModel, source: str) -> NoiseModel:
    """The stated slope, through the measured level and variance of the sky."""
    agreement = (stated.slope * sky.level + float(stated.floor)) / sky.variance
    if agreement > 1 + _AGREEMENT:  # the level holds a pedestal: what was stated cannot be compared
        agreement = float("nan")
    floor = sky.variance - stated.slope * sky.level
    return replace(_measured(sky, source), slope=stated.slope, floor=floor, agreement=agreement)


def _agrees(header: NoiseModel, sky: Sky) -> bool:
    """Whether the data allow the header's gain and read noise; a camera's gain setting is told by this."""
    if sky.shows_slope:
        return abs(header.slope - sky.slope) <= _AGREEMENT * sky.slope + 3 * sky.slope_error
    if header.slope > sky.slope + 5 * sky.slope_error or float(header.floor) > (1 + _AGREEMENT) * sky.variance:
        return False
    # the sky's photons that the variance implies must be there; a pedestal only adds to the level
    implied = (sky.variance - float(header.floor)) / header.slope
    subtracted = abs(sky.level) < 3 * np.sqrt(sky.variance)
    return bool(subtracted or implied <= (1 + _AGREEMENT) * sky.level)


def _from_plane(image: _Image, sky: Sky) -> tuple[NoiseModel | None, bool]:
    """The model of the image's own plane of errors, and whether it is believed against what the sky shows."""
    if image.deviation is None:
        return None, False
    plane = fit_plane(image.data, image.mask, image.deviation, sky)
    if plane is None:
        return None, False
    measured, believed = plane.factor, None
    if measured > 1 + _AGREEMENT and _shows_structure(image):
        stated = replace(sky, variance=plane.typical / measured)
        believed = fit_plane(image.data, image.mask, image.deviation, stated, believed=True)
    used = believed or plane
    floor = _lowered(used.at_sky, used.slope * sky.level)
    if not (np.isfinite(used.slope) and np.all(np.isfinite(floor))):
        _log.info("the uncertainty plane cannot be used: its variances are too large for numbers")
        return None, False
    if believed is not None:
        _tell_of_structure(measured, "the plane of errors")
    source, agreement = "variance plane", 1 / measured
    model = NoiseModel(used.slope, floor, sky.level, used.typical, used.correlation, source, agreement)
    return model, believed is not None


def _with_photons(plane: NoiseModel, slope: float, source: str) -> NoiseModel:
    """A plane that knows nothing of the sources' photons, with their noise added."""
    floor = _lowered(plane.floor, (slope - plane.slope) * plane.sky)
    return replace(plane, slope=slope, floor=floor, source=source)


def _lowered(floor: float | NDArray[np.floating], by: float) -> float | NDArray[np.floating]:
    """Subtract a number; from a map, which can be as large as the frame, in place."""
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(floor, np.ndarray):
            floor -= by
            return floor
        return floor - by
