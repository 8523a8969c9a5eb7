"""The noise model of a frame, ``variance = slope * mean + floor``, and where its values come from.

Slope comes, in this order, from the caller, from the frame's own uncertainty plane, from header keywords (only where
the data agree) and from the data; where all are silent it is assumed. Whatever its source, the floor is set so that the
model passes through the level and the variance measured on the frame's own sky.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.noise.error_plane import fit_plane
from amsd_astro.noise.sky import Sky, measure_sky
from amsd_astro.noise.stabilization import Stabilizer

if TYPE_CHECKING:
    from amsd_astro.frames.frame import Frame

__all__ = ["NoiseModel", "measure_noise"]

_log = logging.getLogger(__name__)

_GAIN_KEYS = ("GAIN", "EGAIN", "CCDGAIN", "ATODGAIN", "ESO DET OUT1 CONAD")
_READ_NOISE_KEYS = ("RDNOISE", "READNOIS", "READNOI", "RON", "READNSE")
_EXPOSURE_KEYS = ("EXPTIME", "EXPOSURE", "TEXPTIME")
_AGREEMENT = 0.3  # a header's slope further than this from the data's is a camera setting, not a gain
_FAR_SKY = 5.0  # sigma
_TYPICAL_SKY = 1000.0  # electrons; rather many, as too high a slope costs more than too low
_NO_PHOTONS = 0.2  # a plane whose slope is less of the data's than this leaves the sources' photons out


def _white() -> NDArray[np.float64]:
    return np.ones((1, 1))


@dataclass(frozen=True)
class NoiseModel:
    """Noise of a frame, in the frame's own units.

    Parameters
    ----------
    slope : float
        Variance per unit of signal: 1 / gain for a frame in adu, 1 for electrons.
    floor : float or ndarray, shape (ny, nx)
        Variance at a signal of zero (squared units). It can be negative where the frame stands on a pedestal.
    sky, sky_variance : float
        Level and variance measured on the sky; ``slope * sky + floor`` is ``sky_variance``, also where none is given.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise at lags of -k..k pixels, 1 at its centre; ``[[1.]]`` is white noise.
    source : str
        Where the slope comes from: "caller", "variance plane", "header", "data", "assumed" or, where there is no noise,
        "none".
    agreement : float
        Variance that the source stated for the sky over the variance measured there; nan where it stated none, or where
        a pedestal in the level keeps the two from being compared.
    """

    slope: float
    floor: float | NDArray[np.floating]
    sky: float = 0.0
    sky_variance: float = float("nan")
    correlation: NDArray[np.float64] = field(default_factory=_white)
    source: str = "caller"
    agreement: float = float("nan")

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and self.slope >= 0):
            raise ValueError(f"slope must be finite and not negative. Received: {self.slope}")
        if not np.all(np.isfinite(self.floor)):
            raise ValueError("floor must be finite. Received: values that are not")
        if np.isnan(self.sky_variance):
            object.__setattr__(self, "sky_variance", typical(self.floor) + self.slope * self.sky)
        side = self.correlation.shape
        if len(side) != 2 or side[0] != side[1] or side[0] % 2 == 0 or not np.all(np.isfinite(self.correlation)):
            raise ValueError(f"correlation must be a finite square of odd side. Received: shape={side}")

    @classmethod
    def from_gain(cls, gain: float, read_noise: float = 0.0, *, sky: float = 0.0) -> NoiseModel:
        """Model of a frame in adu without pedestal.

        Parameters
        ----------
        gain : float
            Electrons per adu.
        read_noise : float
            Electrons.
        sky : float
            Level of the sky in adu.
        """
        if not (np.isfinite(gain) and gain > 0 and np.isfinite(read_noise) and read_noise >= 0):
            raise ValueError(f"gain must be positive, read_noise not negative. Received: {gain}, {read_noise}")
        floor = (read_noise / gain) ** 2
        return cls(slope=1 / gain, floor=floor, sky=sky, sky_variance=sky / gain + floor)

    @property
    def neighbours(self) -> tuple[float, float]:
        """Correlation with the next pixel along x and along y."""
        k = self.correlation.shape[0] // 2
        return (float(self.correlation[k, k + 1]), float(self.correlation[k + 1, k])) if k else (0.0, 0.0)

    def variance(self, mean: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Variance of pixels of a given expected signal (never below a thousandth of the sky's)."""
        return np.maximum(self.slope * np.asarray(mean, np.float64) + self.floor, 1e-3 * self.sky_variance)

    def stabilizer(self) -> Stabilizer:
        """The transform that makes this noise unit Gaussian, zero at the sky."""
        return Stabilizer(self.slope, self.floor, self.sky)


def measure_noise(frame: Frame, *, stated: Mapping[str, float | None] | NoiseModel | None = None) -> NoiseModel:
    """Find the noise model of a frame.

    Parameters
    ----------
    frame : Frame
        Exposure in linear units.
    stated : NoiseModel or mapping, optional
        A NoiseModel is used as it is, but for its sky where the frame's is another one: a level more than five sigma
        away, such as the 0 of a model that states none, gives way to the one that is measured. A mapping may have
        ``gain`` (electrons per unit of the frame), which comes before anything the file says, and ``read_noise``
        (electrons), which goes with it or with the header's gain.

    Returns
    -------
    NoiseModel

    Raises
    ------
    FrameError
        The pixels are so large that their variance is no number.
    """
    if isinstance(stated, NoiseModel):
        return _at_sky_of(frame, stated)
    values = _checked(stated)
    sky = measure_sky(np.asarray(frame.data), frame.mask)
    if not (np.isfinite(sky.level) and np.isfinite(sky.variance)):
        raise FrameError("the pixels are too large for their noise to be a number.")
    model = _choose(frame, sky, values)
    if model.source == "assumed":
        _log.info("the photon noise could not be found: a slope of %.4g is assumed", model.slope)
    return model


