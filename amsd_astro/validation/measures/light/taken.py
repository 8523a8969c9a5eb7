"""Where faint light was taken from: spots, sources or large objects, and from which where it is one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.float_errors import as_double
from amsd_astro.frames.frame import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measures.residuals import FAINT_PIXELS, RESIDUAL_CLIP
from amsd_astro.validation.measures.sky_map import SkyMap
from amsd_astro.validation.measures.stamps import bad_pixels_of

__all__ = ["TakenLight", "measure_taken_light", "where_taken"]

_SIZES = (0, 20, 1000, math.inf)  # connected pixels
_KINDS = ("spots of up to 20 pixels", "sources of 21 to 1000 pixels", "objects of more than 1000 pixels")
_MOST = 0.5  # of all that was taken: one place is named


@dataclass(frozen=True)
class TakenLight:
    """What was taken from the faint pixels of one kind of places.

    Attributes
    ----------
    kind : str
        In words.
    share, error : float
        Of their signal that was taken, and its standard error; NaN where there are none.
    of_all : float
        Of all that was taken, signs counted; NaN where nothing was.
    n_pixels : int
        Faint pixels there.
    y, x : float
        Centre of the place, pixels, where it is one that more than half came from; else NaN.
    """

    kind: str
    share: float
    error: float
    of_all: float
    n_pixels: int
    y: float = math.nan
    x: float = math.nan


def measure_taken_light(frame: Frame, denoised: Frame, noise: NoiseModel, *, sky: SkyMap) -> list[TakenLight]:
    """Part what `ResidualStatistics.faint` is of by the size of the places: pixels of 2 sigma and more that touch.

    Parameters
    ----------
    frame, denoised : Frame
        Before and after.
    noise : NoiseModel
        Of the frame.
    sky : SkyMap
        Of the frame.

    Returns
    -------
    list of TakenLight
        Of spots, sources and large objects; and of one place, where more than half of all came from it.
    """
    good = ~(sky.bad | bad_pixels_of(as_double(denoised.data), denoised.mask))
    after = np.where(good, as_double(denoised.data), sky.background)
    sigma = np.sqrt(noise.variance(after))
    residual, signal = np.where(good, (as_double(frame.data) - after) / sigma, 0.0), (after - sky.background) / sigma
    used = good & (signal > FAINT_PIXELS[0]) & (signal < FAINT_PIXELS[1]) & (np.abs(residual) < RESIDUAL_CLIP)
    labels, n = ndimage.label(good & (signal > FAINT_PIXELS[0]))
    which = np.arange(1, n + 1)
    size = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    taken, power, pixels = (
        np.bincount(labels.ravel(), weights=np.where(used, part, 0.0).ravel(), minlength=n + 1)[1:]
        for part in (residual * signal, signal**2, 1.0)
    )
    inflation = max(float(noise.correlation.sum()), 1.0)

    def told(kind: str, chosen: NDArray[np.bool_], y: float = math.nan, x: float = math.nan) -> TakenLight:
        total, whole = float(power[chosen].sum()), float(taken.sum())
        share, error = (
            (float(taken[chosen].sum()) / total, math.sqrt(inflation / total)) if total > 0 else (math.nan,) * 2
        )
        of_all = float(taken[chosen].sum()) / whole if whole else math.nan
        return TakenLight(kind, share, error, of_all, int(pixels[chosen].sum()), y, x)

    kinds = [
        told(kind, (size > low) & (size <= high))
        for kind, low, high in zip(_KINDS, _SIZES[:-1], _SIZES[1:], strict=True)
    ]
    if n and abs(taken).max() > _MOST * abs(float(taken.sum())):
        most = 1 + int(np.argmax(taken * np.sign(taken.sum())))
        y, x = ndimage.center_of_mass(np.where(labels == most, signal, 0.0))
        one = told(f"the place around x {x + 1:.0f}, y {y + 1:.0f}", which == most, float(y), float(x))
        kinds += [one] if one.of_all > _MOST else []
    return kinds


def where_taken(parts: list[TakenLight]) -> str:
    """Say where most of it was taken from; empty where nothing was."""
    known = [part for part in parts if math.isfinite(part.of_all) and math.isfinite(part.share)]
    if not known:
        return ""
    most = known[-1] if math.isfinite(known[-1].y) else max(known, key=lambda part: part.of_all)
    if not most.of_all > 0:
        return ""
    others = [part for part in known if part is not most and not math.isfinite(part.y)]
    rest = "; ".join(f"{part.kind} lost {_percent(part.share)}" for part in others)
    head = f"Most of it was taken from {most.kind}, which lost {_percent(most.share)} \N{PLUS-MINUS SIGN} "
    return f"{head}{_percent(most.error)}" + (f" ({rest})." if rest else ".")


def _percent(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f} %"
