"""Whether a frame is denoised in bfloat16: where the processor has it, and the frame itself shows no harm."""

from __future__ import annotations

import logging

import numpy as np
import tensorflow as tf

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.resources import has_bfloat16

__all__ = ["choose_precision"]

_log = logging.getLogger(__name__)

_SIDE = 256  # pixels of the block that is tried
_HARM = 0.01  # of the variance that is predicted: errors grow by half a per cent


def choose_precision(model: MultiscaleModel, frame: TrainingFrame) -> str:
    """Return what a model is to compute in: bfloat16 where that is faster and as good, else float32.

    The block around the brightest pixel is denoised in both: there values are largest, and what rounding does to them.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        The frame that it will denoise.
    """
    if not has_bfloat16():
        return "float32"
    brightest = np.unravel_index(int(np.argmax(np.where(frame.mask, -np.inf, frame.values))), frame.values.shape)
    side = _SIDE + 2 * model.margin
    index = [mirrored(int(at) - side // 2, side, n) for at, n in zip(brightest, frame.values.shape, strict=True)]
    images = frame.values[np.ix_(*index)][None]
    exact = model.predict_without_graph(images, frame.correlation)
    try:
        rough = model.predict(images, frame.correlation, FrameCalibration(variance_scale=1.0, precision="bfloat16"))
    except tf.errors.OpError as error:  # libraries can be told to leave out what the processor has
        _log.info("bfloat16 does not work here: %s", str(error).splitlines()[0])
        return "float32"
    harm = float(np.mean((rough.values - exact.values) ** 2) / np.mean(exact.variance))
    precision = "bfloat16" if harm <= _HARM else "float32"
    _log.info("bfloat16 adds %.4f to the variance of the result: %s", harm, precision)
    return precision