def _at_sky_of(frame: Frame, stated: NoiseModel) -> NoiseModel:
    """Return a model whose sky is that of the frame: what is empty, and how many electrons it has, goes by that."""
    sky = measure_sky(np.asarray(frame.data), frame.mask)
    if abs(sky.level - stated.sky) > _FAR_SKY * np.sqrt(sky.variance):
        _log.info("the noise model given has its sky at %.6g, that of the frame is at %.6g", stated.sky, sky.level)
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


def _choose(frame: Frame, sky: Sky, stated: dict[str, float | None]) -> NoiseModel:
    measured = NoiseModel(0.0, sky.variance, sky.level, sky.variance, sky.correlation, source="none")
    if not sky.variance > 0:
        return measured
    gain, read_noise = stated.get("gain"), stated.get("read_noise")
    if gain is not None:
        return _anchored(measured, NoiseModel.from_gain(gain, read_noise or 0.0), "caller")
    plane = _from_plane(frame, sky)
    if plane is not None and (plane.slope > _NO_PHOTONS * sky.slope or not sky.shows_slope):
        return plane
    header = _from_header(frame, read_noise)
    if header is not None and _agrees(header, sky):
        return _anchored(measured, header, "header") if plane is None else _with_photons(plane, header.slope, "header")
    if header is not None:
        _log.info("gain of the header (slope %.4g) does not agree with the data: not used", header.slope)
    if plane is not None:
        return _with_photons(plane, sky.slope, "data")
    if sky.shows_slope:
        return _anchored(measured, NoiseModel(sky.slope, sky.variance - sky.slope * sky.level), "data")
    slope = _assumed_slope(sky)
    return replace(measured, slope=slope, floor=sky.variance - slope * sky.level, source="assumed")


def _assumed_slope(sky: Sky) -> float:
    """The slope of a typical sky, or what the skewness of the noise asks for, as far as brighter pixels allow.

    With a slope of zero, bright sources would be taken to have no noise of their own: that costs more than a guess.
    """
    slope = max(float(np.sqrt(sky.variance / _TYPICAL_SKY)), sky.least_slope)
    return float(np.clip(slope, sky.slope - sky.slope_error, sky.slope + sky.slope_error))


def _anchored(measured: NoiseModel, stated: NoiseModel, source: str) -> NoiseModel:
    """The stated slope, through the measured level and variance of the sky."""
    agreement = (stated.slope * measured.sky + float(stated.floor)) / measured.sky_variance
    if agreement > 1 + _AGREEMENT:  # the level holds a pedestal: what was stated cannot be compared
        agreement = float("nan")
    floor = measured.sky_variance - stated.slope * measured.sky
    return replace(measured, slope=stated.slope, floor=floor, source=source, agreement=agreement)


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


def _keyword(frame: Frame, names: tuple[str, ...], *, low: float = 0.0, high: float = float("inf")) -> float | None:
    """First plausible number under one of the keywords, in the image's header, then in the primary's."""
    for name in names:
        try:
            value = frame.header.get(name)
        except fits.VerifyError:
            value = "what cannot be parsed"
        if value is None and frame.source is not None:
            value = frame.source.keyword(name)
        if value is None or isinstance(value, fits.card.Undefined):
            continue
        if isinstance(value, (int, float)) and not isinstance(value, bool) and low < value < high:
            return float(value)
        message = f"{name} must be a number above {low:g} and below {high:g}, ignored. Received: {value!r}"
        warnings.warn(message, AmsdWarning, stacklevel=5)
    return None


def _from_header(frame: Frame, read_noise: float | None) -> NoiseModel | None:
    unit = "" if frame.unit is None else frame.unit.to_string().strip()
    noise = read_noise if read_noise is not None else _keyword(frame, _READ_NOISE_KEYS) or 0.0
    if unit in ("adu", "ct", "count", "DN", ""):
        gain = _keyword(frame, _GAIN_KEYS, low=1e-3, high=1e3)
        return None if gain is None else NoiseModel.from_gain(gain, noise)
    if unit in ("electron", "ph", "photon"):
        return NoiseModel.from_gain(1.0, noise)
    if unit in ("electron / s", "ph / s", "photon / s"):
        time = _keyword(frame, _EXPOSURE_KEYS)
        return NoiseModel.from_gain(time, noise) if time is not None else None
    return None


def _from_plane(frame: Frame, sky: Sky) -> NoiseModel | None:
    """The model of the frame's own uncertainty plane."""
    if frame.uncertainty is None:
        return None
    plane = fit_plane(frame.data, frame.mask, np.asarray(frame.uncertainty.array), sky)
    if plane is None:
        return None
    floor = _lowered(plane.at_sky, plane.slope * sky.level)
    if not (np.isfinite(plane.slope) and np.all(np.isfinite(floor))):
        _log.info("the uncertainty plane cannot be used: its variances are too large for numbers")
        return None
    return NoiseModel(
        plane.slope, floor, sky.level, plane.typical, plane.correlation, "variance plane", 1 / plane.factor
    )


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
