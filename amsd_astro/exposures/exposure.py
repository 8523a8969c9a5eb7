"""An exposure among several: what is known of it while its pixels are not in memory."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from astropy.wcs import WCS

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.errors import FrameChangedError
from amsd_astro.exposures.exposure_facts import ExposureFacts, facts_of
from amsd_astro.exposures.sky_levels import measure_exposure_sky
from amsd_astro.exposures.stars.growth_curves import GrowthCurve
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.exposures.stars.star_finding import measure_stars
from amsd_astro.frames import Frame, as_frame, read_frame, refuse_denoised, refuse_mosaic, refuse_unsuitable
from amsd_astro.frames.noise import card_of, measure_noise, without_borders, without_pattern
from amsd_astro.noise.keywords import noises_by_keywords
from amsd_astro.noise.line_pattern import Pattern
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel

__all__ = ["Exposure", "open_exposure"]

_log = logging.getLogger(__name__)

_TIMES = ("EXPTIME", "EXPOSURE", "TEXPTIME")
_SEVERAL = ("NCOMBINE", "NCOMB", "STACKCNT", "NSTACK", "NIMAGES")


@dataclass(frozen=True, eq=False)
class Exposure:
    """One exposure of several: what is known of it without its pixels in memory.

    Attributes
    ----------
    name : str
        The path as given, or "exposure 3", numbered from 1, for objects.
    load : callable
        Returns the frame, read anew (files) or kept (objects); bad pixels are masked, and what a pattern of rows and
        columns adds is taken off.
    noise : NoiseModel
        Its own, in its own unit.
    stars : StarCatalogue
        Its stars.
    fwhm : float
        Of its PSF, its own pixels; nan where it shows no stars.
    shape : tuple of int
        (ny, nx).
    wcs : WCS, optional
        Its celestial coordinates; None without.
    sky, sky_error : float
        Level of its sky and the error of that; nan where nobody measured it.
    growth : GrowthCurve, optional
        What apertures hold of its stars' light.
    stated_light : float
        What a source that sends one electron a second makes in it, by exposure time and gain in its header; nan unless
        it states both.
    facts : ExposureFacts
        What its cards and bytes say besides.
    """

    name: str
    load: Callable[[], Frame] = field(repr=False)
    noise: NoiseModel = field(repr=False)
    stars: StarCatalogue = field(repr=False)
    fwhm: float
    shape: tuple[int, int]
    wcs: WCS | None = field(default=None, repr=False)
    sky: float = math.nan
    sky_error: float = math.nan
    growth: GrowthCurve | None = field(default=None, repr=False)
    stated_light: float = math.nan
    facts: ExposureFacts = field(default_factory=ExposureFacts, repr=False)


def open_exposure(obj: Any, *, name: str, noise: Stated = None, **options: Any) -> Exposure:
    """Find out all that is to be known of an exposure, and let go of its pixels.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame
        What `denoise` takes. A file is read anew each time its pixels are wanted.
    name : str
        What messages call it.
    noise : NoiseModel or mapping, optional
        As for `measure_noise`.
    **options
        For a file, as for `read_frame`: ``ext``, ``mask_ext`` and so on. For an object, as for `as_frame`.

    Returns
    -------
    Exposure

    Raises
    ------
    FrameError
        It holds no image that can be used, or one that is no exposure in linear units of one colour, or is denoised.
    """
    frame = _read(obj, options)
    # the mean of such keeps what denoising takes from faint sources, and claims too small an error
    refuse_denoised(frame, cure="the exposure itself")
    refuse_unsuitable(frame)
    refuse_mosaic(frame)
    stamp = None if frame.source is None else frame.source.stamp
    frame = without_borders(frame)
    with usual_float_errors():
        bare, pattern = without_pattern(frame)
        model = measure_noise(bare, stated=noise, has_pattern=False)
        sky = measure_exposure_sky(bare, model)
        stars, fwhm, growth = measure_stars(bare, model, sky)
    _log.info("%s: %d stars, FWHM %.2f pixels, sky %.6g +- %.2g", name, len(stars), fwhm, sky.level, sky.error)
    kept = None if _is_path(obj) else frame
    return Exposure(
        name=name,
        load=partial(_loaded, kept, obj if kept is None else None, options, pattern, stamp),
        noise=model,
        stars=stars,
        fwhm=fwhm,
        shape=(int(bare.shape[0]), int(bare.shape[1])),
        wcs=_celestial(frame),
        sky=sky.level,
        sky_error=sky.error,
        growth=growth,
        stated_light=_stated_light(frame),
        facts=facts_of(frame),
    )


def _is_path(obj: Any) -> bool:
    return isinstance(obj, (str, os.PathLike))


def _read(obj: Any, options: dict[str, Any]) -> Frame:
    return read_frame(obj, **options) if _is_path(obj) else as_frame(obj, **options)


def _loaded(
    kept: Frame | None, path: Any, options: dict[str, Any], pattern: Pattern | None, stamp: tuple[int, ...] | None
) -> Frame:
    """Return the exposure as it was measured: borders masked, pattern off."""
    frame = kept
    if frame is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # was told when it was opened
            frame = _read(path, options)
        if frame.source is not None and frame.source.stamp != stamp:
            raise FrameChangedError("the file changed while exposures were combined.", path=path)
        frame = without_borders(frame)
    if pattern is None:
        return frame
    bare = pattern.taken_off(np.asarray(frame.data))
    return frame.with_arrays(bare, frame.uncertainty, frame.flags, frame.noise)


def _celestial(frame: Frame) -> WCS | None:
    """The WCS of a frame, if it tells places on the sky."""
    wcs = frame.wcs
    return wcs if wcs is not None and wcs.naxis == 2 and wcs.has_celestial else None


def _stated_light(frame: Frame) -> float:
    """Exposure time over gain, where the header states both and no mean of several exposures.

    In a unit by the second, the slope of the variance is that of one exposure over its time: the product is right, too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unit = "" if frame.unit is None else frame.unit.to_string().strip()
        stated = next(noises_by_keywords(partial(card_of, frame), unit), None)
        cards = [card_of(frame, key) for key in _TIMES]
        several = any(_number(card_of(frame, key)) > 1 for key in _SEVERAL)
    seconds = next((value for value in map(_number, cards) if value > 0), math.nan)
    return math.nan if stated is None or several or not stated.slope > 0 else seconds * stated.slope


def _number(card: tuple[Any, str] | None) -> float:
    value = math.nan if card is None else card[0]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
