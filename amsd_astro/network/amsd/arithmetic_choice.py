"""What denoises a frame: LiteRT in float32, TensorFlow a large one where bfloat16 is faster and does no harm."""

from __future__ import annotations

import logging

import numpy as np

from amsd_astro.arrays.mirroring import mirrored
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.engines.lite import has_litert
from amsd_astro.network.engines.starting import start
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.resources import has_bfloat16

__all__ = ["SMALL", "choose_arithmetic"]

_log = logging.getLogger(__name__)

SMALL = 1024
"""Pixels on a side of a frame that is one tile: a larger one pays the start of TensorFlow, where that has bfloat16."""

_SIDE = 256  # pixels of the block that is tried
_ROUGH = Arithmetic("tensorflow", "bfloat16")
_HARM = 0.01  # of the variance that is predicted: errors grow by half a per cent


def choose_arithmetic(
    model: MultiscaleModel, frame: TrainingFrame, *, engine: str = "auto", n_threads: int | None = None
) -> Arithmetic:
    """Return what is to run a model on a frame.

    That follows from what is asked for, the size of the frame and the processor alone. In float32 LiteRT takes four
    fifths of the time of TensorFlow on processors without AVX-512, besides the start.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        The frame that it will denoise.
    engine : str, optional
        One of `~amsd_astro.network.engines.arithmetic.ENGINES`.
    n_threads : int, optional
        Threads of the engine.

    Raises
    ------
    ValueError
        LiteRT is asked for where it cannot run the model.
    """
    if engine == "litert" and not model.can_be_lite():
        raise ValueError(
            "engine litert takes the package ai-edge-litert and a network of the packaged architecture. "
            f"Received: {'another network' if has_litert() else 'no such package'}"
        )
    is_lite_sooner = max(frame.values.shape) <= SMALL or not has_bfloat16()
    if engine == "litert" or (engine == "auto" and is_lite_sooner and model.can_be_lite()):
        return Arithmetic("litert", "float32", n_threads)
    start(n_threads)
    return Arithmetic("tensorflow", _precision(model, frame), n_threads)


def _precision(model: MultiscaleModel, frame: TrainingFrame) -> str:
    """bfloat16 where that is faster and as good, else float32.

    The block around the brightest pixel is denoised in both: there values are largest, and what rounding does to them.
    """
    if not has_bfloat16():
        return "float32"
    brightest = np.unravel_index(int(np.argmax(np.where(frame.mask, -np.inf, frame.values))), frame.values.shape)
    side = _SIDE + 2 * model.margin
    index = [mirrored(int(at) - side // 2, side, n) for at, n in zip(brightest, frame.values.shape, strict=True)]
    images = frame.values[np.ix_(*index)][None]
    from tensorflow.errors import OpError

    exact = model.predict_without_graph(images, frame.correlation)
    try:
        rough = model.predict(
            images,
            frame.correlation,
            FrameCalibration(variance_scale=1.0, arithmetic=_ROUGH),
        )
    except OpError as error:  # libraries can be told to leave out what the processor has
        _log.info("bfloat16 does not work here: %s", str(error).splitlines()[0])
        return "float32"
    harm = float(np.mean((rough.values - exact.values) ** 2) / np.mean(exact.variance))
    precision = "bfloat16" if harm <= _HARM else "float32"
    _log.info("bfloat16 adds %.4f to the variance of the result: %s", harm, precision)
    return precision
