"""Whether a frame is denoised in bfloat16: where the processor has it, and the frame itself shows no harm."""

from __future__ import annotations

import logging

import numpy as np
import tensorflow as tf

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.recorrupted_pairs import TrainingFrame
from amsd_astro.resources import has_bfloat16

__all__ = ["choose_precision"]

_log = logging.getLogger(__name__)

_SIDE = 256  # pixels of the block that is tried
_HARM = 0.01  # of the variance that is predicted: errors grow by half a per cent


def choose_precision(model: MultiscaleModel, frame: TrainingFrame) -> None:
    """Let a model compute in bfloat16 where that is faster and as good, else in float32.

    The block around the brightest pixel is denoised in both: there values are largest, and what rounding does to them.

    Parameters
    ----------
    model : MultiscaleModel
        The model; its ``precision`` is set.
    frame : TrainingFrame
        The frame that it will denoise.
    """
    model.precision = "float32"
    if not has_bfloat16():
        return
    brightest = np.unravel_index(int(np.argmax(np.where(frame.mask, -np.inf, frame.values))), frame.values.shape)
    side = _SIDE + 2 * model.margin
    index = [mirrored(int(at) - side // 2, side, n) for at, n in zip(brightest, frame.values.shape, strict=True)]
    images = frame.values[np.ix_(*index)][None]
    with model.without_graph():
        exact = model.predict(images, frame.correlation)
    model.precision = "bfloat16"
    try:
        rough = model.predict(images, frame.correlation)
    except tf.errors.OpError as error:  # libraries can be told to leave out what the processor has
        _log.info("bfloat16 does not work here: %s", str(error).splitlines()[0])
        model.precision = "float32"
        return
    harm = float(np.mean((rough.values - exact.values) ** 2) / np.mean(exact.variance))
    if not harm <= _HARM:
        model.precision = "float32"
    _log.info("bfloat16 adds %.4f to the variance of the result: %s", harm, model.precision)
