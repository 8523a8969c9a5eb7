"""From settings to a folder with scenes, state, log and the finished model file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.fits.output_file import new_file
from amsd_astro.network.amsd.network import build_amsd, set_precision, take_over
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.files.model_file import check_answer, read_model, save_model
from amsd_astro.network.files.model_opening import open_model
from amsd_astro.network.recipes import AMSD
from amsd_astro.pretraining.fields import load_scenes
from amsd_astro.pretraining.settings import PretrainingSettings
from amsd_astro.pretraining.teaching import Teacher
from amsd_astro.pretraining.training import calibrate_variance, pretrain
from amsd_astro.resources import count_processors

if TYPE_CHECKING:
    from amsd_astro.network.amsd.model import MultiscaleModel

__all__ = ["MODEL", "make_weights"]

_log = logging.getLogger(__name__)

MODEL = "amsd.npz"
"""Name of the model file."""


def make_weights(
    folder: Path,
    settings: PretrainingSettings,
    *,
    n_threads: int | None = None,
    start: Path | None = None,
    teacher: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path | None:
    """Draw scenes, train the network of recipe amsd on them, and write ``folder / MODEL``, its weights as float16.

    The same call goes on after an interruption. With Keras on another backend than TensorFlow everything but the model
    file is made; the same call with TensorFlow then writes it.

    Parameters
    ----------
    folder : Path
        For everything that is made.
    settings : PretrainingSettings
        How.
    n_threads : int, optional
        Of TensorFlow, by default all that the process may use.
    start : Path, optional
        A model file: training goes on from its weights, on the exposures that would have followed.
    teacher : Path, optional
        A model file: what its network makes of exposures in four orientations is half of what is learned.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Path or None
        The model file, where it was made.
    """
    n_processors = count_processors()
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if on_tensorflow:
        from amsd_astro.network.tensorflow_runtime import start_tensorflow

        start_tensorflow(n_threads or n_processors)
    # before the network is there: processes that draw are forked, which goes wrong once TensorFlow has threads
    load = partial(load_scenes, folder / "scenes", n_processes=n_processors, progress=progress)
    scenes = load(n_scenes=settings.n_scenes, seed=settings.seed)
    others = load(n_scenes=max(2, settings.n_scenes // 4), seed=settings.seed + 1)
    architecture = replace(AMSD.architecture, residuals=settings.residuals)
    network = build_amsd(architecture, seed=settings.seed)
    first = 0
    if start is not None:
        known, first = _read(start)
        take_over(network, known)
    set_precision(network, settings.precision)
    taught = None if teacher is None else _teacher(teacher, settings.precision)
    n_drawing = max(1, n_processors // 2)
    options: dict[str, Any] = {"first": first, "n_threads": n_drawing, "progress": progress}
    pretrain(network, scenes, settings, folder=folder, teacher=taught, **options)
    calibrate_variance(network, scenes, settings, **options)
    if not on_tensorflow:
        return None
    weights = [np.asarray(weight).astype(np.float16).astype(np.float32) for weight in network.get_weights()]
    model = _finished(weights, architecture, others, settings, progress)
    with new_file(folder / MODEL, overwrite=True) as file:
        save_model(file, model, {"recipe": "amsd", "seed": settings.seed, "steps": first + settings.n_steps})
    _log.info("%s: %s", folder / MODEL, model.fingerprint())
    return folder / MODEL


def _teacher(path: Path, precision: str) -> Teacher:
    network, _ = _read(path)
    set_precision(network, precision)
    return Teacher(network)


def _read(path: Path) -> tuple[keras.Model, int]:
    """A network and the steps that made its weights; without TensorFlow, which Keras may not stand on here."""
    with open_model(path) as file:
        settings, architecture, weights = read_model(file, name=str(path))
    if not isinstance(architecture, AmsdArchitecture):
        raise ModelError(f"{path}: training goes on from a model of recipe amsd. Received: {settings['recipe']}")
    network = build_amsd(architecture, seed=0)
    network.set_weights(weights)
    check_answer(network, architecture, settings["probe"], name=str(path))
    return network, int(settings["steps"])


def _finished(
    weights: list[Any],
    architecture: AmsdArchitecture,
    scenes: NDArray[np.float32],
    settings: PretrainingSettings,
    progress: Callable[[int, int, str], None] | None,
) -> MultiscaleModel:
    """The model with these weights, and with what comparing its results with the truth of other scenes teaches."""
    from amsd_astro.network.amsd.model import MultiscaleModel
    from amsd_astro.pretraining.shrinkage import learn_shrinkage

    model = MultiscaleModel(architecture, weights=weights)
    shrinkage = learn_shrinkage(
        model,
        scenes,
        n_exposures=settings.n_compared,
        patch=settings.patch,
        seed=settings.seed,
        precision=settings.precision,
        progress=progress,
    )
    return model.replaced(shrinkage=shrinkage)
