"""A frame made ready for the network: its noise known, its values in noise units, its bad pixels filled."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import RowBlock, row_blocks, typical
from amsd_astro.arrays.filling import FILL_REACH, fill_masked
from amsd_astro.arrays.flat_areas import with_flat_areas
from amsd_astro.arrays.scratch import new_array
from amsd_astro.denoiser.noise_doubts import doubts_about_assumed, doubts_about_stated
from amsd_astro.errors import AmsdWarning, NoiseWarning
from amsd_astro.frames import Frame, as_frame, refuse_denoised, refuse_mosaic, refuse_unsuitable
from amsd_astro.frames.denoising_record import was_denoised
from amsd_astro.frames.measures.stated_quantities import without_units
from amsd_astro.frames.noise import measure_noise, slopes_by_source, without_borders, without_pattern
from amsd_astro.frames.suitability import tell_doubts
from amsd_astro.noise.few_photons import variance_of_few
from amsd_astro.noise.line_pattern import Pattern
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.stabilization import Stabilizer
from amsd_astro.printable import printable
from amsd_astro.progress import Progress, begin

if TYPE_CHECKING:
    from amsd_astro.network.training_frame import TrainingFrame

__all__ = ["Prepared", "exposure_of", "prepare", "with_noise"]

_log = logging.getLogger(__name__)

_VARIANCE_AGREEMENT = 0.03
_NARROWEST = 8  # pixels
_FEW_ELECTRONS = 1.0  # a pixel of the sky: areas of zeros are sky there
_STRIP = 2**17  # pixels worked on at a time: they stay in the processor's cache


@dataclass(frozen=True)
class Prepared:
    """A frame in noise units.

    Attributes
    ----------
    frame : Frame
        The frame.
    noise : NoiseModel
        Its noise.
    stabilizer : Stabilizer
        The transform to noise units.
    values : ndarray of float32, shape (ny, nx), or None
        Its values in noise units, bad pixels filled; None where it shows no noise.
    pattern : Pattern or None
        What was taken off its rows and columns before.
    bare : Frame
        The frame without that.
    is_given : bool
        Whether the noise model was given by the caller as a whole.
    stated : mapping
        Gain and read noise, where the caller stated them.
    """

    frame: Frame
    noise: NoiseModel
    stabilizer: Stabilizer
    values: NDArray[np.float32] | None
    pattern: Pattern | None
    bare: Frame
    is_given: bool = False
    stated: Mapping[str, float | None] = field(default_factory=dict)

    def to_learn(self) -> TrainingFrame:
        """Return the frame as training takes it; it must have values."""
        from amsd_astro.network.training_frame import TrainingFrame

        if self.values is None:
            raise ValueError("a frame must have noise to learn from. Received: one without")
        noise = self.noise
        electrons = noise.sky_electrons
        mask = self.frame.mask
        if electrons > _FEW_ELECTRONS:
            mask = with_flat_areas(mask, self.frame.data)
        few = variance_of_few(self.stabilizer, noise.sky)
        return TrainingFrame(self.values, mask, noise.correlation, electrons=electrons, noise_variance=few)


def exposure_of(obj: Any, force: bool, progress: Progress | None) -> Frame:
    """Return a frame that is not denoised already, unless that is forced; its noise is to be measured next.

    Parameters
    ----------
    obj : anything that `~amsd_astro.denoise` takes
        The exposure.
    force : bool
        Whether it may be denoised already.
    progress : callable or None
        Told of both stages.
    """
    if not isinstance(obj, Frame):
        begin(progress, "reading")
    frame = as_frame(obj)
    if not force:
        refuse_denoised(frame)
    begin(progress, "measuring the noise")
    return frame


def prepare(frame: Frame, stated: Stated, *, seed: int) -> Prepared:
    """Find the noise of a frame and bring it to noise units.

    Parameters
    ----------
    frame : Frame
        An exposure.
    stated : NoiseModel, mapping or None
        As for `measure_noise`.
    seed : int
        Seed of the noise on filled pixels.

    Returns
    -------
    Prepared

    Raises
    ------
    FrameError
        It is the raw mosaic of a colour camera, or its pixels are not linear in the light.
    """
    refuse_unsuitable(frame)
    refuse_mosaic(frame)
    if was_denoised(frame.header):
        message = (
            "the frame is denoised already, or made of one that is: the errors of the result, and those of sums, rest "
            "on noise that is gone and come out several times too small. Begin with the exposure itself"
        )
        warnings.warn(message, NoiseWarning, stacklevel=4)
    frame, stated = without_borders(frame), without_units(stated, frame.unit)
    bare, pattern = without_pattern(frame)
    noise = measure_noise(bare, stated=stated, has_pattern=False)
    stabilizer = noise.stabilizer()
    if not noise.sky_variance > 0:
        warnings.warn("the frame shows no noise: the result is the frame itself", NoiseWarning, stacklevel=4)
        return Prepared(frame, noise, stabilizer, None, pattern, bare)
    _log.info(
        "%s: slope of the noise %.4g from %s, sky %.6g +- %.4g, correlation with the next pixel %.3f, %.3f",
        _name(frame), noise.slope, noise.source, noise.sky, np.sqrt(noise.sky_variance), *noise.neighbours,
    )  # fmt: skip
    tell_doubts(bare, noise, stacklevel=4)
    for doubt in (
        *doubts_about_stated(noise, slopes_by_source(bare, noise)),
        *doubts_about_assumed(noise, np.asarray(bare.data), bare.mask),
    ):
        warnings.warn(doubt, NoiseWarning, stacklevel=3)
    if isinstance(stated, NoiseModel):
        _compare(noise, bare)
    if min(frame.data.shape) < _NARROWEST:
        message = f"frames narrower than {_NARROWEST} pixels show their noise badly: the 1-sigma map can be too small"
        warnings.warn(message, NoiseWarning, stacklevel=4)
    values = _in_noise_units(bare, noise, stabilizer, seed)
    if isinstance(stated, Mapping):
        return Prepared(frame, noise, stabilizer, values, pattern, bare, stated=stated)
    return Prepared(frame, noise, stabilizer, values, pattern, bare, is_given=stated is not None)


def with_noise(prepared: Prepared, noise: NoiseModel, *, seed: int) -> Prepared:
    """Return the same frame by another noise model.

    Parameters
    ----------
    prepared : Prepared
        The frame.
    noise : NoiseModel
        The other.
    seed : int
        As for `prepare`.
    """
    stabilizer = noise.stabilizer()
    values = _in_noise_units(prepared.bare, noise, stabilizer, seed)
    return replace(prepared, noise=noise, stabilizer=stabilizer, values=values)


def _in_noise_units(frame: Frame, noise: NoiseModel, stabilizer: Stabilizer, seed: int) -> NDArray[np.float32]:
    from amsd_astro.noise.unit_noise import UnitNoise

    fresh = UnitNoise(noise.correlation)
    values: NDArray[np.float32] = new_array(frame.data.shape, np.float32)
    for block in row_blocks(frame.data.shape, context=FILL_REACH):
        bad = frame.mask[block.rows]
        if not bad.any():
            _transform(frame.data[block.rows], stabilizer.part(block.rows), out=values[block.rows])
            continue
        filled = _filled(frame, noise, stabilizer, block)
        # a filled place looks like the rest of the frame: the network meets noise everywhere
        drawn = fresh.draw(np.random.default_rng([seed, 1, block.rows.start]), bad.shape)
        values[block.rows] = np.where(bad, filled + drawn, filled)
    return values


def _transform(data: NDArray[np.floating], stabilizer: Stabilizer, *, out: NDArray[np.float32]) -> None:
    """Bring pixels to noise units, a few rows at a time."""
    step = max(1, _STRIP // data.shape[1])
    for start in range(0, len(data), step):
        rows = slice(start, start + step)
        out[rows] = stabilizer.part(rows).forward(data[rows])


def _filled(frame: Frame, noise: NoiseModel, stabilizer: Stabilizer, block: RowBlock) -> NDArray[np.float32]:
    bad = frame.mask[block.wide]
    data = np.where(bad, noise.sky, frame.data[block.wide])
    values = np.empty(data.shape, np.float32)
    _transform(data, stabilizer.part(block.wide), out=values)
    return fill_masked(values, bad)[block.inner]


def _compare(noise: NoiseModel, frame: Frame) -> None:
    """Warn where a model that was given as a whole does not fit the frame: training would learn to keep noise."""
    with warnings.catch_warnings():  # of the frame's own noise, in whose place the model stands
        warnings.simplefilter("ignore", AmsdWarning)
        measured = measure_noise(frame, has_pattern=False)
    if not measured.sky_variance > 0:
        return
    ratio = (noise.slope * measured.sky + typical(noise.floor)) / measured.sky_variance
    if abs(ratio - 1) > _VARIANCE_AGREEMENT:
        message = (
            f"the noise model states {ratio:.2f} times the variance that the sky of the frame shows: the error that is "
            "left is known no better than that"
        )
        warnings.warn(message, NoiseWarning, stacklevel=4)


def _name(frame: Frame) -> str:
    """What the log calls a frame: what follows in the same thread is of that one."""
    ny, nx = frame.data.shape
    source = frame.source
    return f"a frame of {nx} x {ny} pixels" if source is None else printable(f"{source.path}[{source.hdu}]")
