"""`Denoiser`: a network, the frames it learns from and the frames it denoises."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from astropy.io import fits

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.denoiser.application import apply_model, unchanged
from amsd_astro.denoiser.credible_noise import calibrate_credibly, tell_where_noise_is_refuted
from amsd_astro.denoiser.images import ImageMethods
from amsd_astro.denoiser.preparation import Prepared, exposure_of, prepare
from amsd_astro.denoiser.provenance import UNCHANGED, asked_cards, pattern_cards, provenance
from amsd_astro.denoiser.resumption import frame_key
from amsd_astro.denoiser.training import train_on_frames
from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame
from amsd_astro.frames.denoised import assemble
from amsd_astro.network.engines.starting import start
from amsd_astro.noise.measurement import Stated
from amsd_astro.progress import Progress, shown

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import Calibrated
    from amsd_astro.network.held_out_risk import Adaptation
    from amsd_astro.network.predictor import Predictor

__all__ = ["Denoiser"]


class Denoiser(ImageMethods):
    """A network that is trained on frames and denoises frames.

    Parameters
    ----------
    recipe : str, optional
        One of `RECIPES`.
    mode : {"fast", "standard", "adapt"}, optional
        What a frame may cost. "fast" is ``steps=0``: one orientation. "standard" is the default: four, and what the
        frame itself teaches. "adapt" is ``steps=400``: the weights learn from the frame first.
    steps : int, optional
        Steps of training, for experts. By default the program decides: `fit` trains as long as the recipe says,
        `fit_denoise` and `~amsd_astro.denoise` only a recipe without weights in the package, and a network that was
        loaded is not trained. 0 applies weights as they are, in one orientation, and a frame teaches them nothing.
    seed : int, optional
        Seed of everything random.
    n_threads : int, optional
        Threads of the network, by default all that the process may use; for TensorFlow it counts only before its first
        use.
    n_orientations : int, optional
        Average over this many of the eight flips and rotations of a frame: the error falls by some per cent, the time
        to denoise grows in proportion. By default 1 with ``steps=0`` and for recipe thesis, else 4.
    flux_tolerance : float, optional
        Share of the flux of faint sources that recipe amsd may lose. What it takes is measured on each frame; more than
        this is given back, at the price of some noise. 1 for the least error whatever the flux.
    destripe : bool, optional
        Whether to leave out the pattern of rows and columns that a frame shows. By default it is put back as it was.
    engine : str, optional
        What runs the network of recipe amsd: ``"litert"``, which starts in tenths of a second, ``"tensorflow"``, or
        ``"auto"``: the second for frames of more than 1024 x 1024 pixels on processors with bfloat16, else the
        first. Training is always TensorFlow's.

    Attributes
    ----------
    mode : str
        As above, by the steps.
    adaptation : Adaptation or None
        What the last training did: steps made and estimated risk.

    Notes
    -----
    A Denoiser may denoise in several threads at once, be copied, and be pickled for another process, which then has a
    network of its own.

    Examples
    --------
    >>> from amsd_astro import Denoiser
    >>> Denoiser(mode="fast", seed=1)
    <Denoiser, recipe amsd, mode fast
     1 orientation, flux tolerance 0.01, seed 1
     weights: those of the package>
    """

    def fit(
        self,
        frames: Any,
        *,
        noise: Stated = None,
        repeats: bool = False,
        force: bool = False,
        progress: Progress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Denoiser:
        """Train on one frame or several.

        Parameters
        ----------
        frames : anything that `~amsd_astro.denoise` takes, or a list or tuple of such
            Exposures to learn from.
        noise : NoiseModel or mapping, optional
            As in `~amsd_astro.denoise`.
        repeats : bool, optional
            Whether the frames are exposures of one field, four or more, which are placed on each other and are each
            other's targets: the network learns the noise that the camera has, patterns and all. The weights stay as
            they are unless the exposures themselves tell that others have a lower error. For recipe amsd.
        force : bool, optional
            Learn also from what is denoised already.
        progress : callable or True, optional
            Called as ``progress(done, total, stage)``; True for a bar on standard error.
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
            None of the frames shows noise, or one cannot be used; of repeats, fewer than four show one field.
        AlreadyDenoisedError
            One is denoised already.

        Examples
        --------
        >>> from amsd_astro import Denoiser
        >>> denoiser = Denoiser(steps=2).fit(["exposure.fits", "another.fits"])
        >>> denoiser.denoise("exposure.fits").shape
        (96, 96)
        """
        if repeats and self.recipe != "amsd":
            raise ValueError(f"recipe must be amsd to learn from repeats. Received: {self.recipe!r}")
        several = isinstance(frames, (list, tuple)) and not isinstance(frames, fits.HDUList)
        given = frames if several else [frames]
        if not given:
            raise ValueError("frames must hold at least one frame. Received: none")
        with usual_float_errors(), shown(progress, "training") as told:
            prepared = [prepare(exposure_of(obj, force, told), noise, seed=self.seed) for obj in given]
            if all(one.values is None for one in prepared):
                source = prepared[0].frame.source
                message = f"frames to learn from must show noise. Received: {len(prepared)} without"
                raise FrameError(message, path=source and source.path)
            self._adapt(prepared, told, checkpoint, repeats=repeats)
        return self

    def denoise(
        self, frame: Any, *, noise: Stated = None, force: bool = False, progress: Progress | bool | None = None
    ) -> Frame:
        """Denoise a frame with the weights as they are; unless ``steps=0``, the frame teaches it gains of bands.

        Parameters
        ----------
        frame : anything that `~amsd_astro.denoise` takes
            The exposure.
        noise : NoiseModel or mapping, optional
            As in `~amsd_astro.denoise`.
        force : bool, optional
            Denoise also what is denoised already.
        progress : callable or True, optional
            As in `fit`.

        Returns
        -------
        Frame
            As `denoise`.

        Raises
        ------
        AlreadyDenoisedError
            The frame is denoised already.

        Examples
        --------
        >>> from amsd_astro import Denoiser
        >>> denoiser = Denoiser(mode="fast")
        >>> [denoiser.denoise(path).shape for path in ("exposure.fits", "another.fits")]
        [(96, 96), (96, 96)]
        """
        with usual_float_errors(), shown(progress, "denoising") as told:
            prepared = prepare(exposure_of(frame, force, told), noise, seed=self.seed)
            return self._apply(prepared, told, mode="fast" if self._as_it_is else "standard")

    def fit_denoise(
        self,
        frame: Any,
        *,
        noise: Stated = None,
        force: bool = False,
        progress: Progress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Frame:
        """Train on a frame, then denoise it: `fit` and `denoise` in one, the noise measured once.

        Where the number of steps is left to the program, weights that come with the package are not trained further:
        a single frame has too few pixels to teach them what their training on simulated fields has not.

        Examples
        --------
        >>> from amsd_astro import Denoiser
        >>> Denoiser(steps=2).fit_denoise("exposure.fits").header["AMSDMODE"]
        'adapt'
        """
        with usual_float_errors(), shown(progress, "denoising") as told:
            prepared = prepare(exposure_of(frame, force, told), noise, seed=self.seed)
            as_it_is = self.steps is None and self._settings.weights is not None
            adaptation = None if as_it_is else self._adapt([prepared], told, checkpoint)
            # weights that stayed as they were know nothing of the frame: it can teach them gains
            trained = adaptation if adaptation is not None and adaptation.n_steps else None
            return self._apply(prepared, told, mode=self.mode, trained=trained)

    def _adapt(
        self,
        prepared: Sequence[Prepared],
        progress: Progress | None,
        checkpoint: str | os.PathLike[str] | None,
        *,
        repeats: bool = False,
    ) -> Adaptation | None:
        noisy = [one for one in prepared if one.values is not None]
        if not noisy or self._has_no_steps():
            return None
        self._tell_of_loading(progress)
        start(self.n_threads)
        told: dict[str, Any] = {
            "n_steps": self.steps,
            "seed": self.seed,
            "progress": progress,
            "checkpoint": checkpoint,
        }
        if repeats:
            self._model, adaptation, noisy = self._learned_of_repeats(prepared, told)
            self._knows_camera = self._knows_camera or adaptation.n_steps > 0
        else:
            model, settings = self._start(), self._settings
            self._model, adaptation = train_on_frames(model, noisy, settings, recipe=self.recipe, **told)
        self.adaptation = adaptation
        self._n_steps += adaptation.n_steps
        if adaptation.n_steps:
            self._seen = self._seen.union(frame_key(one.frame) for one in noisy)
        return adaptation

    def _learned_of_repeats(
        self, prepared: Sequence[Prepared], told: dict[str, Any]
    ) -> tuple[Predictor, Adaptation, list[Prepared]]:
        from amsd_astro.denoiser.repeats import train_on_repeats

        return train_on_repeats(self._start(), prepared, self._settings, **told)

    def _apply(
        self, prepared: Prepared, progress: Progress | None, *, mode: str, trained: Adaptation | None = None
    ) -> Frame:
        """Denoise; ``trained`` tells what training on this very frame found."""
        if prepared.values is None:
            return assemble(prepared.frame, prepared.noise, unchanged(prepared), UNCHANGED)
        self._tell_of_loading(progress)
        model = self._trained()
        calibrate = partial(self._calibrate, progress)
        prepared, found, n_tried = calibrate_credibly(calibrate, prepared, trained, seed=self.seed)
        result = apply_model(
            model,
            found.calibration,
            prepared,
            n_orientations=self._settings.n_orientations,
            destripe=self.destripe,
            known=found.answers,
            progress=progress,
        )
        cards = provenance(model, self.recipe, mode=mode, n_steps=self._n_steps, seed=self.seed, found=found)
        tolerance = self.flux_tolerance if self.recipe == "amsd" else None
        cards |= asked_cards(self._settings.n_orientations, tolerance, prepared.stated)
        if n_tried > 1:
            cards["AMSDTRYS"] = (n_tried, "noise models that were tried, as the first was refuted")
        if prepared.pattern is not None:
            cards |= pattern_cards(prepared.pattern, removed=self.destripe)
        denoised = assemble(prepared.frame, prepared.noise, result, cards)
        tell_where_noise_is_refuted(denoised, stacklevel=4)
        return denoised

    def _calibrate(self, progress: Progress | None, prepared: Prepared, trained: Adaptation | None) -> Calibrated:
        from amsd_astro.denoiser.methods import calibrating

        return calibrating(self.recipe)(
            self._trained(),
            prepared.to_learn(),
            self._settings,
            learns=self._learns_gains(prepared.frame),
            tolerance=self.flux_tolerance,
            seed=self.seed,
            trained=trained,
            engine=self.engine,
            n_threads=self.n_threads,
            progress=progress,
        )
