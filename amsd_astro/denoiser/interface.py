"""`Denoiser`: a network, the frames it learns from and the frames it denoises."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.denoiser.application import Progress, apply_model, unchanged
from amsd_astro.denoiser.images import checked_image, denoise_picture
from amsd_astro.denoiser.model_files import read_model_file, write_model_file
from amsd_astro.denoiser.preparation import Prepared, Stated, prepare
from amsd_astro.denoiser.provenance import provenance
from amsd_astro.denoiser.resumption import frame_key
from amsd_astro.denoiser.training import checked_pairs, start, train_on_frames, train_on_pairs
from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, as_frame
from amsd_astro.frames.denoised import assemble

if TYPE_CHECKING:
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.recipes import AmsdRecipe, ThesisRecipe
    from amsd_astro.network.risk import Risk

__all__ = ["RECIPES", "Denoiser"]

RECIPES = ("amsd", "thesis")


class Denoiser:
    """A network that is trained on frames and denoises frames.

    Parameters
    ----------
    recipe : str, optional
        One of `RECIPES`.
    steps : int, optional
        Steps of training. By default the program decides: `fit` trains as long as the recipe says, `fit_denoise` and
        `~amsd_astro.denoise` only a recipe without weights in the package, and a network that was loaded is not
        trained. 0 applies weights as they are, in one orientation, and a frame teaches them nothing.
    seed : int, optional
        Seed of everything random.
    n_threads : int, optional
        Threads of TensorFlow, by default all that the process may use; counts only before TensorFlow's first use.
    n_orientations : int, optional
        Average over this many of the eight flips and rotations of a frame: the error falls by some per cent, the time
        to denoise grows in proportion. By default 1 with ``steps=0`` and for recipe thesis, else 4.
    flux_tolerance : float, optional
        Share of the flux of faint sources that recipe amsd may lose. What it takes is measured on each frame; more than
        this is given back, at the price of some noise. 1 for the least error whatever the flux.

    Attributes
    ----------
    adaptation : Adaptation or None
        What the last training did: steps made and estimated risk.
    """

    def __init__(
        self,
        recipe: str = "amsd",
        *,
        steps: int | None = None,
        seed: int = 0,
        n_threads: int | None = None,
        n_orientations: int | None = None,
        flux_tolerance: float = 0.01,
    ) -> None:
        if recipe not in RECIPES:
            raise ValueError(f"recipe must be one of {', '.join(RECIPES)}. Received: {recipe!r}")
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0):
            raise ValueError(f"steps must be a whole number, not negative. Received: {steps!r}")
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"seed must be a whole number, not negative. Received: {seed!r}")
        if n_threads is not None and n_threads < 1:
            raise ValueError(f"n_threads must be at least 1. Received: {n_threads!r}")
        if n_orientations is not None and n_orientations not in range(1, 9):
            raise ValueError(f"n_orientations must be 1 to 8. Received: {n_orientations!r}")
        if not 0 <= flux_tolerance <= 1:
            raise ValueError(f"flux_tolerance must be 0 to 1. Received: {flux_tolerance!r}")
        self.recipe = recipe
        self.flux_tolerance = flux_tolerance
        self.n_orientations = n_orientations
        self.steps = None if steps is None else int(steps)
        self.seed = int(seed)
        self.n_threads = n_threads
        self.adaptation: Adaptation | None = None
        self._model: Predictor | None = None
        self._n_steps = 0  # that made the present weights
        self._seen: set[str] = set()  # keys of the frames that they were trained on
        self._as_it_is = steps == 0

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
        frames : anything that `~amsd_astro.denoise` takes, or a list or tuple of such
            Exposures to learn from.
        noise : NoiseModel or mapping, optional
            As in `~amsd_astro.denoise`.
        progress : callable, optional
            Called as ``progress(done, total, stage)``.
        checkpoint : str or path-like, optional
            A file for the state of the training: the same call goes on from it after an interruption, and ends as if
            there had been none. It stays until the caller removes it.

        Returns
        -------
        Denoiser
            Itself.

        Raises
        ------
        FrameError
            None of the frames shows noise, or one cannot be used.
        """
        several = isinstance(frames, (list, tuple)) and not isinstance(frames, fits.HDUList)
        given = frames if several else [frames]
        if not given:
            raise ValueError("frames must hold at least one frame. Received: none")
        prepared = [prepare(as_frame(obj), noise, seed=self.seed) for obj in given]
        if all(one.values is None for one in prepared):
            source = prepared[0].frame.source
            message = f"frames to learn from must show noise. Received: {len(prepared)} without"
            raise FrameError(message, path=source and source.path)
        self._adapt(prepared, progress, checkpoint)
        return self

    def denoise(self, frame: Any, *, noise: Stated = None, progress: Progress | None = None) -> Frame:
        """Denoise a frame with the weights as they are; unless ``steps=0``, the frame teaches it gains of bands.

        Parameters
        ----------
        frame : anything that `~amsd_astro.denoise` takes
            The exposure.
        noise : NoiseModel or mapping, optional
            As in `~amsd_astro.denoise`.
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
        """Train on a frame, then denoise it: `fit` and `denoise` in one, the noise measured once.

        Where the number of steps is left to the program, weights that come with the package are not trained further:
        a single frame has too few pixels to teach them what their training on simulated fields has not.
        """
        prepared = prepare(as_frame(frame), noise, seed=self.seed)
        as_it_is = self.steps is None and self._settings.weights is not None
        adaptation = None if as_it_is else self._adapt([prepared], progress, checkpoint)
        # weights that stayed as they were know nothing of the frame: it can teach them gains
        risk = None if adaptation is None or adaptation.n_steps == 0 else adaptation.risk
        return self._apply(prepared, progress, risk=risk)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the network to a model file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, usually with the ending .npz.
        overwrite : bool, optional
            Whether it may exist.
        """
        if self._model is None:
            raise ValueError("a Denoiser must be fitted before it is saved. Received: one without weights")
        settings = {"recipe": self.recipe, "seed": self.seed, "steps": self._n_steps, "frames": sorted(self._seen)}
        write_model_file(path, self._model, settings, overwrite=overwrite)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        steps: int | None = None,
        seed: int = 0,
        n_threads: int | None = None,
        n_orientations: int | None = None,
        flux_tolerance: float = 0.01,
    ) -> Denoiser:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            Written by `save`.
        steps : int, optional
            Steps of further training on a frame, none by default.
        seed, n_threads, n_orientations, flux_tolerance : optional
            As for a new Denoiser.

        Raises
        ------
        FrameNotFoundError
            There is no such file.
        ModelError
            It is damaged or no model file.
        """
        model, settings = read_model_file(path, n_threads=n_threads)
        denoiser = cls(
            settings["recipe"],
            steps=steps or 0,
            seed=seed,
            n_threads=n_threads,
            n_orientations=n_orientations,
            flux_tolerance=flux_tolerance,
        )
        denoiser._as_it_is = steps == 0
        denoiser._model = model
        denoiser._n_steps = settings["steps"]
        denoiser._seen = set(settings.get("frames") or ())
        return denoiser

    def fit_pairs(
        self,
        noisy: Any,
        target: Any,
        *,
        progress: Progress | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Denoiser:
        """Train on packed pairs of images, for recipe thesis.

        Parameters
        ----------
        noisy, target : ndarray of float32, shape (3 n, ny, nx, C) and (3 n, ny, nx, C) or (3 n, ny, nx, 4 C)
            Noisy versions, three of each image, and what is to be learned of them; may be mapped into memory.
        progress, checkpoint : optional
            As in `fit`.

        Returns
        -------
        Denoiser
            Itself.
        """
        if self.recipe != "thesis":
            raise ValueError(f"recipe must be thesis to learn from packed pairs. Received: {self.recipe!r}")
        noisy, target = checked_pairs(noisy, target)
        if self._has_no_steps():
            return self
        start(self.n_threads)
        self._model, self.adaptation = train_on_pairs(
            self._model, noisy, target, n_steps=self.steps, seed=self.seed, progress=progress, checkpoint=checkpoint
        )
        self._n_steps += self.adaptation.n_steps
        return self

    def denoise_image(
        self, image: Any, *, sigma: float | None = None, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Denoise an ordinary image with the network as it is.

        Parameters
        ----------
        image : array_like, shape (ny, nx) or (ny, nx, C)
            Values of 0 to 1; noise may lie beyond.
        sigma : float, optional
            Its noise, in the same unit. Recipe amsd wants it, recipe thesis has no use for it.
        progress : callable, optional
            As in `fit`.

        Returns
        -------
        ndarray of float32, shape of ``image``
        """
        values = checked_image(image)
        result = denoise_picture(
            self._trained(),
            values,
            sigma=sigma,
            seed=self.seed,
            n_orientations=self._settings.n_orientations,
            progress=progress,
        )
        return result.reshape(np.shape(image))

    def _start(self) -> Predictor:
        """Return the model; at first that which the recipe starts from."""
        if self._model is None:
            start(self.n_threads)
            from amsd_astro.denoiser.methods import first_model

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

    def _adapt(
        self,
        prepared: Sequence[Prepared],
        progress: Progress | None,
        checkpoint: str | os.PathLike[str] | None,
    ) -> Adaptation | None:
        noisy = [one for one in prepared if one.values is not None]
        if not noisy or self._has_no_steps():
            return None
        self.adaptation = train_on_frames(
            self._start(),
            noisy,
            self._settings,
            recipe=self.recipe,
            n_steps=self.steps,
            seed=self.seed,
            progress=progress,
            checkpoint=checkpoint,
        )
        self._n_steps += self.adaptation.n_steps
        if self.adaptation.n_steps:
            self._seen.update(frame_key(one.frame) for one in noisy)
        return self.adaptation

    def _has_seen(self, frame: Frame) -> bool:
        """Whether the weights were trained on this very frame."""
        return bool(self._seen) and frame_key(frame) in self._seen

    def _apply(self, prepared: Prepared, progress: Progress | None, *, risk: Risk | None = None) -> Frame:
        """Denoise; ``risk`` is that of this very frame, where it was measured."""
        if prepared.values is None:
            return assemble(prepared.frame, prepared.noise, unchanged(prepared), {})
        from amsd_astro.denoiser.methods import METHODS

        model = self._trained()
        model.look_at(prepared.values)
        settled = METHODS[self.recipe].settle(
            model,
            prepared.to_learn(),
            self._settings,
            learns=not self._as_it_is and not self._has_seen(prepared.frame),
            tolerance=self.flux_tolerance,
            seed=self.seed,
            risk=risk,
        )
        result = apply_model(model, prepared, n_orientations=self._settings.n_orientations, progress=progress)
        return assemble(
            prepared.frame,
            prepared.noise,
            result,
            provenance(model, self.recipe, n_steps=self._n_steps, seed=self.seed, settled=settled),
        )
