"""What header keywords state of the noise: gain, read noise, exposure time, as far as their values are plausible."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from amsd_astro.errors import AmsdWarning
from amsd_astro.noise.model import NoiseModel

__all__ = ["Lookup", "noise_by_keywords"]

Lookup = Callable[[str], Any]
"""From a keyword to its value, None where it has none."""

_GAIN_KEYS = ("GAIN", "EGAIN", "CCDGAIN", "ATODGAIN", "ESO DET OUT1 CONAD")
_READ_NOISE_KEYS = ("RDNOISE", "READNOIS", "READNOI", "RON", "READNSE")
_EXPOSURE_KEYS = ("EXPTIME", "EXPOSURE", "TEXPTIME")


def noise_by_keywords(lookup: Lookup, unit: str, *, read_noise: float | None = None) -> NoiseModel | None:
    """Return the noise model that a header states for pixels of a unit.

    Parameters
    ----------
    lookup : callable
        From a keyword to its value.
    unit : str
        Of the pixels, as astropy writes it; empty for none.
    read_noise : float, optional
        Electrons, in the place of the header's.

    Returns
    -------
    NoiseModel or None
        None where the header does not tell how many electrons a pixel's value stands for.
    """
    noise = read_noise if read_noise is not None else _plausible(lookup, _READ_NOISE_KEYS) or 0.0
    if unit in ("adu", "ct", "count", "DN", ""):
        gain = _plausible(lookup, _GAIN_KEYS, low=1e-3, high=1e3)
        return None if gain is None else NoiseModel.from_gain(gain, noise)
    if unit in ("electron", "ph", "photon"):
        return NoiseModel.from_gain(1.0, noise)
    if unit in ("electron / s", "ph / s", "photon / s"):
        time = _plausible(lookup, _EXPOSURE_KEYS)
        return NoiseModel.from_gain(time, noise) if time is not None else None
    return None


def _plausible(lookup: Lookup, names: tuple[str, ...], *, low: float = 0.0, high: float = float("inf")) -> float | None:
    """First plausible number under one of the keywords."""
    for name in names:
        value = lookup(name)
        if value is None:
            continue
        if isinstance(value, (int, float)) and not isinstance(value, bool) and low < value < high:
            return float(value)
        message = f"{name} must be a number above {low:g} and below {high:g}, ignored. Received: {value!r}"
        warnings.warn(message, AmsdWarning, stacklevel=6)
    return None
