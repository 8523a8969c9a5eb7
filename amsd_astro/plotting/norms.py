"""Brightness of an exposure and its denoised frame in one picture: the same limits, the same stretch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from astropy.visualization import (
    AsinhStretch,
    BaseStretch,
    ImageNormalize,
    LinearStretch,
    LogStretch,
    ManualInterval,
    SqrtStretch,
)
from numpy.typing import NDArray

from amsd_astro.graphics.brightness import brightness_of, uncertainty_brightness
from amsd_astro.plotting.pair import Pair

__all__ = ["STRETCHES", "brightness_norm", "linear_norm", "uncertainty_norm"]

STRETCHES: dict[str, Callable[[float], BaseStretch]] = {
    "asinh": AsinhStretch,
    "linear": lambda _: LinearStretch(),
    "log": lambda _: LogStretch(),
    "sqrt": lambda _: SqrtStretch(),
}
"""Stretches by name, made for a share of the range that is the noise of the sky."""

_SAMPLED = 2048  # pixels on a side


def brightness_norm(
    pair: Pair, stretch: str | BaseStretch = "asinh", *, limits: tuple[float, float] | None = None
) -> ImageNormalize:
    """Return the way from pixels to brightness, for both frames.

    Parameters
    ----------
    pair : Pair
        Limits are those of its exposure: from 3 sigma below its sky to its brightest 0.3 %, bad pixels aside.
    stretch : str or `~astropy.visualization.BaseStretch`, optional
        One of `STRETCHES`, or a stretch of astropy.
    limits : (float, float), optional
        Other limits, in sigma of the sky above the sky.

    Raises
    ------
    ValueError
        There is no such stretch, or the limits are not in order.
    """
    if not isinstance(stretch, BaseStretch) and stretch not in STRETCHES:
        names = ", ".join(STRETCHES)
        raise ValueError(f"stretch must be one of {names}, or an astropy stretch. Received: {stretch!r}")
    if limits is not None and not (np.isfinite(limits).all() and limits[0] < limits[1]):
        raise ValueError(f"limits must be two numbers, the lower one first. Received: {limits}")
    every = slice(None, None, max(1, -(-max(pair.before.data.shape) // _SAMPLED)))
    good = pair.before.data[every, every][~pair.bad((every, every))]
    found = brightness_of(good, sky=pair.noise.sky, sigma=pair.sky_sigma)
    low, high, softening = found.low, found.high, found.softening or 1.0
    if limits is not None:
        low, high = (pair.noise.sky + limit * pair.sky_sigma for limit in limits)
        softening = min(1.0, 1 / (limits[1] - limits[0]))  # the noise, as a share of the range
    made = stretch if isinstance(stretch, BaseStretch) else STRETCHES[stretch](softening)
    return ImageNormalize(good, interval=ManualInterval(low, high), stretch=made)


def linear_norm(limit: float) -> ImageNormalize:
    """Return the way from values about zero to colours, linear from -limit to limit."""
    return ImageNormalize(vmin=-limit, vmax=limit, stretch=LinearStretch())


def uncertainty_norm(sigma: NDArray[np.floating]) -> ImageNormalize:
    """Return the way from a 1-sigma map to colours: from zero, so that nothing is blown up where errors are small.

    Parameters
    ----------
    sigma : ndarray
        The map; NaN where there is none.
    """
    found = uncertainty_brightness(sigma[np.isfinite(sigma)])
    return ImageNormalize(vmin=found.low, vmax=found.high, stretch=AsinhStretch(found.softening or 1.0))
