"""The noise of a frame: what its pixels, planes and cards give to the noise model."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from functools import partial

import numpy as np

from amsd_astro.arrays.flat_areas import border_areas
from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.measures.noise import card_of, noise_of, unit_of
from amsd_astro.noise.keywords import noises_by_keywords
from amsd_astro.noise.line_pattern import Pattern, find_pattern
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel

__all__ = ["card_of", "measure_noise", "other_slope", "slopes_by_source", "without_borders", "without_pattern"]

_log = logging.getLogger(__name__)

_UNLIKE = 2.0  # times, between slopes, from which they are not the same


def without_borders(frame: Frame) -> Frame:
    """Return a frame that masks what lies outside of its exposure: areas of one value at its edges.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro import Frame
    >>> from amsd_astro.frames.noise import without_borders
    >>> pixels = np.random.default_rng(0).normal(100.0, 5.0, (64, 64))
    >>> pixels[:, :20] = 0
    >>> int(without_borders(Frame(pixels)).mask.sum())
    1280
    """
    outside = border_areas(frame.data, frame.mask)
    if outside is None:
        return frame
    _log.info("%d pixels of one value at the edges are left as they are", np.count_nonzero(outside))
    masked = frame.with_arrays(frame.data, frame.uncertainty, frame.flags, frame.noise)
    masked.mask = frame.mask | outside
    return masked


def without_pattern(frame: Frame) -> tuple[Frame, Pattern | None]:
    """Take off a frame what whole rows and columns of it are too bright or too dark by.

    Returns
    -------
    Frame, Pattern or None
        The frame itself and None where its rows and columns show no pattern beyond doubt.

    Examples
    --------
    >>> from amsd_astro import read_frame
    >>> from amsd_astro.frames.noise import without_pattern
    >>> bare, pattern = without_pattern(read_frame("exposure.fits"))
    >>> pattern is None
    True
    """
    pattern = find_pattern(np.asarray(frame.data), frame.mask)
    if pattern is None:
        return frame, None
    bare = pattern.taken_off(np.asarray(frame.data))
    return frame.with_arrays(bare, frame.uncertainty, frame.flags, frame.noise), pattern


def measure_noise(frame: Frame, *, stated: Stated = None, has_pattern: bool = True) -> NoiseModel:
    """Find the noise model of a frame.

    Parameters
    ----------
    frame : Frame
        Exposure in linear units.
    stated : NoiseModel or mapping, optional
        A NoiseModel is used as it is, but for its sky where the frame's is another one: a level more than five sigma
        away, such as the 0 of a model that states none, gives way to the one that is measured. A mapping may have
        ``gain`` (electrons per unit of the frame), which comes before anything the file says, and ``read_noise``
        (electrons), which goes with it or with the header's gain; both may be quantities.
    has_pattern : bool, optional
        Whether patterns of rows and columns are to be looked for and left out; not in a frame that `without_pattern`
        returned.

    Returns
    -------
    NoiseModel

    Raises
    ------
    FrameError
        The pixels are so large that their variance is no number.

    Examples
    --------
    >>> from amsd_astro import measure_noise, read_frame
    >>> noise = measure_noise(read_frame("exposure.fits"))
    >>> noise.source, noise.slope
    ('header', 0.625)
    """
    with usual_float_errors():
        return noise_of(frame, stated=stated, has_pattern=has_pattern)


def slopes_by_source(frame: Frame, noise: NoiseModel) -> dict[str, float]:
    """Return what caller, header, plane of errors and data say of the slope, the one that is used among them.

    Parameters
    ----------
    frame : Frame
        The frame.
    noise : NoiseModel
        As `measure_noise` found it there.

    Examples
    --------
    >>> from amsd_astro import measure_noise, read_frame
    >>> from amsd_astro.frames.noise import slopes_by_source
    >>> frame = read_frame("exposure.fits")
    >>> sorted(slopes_by_source(frame, measure_noise(frame)))
    ['header']
    """
    slopes = {noise.source: noise.slope, **noise.slopes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd keywords it was told where they matter
        header = next(noises_by_keywords(partial(card_of, frame), unit_of(frame)), None)
    if header is not None:
        slopes.setdefault("header", header.slope)
    return slopes


def other_slope(slope: float, slopes: Mapping[str, float]) -> str | None:
    """Return who contradicts a slope: "data" where pixels tell it, else "header"; None where nobody does.

    Parameters
    ----------
    slope : float
        The one that is used.
    slopes : mapping of str to float
        By `slopes_by_source`.

    Examples
    --------
    >>> from amsd_astro.frames.noise import other_slope
    >>> other_slope(0.5, {"caller": 0.5, "header": 5.0})
    'header'
    >>> other_slope(0.5, {"caller": 0.5, "data": 0.6, "header": 5.0}) is None
    True
    """
    name = next((name for name in ("data", "header") if slopes.get(name)), None)
    if name is None or not slope > 0 or 1 / _UNLIKE <= slope / slopes[name] <= _UNLIKE:
        return None
    return name
