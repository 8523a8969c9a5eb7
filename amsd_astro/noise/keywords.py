"""What header keywords state of the noise: gain, read noise, exposure time, as far as their values are plausible."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from amsd_astro.errors import NoiseWarning
from amsd_astro.fits.layouts.table import time_unit
from amsd_astro.noise.model import NoiseModel

__all__ = ["EFFECTIVE_GAIN", "EFFECTIVE_READ_NOISE", "Lookup", "noises_by_keywords", "zero_is_known"]

Lookup = Callable[[str], tuple[Any, str] | None]
"""From a keyword to its value and its comment, None where it has no value."""

EFFECTIVE_GAIN, EFFECTIVE_READ_NOISE = "AMSDEGAI", "AMSDERDN"
"""Cards of an image of several exposures: electrons per unit, whatever that is; its GAIN is that of one of them."""

# gains, and the read noise that goes with each where it has one of its own; those of amplifiers are averaged
_GAINS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("GAIN",), ()),
    (("EGAIN",), ()),
    (("CCDGAIN",), ()),
    (("ATODGAIN",), ()),
    (("ADCGAIN",), ()),
    (("ESO DET OUT1 CONAD",), ()),
    (("GAINA", "GAINB"), ("RDNOISEA", "RDNOISEB")),
    (("CELL.GAIN",), ("CELL.READNOISE",)),
)
_READ_NOISE_KEYS = ("RDNOISE", "READNOIS", "READNOI", "RON", "READNSE")
_AVERAGED_KEYS = ("NCOMBINE", "NCOMB", "STACKCNT", "NSTACK", "NIMAGES")  # exposures of which the image is the mean
_ZERO_KEYS = ("OVERSCAN", "ZEROCOR", "DARKCOR", "BIASCORR", "DARKCORR", "DESOSCN", "DESBIAS", "SUBBIAS", "SUBDARK")
_NOT_DONE = ("", "F", "N", "NO", "NONE", "OMIT", "OMITTED", "PERFORM", "SKIPPED", "FALSE")
_EXPOSURE_KEYS = ("EXPTIME", "EXPOSURE", "TEXPTIME")
_SECONDS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0}
_SECONDS |= {"hour": 3600.0, "d": 86400.0, "day": 86400.0}
_TIME_UNIT = re.compile(rf"[\[(]\s*({'|'.join(_SECONDS)})s?\s*[\])]|\bin\s+({'|'.join(_SECONDS)})s?\b", re.IGNORECASE)
_SAME = 0.01  # of two times that are one

_COUNTS, _ELECTRONS = ("adu", "ct", "count", "DN"), ("electron", "ph", "photon")


def noises_by_keywords(lookup: Lookup, unit: str, *, read_noise: float | None = None) -> Iterator[NoiseModel]:
    """Yield the noise models that a header states for pixels of a unit, the most likely first.

    Parameters
    ----------
    lookup : callable
        From a keyword to its value and its comment.
    unit : str
        Of the pixels, as astropy writes it; empty for none.
    read_noise : float, optional
        Electrons, in the place of the header's.

    Yields
    ------
    NoiseModel
        Nothing where the header does not tell how many electrons a pixel's value stands for.
    """
    gain = _plausible(lookup, EFFECTIVE_GAIN)
    if gain is not None:
        yield NoiseModel.from_gain(gain, _plausible(lookup, EFFECTIVE_READ_NOISE) or 0.0)
        return
    numerator, _, per = unit.partition(" / ")
    if per not in ("", "s"):
        return
    time = 1.0 if not per else _exposure_time(lookup)
    if time is None:
        return
    noise = read_noise if read_noise is not None else _first(lookup, _READ_NOISE_KEYS) or 0.0
    if numerator in _ELECTRONS:
        yield NoiseModel.from_gain(time, noise)
    elif numerator in (*_COUNTS, ""):
        for keys, noise_keys in _GAINS:
            gains = [gain for key in keys if (gain := _plausible(lookup, key, low=1e-3, high=1e3)) is not None]
            own = [one for key in noise_keys if (one := _plausible(lookup, key)) is not None]
            if gains:
                used = noise if read_noise is not None or not own else math.fsum(own) / len(own)
                gain = time * math.fsum(gains) / len(gains)
                yield NoiseModel.from_gain(gain, used)
                n_averaged = _first(lookup, _AVERAGED_KEYS) or 1.0
                if n_averaged > 1:  # some programs have the gain of the mean in its place, and this as well
                    yield NoiseModel.from_gain(gain * n_averaged, used * math.sqrt(n_averaged))


def zero_is_known(lookup: Lookup, unit: str) -> bool:
    """Whether a pixel of zero had no light: of rates and of counted photons, and where a bias or a dark was taken off.

    Parameters
    ----------
    lookup : callable
        From a keyword to its value and its comment.
    unit : str
        Of the pixels, as astropy writes it; empty for none.
    """
    numerator, _, per = unit.partition(" / ")
    if per == "s" or numerator in _ELECTRONS:
        return True
    for key in _ZERO_KEYS:
        found = lookup(key)
        if found is None:
            continue
        value = found[0]
        if value is True or (isinstance(value, str) and value.strip().upper() not in _NOT_DONE):
            return True
    return False


def _first(lookup: Lookup, names: tuple[str, ...]) -> float | None:
    """First plausible number under one of the keywords."""
    return next((value for name in names if (value := _plausible(lookup, name)) is not None), None)


def _plausible(lookup: Lookup, name: str, *, low: float = 0.0, high: float = float("inf")) -> float | None:
    """Plausible number under a keyword, also where it is written as text."""
    found = lookup(name)
    if found is None:
        return None
    value = found[0]
    number = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    if isinstance(number, (int, float)) and not isinstance(number, bool) and low < number < high:
        return float(number)
    message = f"{name} must be a number above {low:g} and below {high:g}, ignored. Received: {value!r}"
    warnings.warn(message, NoiseWarning, stacklevel=8)
    return None


def _exposure_time(lookup: Lookup) -> float | None:
    """Seconds of the exposure: where keywords disagree, one whose comment states its unit counts."""
    telescope = lookup("TELESCOP")
    own_unit = _SECONDS[time_unit("" if telescope is None else str(telescope[0]))]
    times: list[tuple[float, bool]] = []
    for name in _EXPOSURE_KEYS:
        value = _plausible(lookup, name)
        if value is None:
            continue
        found = lookup(name)
        unit = _TIME_UNIT.search(found[1]) if found is not None else None
        if unit is not None:
            times.append((value * _SECONDS[(unit[1] or unit[2]).lower()], True))
        else:
            is_own = own_unit != 1.0 and name == "EXPOSURE"
            times.append((value * own_unit if is_own else value, is_own))
    if not times:
        return None
    first = times[0][0]
    if all(abs(time - first) <= _SAME * first for time, _ in times):
        return first
    return next((time for time, is_stated in times if is_stated), first)
