"""What callers use: `Denoiser` and `denoise`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits

from amsd_astro.denoiser.application import Progress, apply_model, unchanged
from amsd_astro.denoiser.preparation import Prepared, Stated, prepare
from amsd_astro.denoiser.resumption import TrainingFile, training_key
from amsd_astro.errors import FrameNotFoundError, ModelError, OutputError
from amsd_astro.frames import Frame, as_frame, check_output
from amsd_astro.frames.outfile import new_file
from amsd_astro.frames.result import assemble
from amsd_astro.resources import count_processors

if TYPE_CHECKING:
    from amsd_astro.network.adaptation import Adaptation
    from amsd_astro.network.model import MultiscaleModel
    from amsd_astro.network.risk import Risk

__all__ = ["RECIPES", "Denoiser", "denoise"]

RECIPES = ("amsd",)


def denoise(
    obj: Any,
    *,
    recipe: str = "amsd",
    steps: int | None = None,
    seed: int = 0,
    ext: int | str | tuple[str, int] | None = None,
    mask: Any = None,
    noise: Stated = None,
    progress: Progress | None = None,
) -> Frame:
    """Denoise an exposure with a network trained on that exposure.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame
        The exposure, in linear units; it is never changed.
    recipe : str, optional
        How the network is built and trained.
    steps : int, optional
        Steps of training; by default the program decides.
    seed : int, optional
        The same seed, input and number of threads give the same result.
    ext : int, str or (str, int), optional
        Which HDU of a file.
    mask : array_like of bool, shape (ny, nx), optional
        True where a pixel is bad, besides those the exposure itself marks.
    noise : NoiseModel or mapping, optional
        The noise model, or ``{"gain": e_per_adu, "read_noise": e}``; by default it is found as
        `~amsd_astro.frames.noise.measure_noise` says.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Frame
        Denoised data in the same unit, 1-sigma uncertainty, flags, mask, WCS and header.
    """
    frame = as_frame(obj, ext=ext, mask=mask)
    return Denoiser(recipe, steps=steps, seed=seed).fit_denoise(frame, noise=noise, progress=progress)


class Denoiser:
    """A network that is trained on frames and denoises frames.

    Parameters
    ----------
    recipe : str, optional
        One of `RECIPES`.
    steps : int, optional
        Steps of training. By default the program decides: what the recipe says for a network that starts from
        nothing, none for one that was loaded.
    seed : int, optional
        Seed of everything random.
    n_threads : int, optional
        Threads of TensorFlow, by default all that the process may use; counts only before TensorFlow's first use.

    Attributes
    ----------
    adaptation : Adaptation or None
        What the last training did: steps made and estimated risk.
    """

    def __init__(
        self, recipe: str = "amsd", *, steps: int | None = None, seed: int = 0, n_threads: int | None = None
    ) -> None:
        if recipe not in RECIPES:
            raise ValueError(f"recipe must be one of {', '.join(RECIPES)}. Received: {recipe!r}")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0):
            raise ValueError(f"steps must be a whole number, not negative. Received: {steps!r}")
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"seed must be a whole number, not negative. Received: {seed!r}")
        if n_threads is not None and n_threads < 1:
            raise ValueError(f"n_threads must be at least 1. Received: {n_threads!r}")
        self.recipe = recipe
        self.steps = None if steps is None else int(steps)
        self.seed = int(seed)
        self.n_threads = n_threads
        self.adaptation: Adaptation | None = None
        self._model: MultiscaleModel | None = None
        self._n_steps = 0  # that made the present weights

    def fit(
        self,
        frames: Any,
        *,
        noise: Stated = None,
        progress: Progress | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Denoiser:
        """Train on one frame or several.

        Parameters
        ----------
        frames : anything that `denoise` takes, or a list or tuple of such
            Exposures to learn from.
        noise : NoiseModel or mapping, optional
            As in `denoise`.
        progress : callable, optional
            Called as ``progress(done, total, stage)``.
        checkpoint : str or path-like, optional
            A file for the state of the training: the same call goes on from it after an interruption, and ends as if
            there had been none. It stays until the caller removes it.

        Returns
        -------
        Denoiser
            Itself.
        """
        several = isinstance(frames, (list, tuple)) and not isinstance(frames, fits.HDUList)
        given = frames if several else [frames]
        if not given:
            raise ValueError("frames must hold at least one frame. Received: none")
        self._adapt([prepare(as_frame(obj), noise, seed=self.seed) for obj in given], progress, checkpoint)
        return self

    def denoise(self, frame: Any, *, noise: Stated = None, progress: Progress | None = None) -> Frame:
        """Denoise a frame with the network as it is.

        Parameters
        ----------
        frame : anything that `denoise` takes
            The exposure.
        noise : NoiseModel or mapping, optional
            As in `denoise`.
        progress : callable, optional
            Called as ``progress(done, total, stage)``.

        Returns
        -------
        Frame
            As `denoise`.
        """
        return self._apply(prepare(as_frame(frame), noise, seed=self.seed), progress)

    def fit_denoise(
        self,
        frame: Any,
        *,
        noise: Stated = None,
        progress: Progress | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Frame:
        """Train on a frame, then denoise it: `fit` and `denoise` in one, the noise measured once."""
        prepared = prepare(as_frame(frame), noise, seed=self.seed)
        adaptation = self._adapt([prepared], progress, checkpoint)
        return self._apply(prepared, progress, risk=None if adaptation is None else adaptation.risk)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the network to a model file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, usually with the ending .npz.
        overwrite : bool, optional
            Whether it may exist.
        """
        from amsd_astro.network.modelfile import save_model

        if self._model is None:
            raise ValueError("a Denoiser must be fitted before it is saved. Received: one without weights")
        settings = {"recipe": self.recipe, "seed": self.seed, "steps": self._n_steps}
        target = check_output(path, overwrite=overwrite)
        if target.suffix.lower() in (".gz", ".bz2"):
            raise OutputError(f"{target}: a model file is not packed. Received: a name that ends in {target.suffix}")
        with new_file(target, overwrite=overwrite) as file:
            save_model(file, self._model, settings)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, steps: int | None = None, seed: int = 0, n_threads: int | None = None
    ) -> Denoiser:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            Written by `save`.
        steps : int, optional
            Steps of further training on a frame, none by default.
        seed, n_threads : int, optional
            As for a new Denoiser.

        Raises
        ------
        FrameNotFoundError
            There is no such file.
        ModelError
            It is damaged or no model file.
        """
        from amsd_astro.network.modelfile import load_model

        name = os.fspath(path)
        if not os.path.exists(path):
            raise FrameNotFoundError("there is no such model file.", path=path)
        if not os.path.isfile(path):
            raise ModelError(f"{name}: a model file must be a regular file. Received: a folder or a device")
        with open(path, "rb") as file:
            model, settings = load_model(file, name=name, start=lambda: _start(n_threads))
        denoiser = cls(settings["recipe"], steps=steps or 0, seed=seed, n_threads=n_threads)
        denoiser._model = model
        denoiser._n_steps = settings["steps"]
        return denoiser

    def _adapt(
        self,
        prepared: Sequence[Prepared],
        progress: Progress | None,
        checkpoint: str | os.PathLike[str] | None,
    ) -> Adaptation | None:
        from amsd_astro.network.recipes import AMSD

        n_steps = AMSD.n_steps if self.steps is None else self.steps
        noisy = [one for one in prepared if one.values is not None]
        if not noisy or (n_steps == 0 and self._model is not None):
            return None
        if n_steps == 0:
            raise ValueError("steps must be positive for a network that starts from nothing. Received: 0")
        _start(self.n_threads)
        from amsd_astro.network.adaptation import adapt
        from amsd_astro.network.model import MultiscaleModel
        from amsd_astro.network.pairs import TrainingFrame

        model = self._model or MultiscaleModel(AMSD.architecture, seed=self.seed)
        frames = [
            TrainingFrame(one.values, one.frame.mask, one.noise.correlation) for one in noisy if one.values is not None
        ]
        memory = None
        if checkpoint is not None:
            settings = {"recipe": asdict(AMSD), "steps": n_steps, "seed": self.seed, "start": model.fingerprint()}
            memory = TrainingFile(checkpoint, training_key(noisy, settings))
        self.adaptation = adapt(model, frames, AMSD, n_steps=n_steps, seed=self.seed, progress=progress, memory=memory)
        self._model = model
        self._n_steps += self.adaptation.n_steps
        return self.adaptation

    def _apply(self, prepared: Prepared, progress: Progress | None, *, risk: Risk | None = None) -> Frame:
        """Denoise; ``risk`` is that of this very frame, where it was measured."""
        from amsd_astro.network.recipes import AMSD

        if prepared.values is None:
            return assemble(prepared.frame, prepared.noise, unchanged(prepared), {})
        if self._model is None:
            raise ValueError("a Denoiser must be fitted or loaded before it denoises. Received: one without weights")
        result = apply_model(self._model, prepared, n_orientations=AMSD.n_orientations, progress=progress)
        return assemble(prepared.frame, prepared.noise, result, self._provenance(self._model, risk))

    def _provenance(self, model: MultiscaleModel, risk: Risk | None) -> dict[str, tuple[Any, str]]:
        cards: dict[str, tuple[Any, str]] = {
            "AMSDRCP": (self.recipe, "recipe"),
            "AMSDHASH": (model.fingerprint(), "SHA-256 of the weights, first digits"),
            "AMSDSTEP": (self._n_steps, "training steps of the weights"),
            "AMSDSEED": (self.seed, "seed"),
        }
        if risk is not None:
            cards["AMSDRISK"] = (_short(risk.value), "estimated mean squared error, over the noise's")
            cards["AMSDRERR"] = (_short(risk.error), "standard error of AMSDRISK")
            for cell, factor in risk.cell_factors.items():
                cards[f"AMSDCV{cell}"] = (_short(factor), f"variance of {cell}x{cell} px sums over that of its pixels")
        return cards


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _start(n_threads: int | None) -> None:
    """Start TensorFlow with the threads asked for, or those the process may use."""
    from amsd_astro.network.runtime import start_tensorflow

    start_tensorflow(n_threads or count_processors())
