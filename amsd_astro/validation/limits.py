"""The limits that checks are held to, unless others are asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from amsd_astro.spelling import closest
from amsd_astro.validation.parts import Check

__all__ = ["DEFAULT_LIMITS", "ESSENTIAL", "Limits", "checked_limits", "held"]

Limits = Mapping[str, tuple[float | None, float | None]]
"""From the name of a check to its lowest and highest value."""

DEFAULT_LIMITS: dict[str, tuple[float | None, float | None]] = {
    "flux_bright": (-0.5, 0.5),
    "flux_middle": (-2.0, 2.0),
    "flux_faint": (-10.0, 10.0),
    "psf_flux_bright": (-0.5, 0.5),
    "psf_flux_middle": (-2.0, 2.0),
    "psf_flux_low": (-2.5, 2.5),
    "psf_flux_faint": (-10.0, 10.0),
    "fwhm": (-2.0, 2.0),
    "ellipticity": (None, 0.02),
    "centroid": (None, 0.02),
    "depth": (-0.1, None),
    "false_detections": (None, 0.0),
    "false_mirrored": (None, 0.0),
    "unsupported": (None, 1.0),
    "residual_mean": (-0.05, 0.05),
    "residual_width": (0.85, 1.1),
    "residual_neighbours": (-0.05, 0.05),
    "residual_slope": (-0.5, 0.5),
    "residual_faint": (-0.5, 0.5),
    "extended_light": (-5.0, 5.0),
    "sigma_width": (0.8, 1.2),
    "untested_light": (None, 50.0),
    "psf_stars": (5.0, None),
    "photon_noise": (0.5, 2.0),
    "repeat_sky": (None, 1.0),
    "repeat_faint": (None, 1.0),
    "repeat_flux": (-5.0, 5.0),
}
"""Limits by the name of the check; those that begin with "repeat" count where there is a repeat."""

ESSENTIAL = frozenset(
    {
        "flux_bright",
        "flux_middle",
        "psf_flux_bright",
        "psf_flux_middle",
        "psf_flux_low",
        "fwhm",
        "false_detections",
        "residual_mean",
        "residual_width",
        "sigma_width",
        "untested_light",
        "psf_stars",
        "photon_noise",
    }
)
"""What nothing passes without being judged by."""

_WHERE_THERE = frozenset({"sigma_width", "untested_light", "psf_stars", "photon_noise"})
"""What matters only where there is something to judge: a sigma map, sources, a PSF that is measured, a stated noise."""


def checked_limits(limits: Limits | None) -> dict[str, tuple[float | None, float | None]]:
    """Return the limits of all checks, those that are given in the place of the usual ones.

    Parameters
    ----------
    limits : mapping or None
        From names in `DEFAULT_LIMITS` to (low, high); None: no limit on that side.

    Raises
    ------
    ValueError
        A name that no check has, a limit that is no number, or two that are not in order.
    """
    result = dict(DEFAULT_LIMITS)
    for name, pair in (limits or {}).items():
        if name not in DEFAULT_LIMITS:
            meant = closest(name, DEFAULT_LIMITS)
            asked = f"; did you mean {meant}?" if meant else ""
            raise ValueError(f"limits must be of {', '.join(DEFAULT_LIMITS)}. Received: {name!r}{asked}")
        try:
            low, high = (None if limit is None else float(limit) for limit in pair)
        except (TypeError, ValueError):
            raise ValueError(f"limits of {name} must be two numbers or None. Received: {pair!r}") from None
        if any(limit is not None and math.isnan(limit) for limit in (low, high)) or (
            low is not None and high is not None and low > high
        ):
            raise ValueError(f"limits of {name} must be numbers in order. Received: {low} and {high}")
        result[name] = (low, high)
    return result


def held(check: Check, limits: Limits) -> Check:
    """Hold a check to its limits.

    Parameters
    ----------
    check : Check
        Without limits.
    limits : mapping
        From `checked_limits`. What has none there only informs.
    """
    low, high = limits.get(check.name, (None, None))
    is_there = check.name not in _WHERE_THERE or not math.isnan(check.value)
    matters = check.name in ESSENTIAL and is_there and (low is not None or high is not None)
    return replace(check, low=low, high=high, matters=matters)
