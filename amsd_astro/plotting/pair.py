"""A frame before and after denoising: the same pixels, one noise model, and what was taken in units of that noise."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.arrays.float_errors import as_double
from amsd_astro.arrays.mask_downsampling import downsampled_mask
from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, as_frame
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.frames.described_pixels import kept_noise
from amsd_astro.frames.noise import measure_noise
from amsd_astro.graphics.brightness import sky_of
from amsd_astro.noise.model import NoiseModel

__all__ = ["Pair", "Window", "drawn", "match", "sigma_map"]

Window = tuple[slice, slice]
"""A part of a frame: rows and columns, with steps where not every pixel is taken."""

_SAME = 0.005  # correlations that differ by less are those of one noise
_DRAWN = 1600  # pixels on a side
_LARGEST = 1e150  # noise whose square is still a number
_SAMPLED = 1024  # pixels on a side that are enough for a rough scatter


@dataclass(frozen=True)
class Pair:
    """Two frames of the same pixels.

    Attributes
    ----------
    before, after : Frame
        The exposure and the denoised frame.
    noise : NoiseModel
        The noise of the exposure.
    """

    before: Frame
    after: Frame
    noise: NoiseModel

    @property
    def whole(self) -> Window:
        """All pixels."""
        ny, nx = self.before.data.shape
        return slice(0, ny), slice(0, nx)

    @property
    def sky_sigma(self) -> float:
        """Noise of the sky, in the unit of the frames."""
        return float(np.sqrt(self.noise.sky_variance))

    def bad(self, where: Window) -> NDArray[np.bool_]:
        """Return which pixels of a part are masked or no numbers, in either frame."""
        finite = np.isfinite(self.before.data[where]) & np.isfinite(self.after.data[where])
        return np.asarray(self.before.mask[where] | self.after.mask[where] | ~finite)

    def masked(self, where: Window) -> NDArray[np.bool_]:
        """Return the same as it is drawn: bad columns between the pixels of a part with steps are kept."""
        step = where[0].step or 1
        rows, columns = (slice(part.start, part.stop) for part in where)
        return downsampled_mask(self.bad((rows, columns)), step)

    @cached_property
    def bad_share(self) -> float:
        """Share of such pixels, by as many as are drawn."""
        return float(np.mean(self.bad(drawn(self.whole))))

    def sigma(self, where: Window) -> NDArray[np.float64]:
        """Return the noise of the exposure at the denoised signal, in the unit of the frames."""
        floor = self.noise.floor
        part = self.noise if np.ndim(floor) == 0 else replace(self.noise, floor=np.asarray(floor)[where])
        return np.sqrt(part.variance(self.after.data[where]))

    def residual(self, where: Window) -> NDArray[np.float64]:
        """Return what was taken from a part, (before - after) / sigma; NaN where pixels are bad."""
        before = as_double(self.before.data[where])
        with np.errstate(invalid="ignore", over="ignore"):
            taken = (before - self.after.data[where]) / self.sigma(where)
        taken[self.bad(where)] = np.nan
        return taken

    def signal(self, where: Window) -> NDArray[np.float64]:
        """Return the denoised signal above the sky, over the noise of the sky; NaN where pixels are bad."""
        with np.errstate(invalid="ignore", over="ignore"):
            signal = (as_double(self.after.data[where]) - self.noise.sky) / self.sky_sigma
        signal[self.bad(where)] = np.nan
        return signal


def drawn(where: Window) -> Window:
    """Return a part with as many pixels left out as a picture cannot hold."""
    step = max(1, -(-max(part.stop - part.start for part in where) // _DRAWN))
    rows, columns = (slice(part.start, part.stop, step) for part in where)
    return rows, columns


def sigma_map(frame: Frame) -> NDArray[np.floating] | None:
    """Return the uncertainty of a frame as a standard deviation, None where it has none."""
    if frame.uncertainty is None or frame.uncertainty.array is None:
        return None
    return np.asarray(frame.uncertainty.represent_as(StdDevUncertainty).array)


def match(before: Frame, after: Frame) -> Pair:
    """Put two frames together.

    Parameters
    ----------
    before, after : Frame
        The exposure and the denoised frame.

    Returns
    -------
    Pair
        Its noise is that of ``after``; else what the cards of ``after`` record, or what is measured on ``before`` where
        they record none or only the median of a map; else, on a frame that shows no noise, the scatter of what was
        taken.

    Raises
    ------
    ValueError
        The frames are no images of one shape.
    FrameError
        The pixels are so large that their variance is no number.
    """
    for name, frame in (("before", before), ("after", after)):
        if frame.data.ndim != 2 or frame.data.size == 0:
            raise ValueError(f"{name} must be an image (ny, nx) of at least one pixel. Received: {frame.data.shape}")
    if before.data.shape != after.data.shape:
        raise ValueError(
            f"before and after must have the same shape. Received: {before.data.shape} and {after.data.shape}"
        )
    noise = kept_noise(after) or _found(before, after)
    if noise is None or not noise.sky_variance > 0:
        noise = _scatter(before, after)
    return Pair(before, after, noise)


def _found(before: Frame, after: Frame) -> NoiseModel | None:
    """Return the noise as recorded, with what the cards cannot hold measured again."""
    record = read_record(after.header)
    recorded = None if record is None else record.noise
    measured = before.noise
    if measured is None and not bad_pixels(before.data, before.mask).all():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd cards were told of when it was denoised
            measured = measure_noise(as_frame(before))
    if recorded is None or measured is None or np.ndim(measured.floor):
        return measured or recorded
    alike = np.allclose(recorded.neighbours, measured.neighbours, atol=_SAME)
    return replace(recorded, correlation=measured.correlation) if alike else recorded


def _scatter(before: Frame, after: Frame) -> NoiseModel:
    """Return one noise level: the scatter of what was taken, else that of the exposure, else one unit."""
    every = slice(None, None, max(1, -(-max(before.data.shape) // _SAMPLED)))
    raw, clean = (as_double(frame.data[every, every]) for frame in (before, after))
    good = np.isfinite(raw) & np.isfinite(clean) & ~before.mask[every, every] & ~after.mask[every, every]
    sky, sigma = sky_of(raw[good])
    _, taken = sky_of((raw - clean)[good])
    if not max(taken, sigma) < _LARGEST:
        raise FrameError("the pixels are too large for their noise to be a number.")
    variance = next((one**2 for one in (taken, sigma) if one > 0), 1.0)
    return NoiseModel(0.0, variance, sky, variance, source="none")
