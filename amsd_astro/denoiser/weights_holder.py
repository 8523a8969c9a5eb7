"""What a denoiser is set to, the weights it has, and how both travel: to files, copies, threads and processes."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from amsd_astro.denoiser.model_files import model_from_bytes, model_to_bytes, read_model_file, write_model_file
from amsd_astro.denoiser.resumption import frame_key
from amsd_astro.modes import Mode, mode_of, steps_of
from amsd_astro.network.engines.arithmetic import ENGINES
from amsd_astro.network.engines.starting import start
from amsd_astro.progress import Progress, begin

if TYPE_CHECKING:
    from amsd_astro.frames import Frame
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe

__all__ = ["RECIPES", "WeightsHolder"]

RECIPES = ("amsd", "thesis")


class WeightsHolder:
    """Settings and weights of a `Denoiser`, whose parameters these are."""

    adaptation: Adaptation | None

    def __init__(
        self,
        recipe: str = "amsd",
        *,
        mode: str | None = None,
        steps: int | None = None,
        seed: int = 0,
        n_threads: int | None = None,
        n_orientations: int | None = None,
        flux_tolerance: float = 0.01,
        destripe: bool = False,
        engine: str = "auto",
    ) -> None:
        if recipe not in RECIPES:
            raise ValueError(f"recipe must be one of {', '.join(RECIPES)}. Received: {recipe!r}")
        if steps is not None and (not _is_whole(steps) or steps < 0):
            raise ValueError(f"steps must be a whole number, not negative. Received: {steps!r}")
        steps = steps_of(mode, steps)
        if not _is_whole(seed) or seed < 0:
            raise ValueError(f"seed must be a whole number, not negative. Received: {seed!r}")
        if n_threads is not None and (not _is_whole(n_threads) or n_threads < 1):
            raise ValueError(f"n_threads must be a whole number, at least 1. Received: {n_threads!r}")
        if n_orientations is not None and n_orientations not in range(1, 9):
            raise ValueError(f"n_orientations must be 1 to 8. Received: {n_orientations!r}")
        if not isinstance(flux_tolerance, (int, float, np.number)) or not 0 <= flux_tolerance <= 1:
            raise ValueError(f"flux_tolerance must be 0 to 1. Received: {flux_tolerance!r}")
        if engine not in ENGINES:
            raise ValueError(f"engine must be one of {', '.join(ENGINES)}. Received: {engine!r}")
        self.recipe = recipe
        self.engine = engine
        self.flux_tolerance = flux_tolerance
        self.destripe = destripe
        self.n_orientations = n_orientations
        self.steps = None if steps is None else int(steps)
        self.seed = int(seed)
        self.n_threads = n_threads
        self.adaptation = None
        self._model: Predictor | bytes | None = None  # bytes: on its way to another process
        self._n_steps = 0  # that made the present weights
        self._seen: frozenset[str] = frozenset()  # keys of the frames that they were trained on
        self._knows_camera = False  # whether exposures that are each other's targets taught them
        self._as_it_is = steps == 0
        self._lock = threading.RLock()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the network to a model file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, usually with the ending .npz.
        overwrite : bool, optional
            Whether it may exist.

        Examples
        --------
        >>> from amsd_astro import Denoiser
        >>> Denoiser(steps=2).fit("exposure.fits").save("camera.npz")
        """
        if self._model is None:
            raise ValueError("a Denoiser must be fitted before it is saved. Received: one without weights")
        start(self.n_threads)
        write_model_file(path, self._start(), self._statement(), overwrite=overwrite)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        mode: str | None = None,
        steps: int | None = None,
        seed: int = 0,
        n_threads: int | None = None,
        n_orientations: int | None = None,
        flux_tolerance: float = 0.01,
        destripe: bool = False,
        engine: str = "auto",
    ) -> Self:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            Written by `save`.
        mode : {"fast", "standard", "adapt"}, optional
            As for a new Denoiser; to adapt is to train the weights further on a frame.
        steps : int, optional
            Steps of further training on a frame, none by default.
        seed, n_threads, n_orientations, flux_tolerance, destripe, engine : optional
            As for a new Denoiser.

        Raises
        ------
        FrameNotFoundError
            There is no such file.
        ModelError
            It is damaged or no model file.

        Examples
        --------
        >>> from amsd_astro import Denoiser
        >>> Denoiser(steps=2).fit("exposure.fits").save("camera.npz")
        >>> Denoiser.load("camera.npz").mode
        'standard'
        """
        steps = steps_of(mode, steps)
        model, settings = read_model_file(path, n_threads=n_threads)
        denoiser = cls(
            settings["recipe"],
            steps=steps or 0,
            seed=seed,
            n_threads=n_threads,
            n_orientations=n_orientations,
            flux_tolerance=flux_tolerance,
            destripe=destripe,
            engine=engine,
        )
        denoiser._as_it_is = steps == 0
        denoiser._model = model
        denoiser._n_steps = settings["steps"]
        denoiser._seen = frozenset(settings.get("frames") or ())
        denoiser._knows_camera = bool(settings.get("repeats"))
        return denoiser

    @property
    def mode(self) -> Mode:
        """What a frame is denoised at the cost of: fast, standard or adapt."""
        if self._as_it_is:
            return "fast"
        return mode_of(self.steps or None)  # weights that were loaded have no steps by default

    def __repr__(self) -> str:
        n_orientations = self._settings.n_orientations
        orientations = f"{n_orientations} orientation{'s' if n_orientations > 1 else ''}"
        lines = [
            f"<{type(self).__name__}, recipe {self.recipe}, mode {self.mode}",
            f"{orientations}, flux tolerance {self.flux_tolerance:g}, seed {self.seed}",
            f"weights: {self._weights_in_words()}>",
        ]
        return "\n ".join(lines)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]

    def _weights_in_words(self) -> str:
        """Say where the weights are from."""
        if self._model is None and self._settings.weights is None:
            return "none yet"
        if not self._n_steps:
            return "those of the package" if self._settings.weights is not None else "as they came"
        frames = f" on {len(self._seen)} frame(s)" if self._seen else ""
        return f"trained, {self._n_steps} steps{frames}"

    def _is_to_load(self) -> bool:
        """Whether there is no network yet."""
        return self._model is None or isinstance(self._model, bytes)

    def _tell_of_loading(self, progress: Progress | None) -> None:
        """Tell where the network is loaded next: TensorFlow takes seconds."""
        if self._is_to_load():
            begin(progress, "loading the network")

    def _has_seen(self, frame: Frame) -> bool:
        """Whether the weights were trained on this very frame."""
        return bool(self._seen) and frame_key(frame) in self._seen

    def _learns_gains(self, frame: Frame) -> bool:
        """Whether a frame teaches gains: not weights that know the camera's noise better than a noise model does."""
        return not (self._as_it_is or self._knows_camera or self._has_seen(frame))

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: the weights as a model file, from which it makes a network of its own."""
        state = {key: value for key, value in self.__dict__.items() if key != "_lock"}
        if not isinstance(self._model, bytes | None):
            state["_model"] = model_to_bytes(self._model, self._statement())
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.RLock())

    def __copy__(self) -> Self:
        """Return a denoiser of the same weights: nobody writes on a model."""
        new = object.__new__(type(self))
        new.__setstate__({key: value for key, value in self.__dict__.items() if key != "_lock"})
        return new

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    def _statement(self) -> dict[str, Any]:
        """What a model file says of the weights."""
        stated = {"recipe": self.recipe, "seed": self.seed, "steps": self._n_steps, "frames": sorted(self._seen)}
        return {**stated, "repeats": True} if self._knows_camera else stated

    def _start(self) -> Predictor:
        """Return the model; at first that which the recipe starts from."""
        with self._lock:
            if isinstance(self._model, bytes):
                self._model = model_from_bytes(self._model, n_threads=self.n_threads)
            if self._model is None:
                from amsd_astro.denoiser.methods import first_model

                if self.recipe == "thesis":
                    start(self.n_threads)

                self._model = first_model(self.recipe, seed=self.seed)
            return self._model

    @property
    def _settings(self) -> AmsdRecipe | ThesisRecipe:
        """The recipe as it is asked for."""
        from amsd_astro.network.recipes import settings_of

        settings = settings_of(self.recipe)
        usual = 1 if self._as_it_is else settings.n_orientations
        return replace(settings, n_orientations=self.n_orientations or usual)

    def _trained(self) -> Predictor:
        """Return the model, which can denoise."""
        if self._model is None and self._settings.weights is None:
            raise ValueError("a Denoiser must be fitted or loaded before it denoises. Received: one without weights")
        return self._start()

    def _has_no_steps(self) -> bool:
        """Whether nothing is to be trained; that takes a network that is there."""
        if self.steps != 0:
            return False
        if self._model is None and self._settings.weights is None:
            raise ValueError("steps must be positive for a network that starts from nothing. Received: 0")
        return True


def _is_whole(value: Any) -> bool:
    """Whether a value is a whole number; True and False are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
