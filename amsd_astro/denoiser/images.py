"""What a denoiser can do for packed pairs and ordinary images, of values from 0 to 1; frames need none of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.arrays.tiling import cut_tile, plan_tiles, tile_core
from amsd_astro.denoiser.application import apply_model
from amsd_astro.denoiser.pair_training import checked_pairs, train_on_pairs
from amsd_astro.denoiser.preparation import prepare
from amsd_astro.denoiser.weights_holder import WeightsHolder
from amsd_astro.frames import Frame
from amsd_astro.network.engines.starting import start
from amsd_astro.noise.model import NoiseModel
from amsd_astro.progress import Progress, shown

if TYPE_CHECKING:
    from amsd_astro.network.predictor import Predictor
    from amsd_astro.network.thesis.model import ThesisModel

__all__ = ["ImageMethods"]

_TILE = 256


class ImageMethods(WeightsHolder):
    """The methods of `Denoiser` for packed pairs and ordinary images."""

    @usual_float_errors()
    def fit_pairs(
        self,
        noisy: Any,
        target: Any,
        *,
        progress: Progress | bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
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

        Examples
        --------
        >>> import numpy as np
        >>> from amsd_astro import Denoiser
        >>> noisy = np.random.default_rng(0).random((30, 32, 32, 1), "f4")
        >>> denoiser = Denoiser("thesis", steps=1).fit_pairs(noisy, noisy)
        >>> denoiser.adaptation.n_steps in (0, 1)
        True
        """
        if self.recipe != "thesis":
            raise ValueError(f"recipe must be thesis to learn from packed pairs. Received: {self.recipe!r}")
        noisy, target = checked_pairs(noisy, target)
        if self._has_no_steps():
            return self
        start(self.n_threads)
        known = None if self._model is None else self._start()
        with shown(progress, "training") as told:
            self._model, self.adaptation = train_on_pairs(
                known, noisy, target, n_steps=self.steps, seed=self.seed, progress=told, checkpoint=checkpoint
            )
        self._n_steps += self.adaptation.n_steps
        return self

    @usual_float_errors()
    def denoise_image(
        self, image: Any, *, sigma: float | None = None, progress: Progress | bool | None = None
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

        Examples
        --------
        >>> import numpy as np
        >>> from amsd_astro import Denoiser
        >>> image = np.random.default_rng(0).normal(0.5, 0.1, (64, 64))
        >>> Denoiser(mode="fast").denoise_image(image, sigma=0.1).shape
        (64, 64)
        """
        values = _checked(image)
        with shown(progress, "denoising") as told:
            result = _denoised(
                self._trained(),
                values,
                sigma=sigma,
                seed=self.seed,
                n_orientations=self._settings.n_orientations,
                progress=told,
            )
        return result.reshape(np.shape(image))


def _checked(image: Any) -> NDArray[np.float32]:
    """Return an image as float32 of shape (ny, nx, C).

    Parameters
    ----------
    image : array_like, shape (ny, nx) or (ny, nx, C)
        Values of 0 to 1 (with noise they may lie beyond).
    """
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or 0 in array.shape or array.dtype.kind not in "fiub":
        raise ValueError(f"image must have the shape (ny, nx) or (ny, nx, C). Received: {array.dtype} {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("image must be finite. Received: NaN or infinity")
    return np.asarray(array, np.float32)


def _denoised(
    model: Predictor,
    image: NDArray[np.float32],
    *,
    sigma: float | None,
    seed: int,
    n_orientations: int,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Denoise an image as the model takes it: as values of 0 to 1, or each channel in noise units.

    Parameters
    ----------
    model : Predictor
        The model.
    image : ndarray of float32, shape (ny, nx, C)
        By `_checked`.
    sigma : float or None
        Noise of each channel; a model of values has no use for it.
    seed, n_orientations, progress
        As for `prepare` and `apply_model`.

    Raises
    ------
    ValueError
        The model takes noise units, and no noise is stated.
    """
    from amsd_astro.network.thesis.model import ThesisModel

    if isinstance(model, ThesisModel):
        return _denoise_values(model, image, n_orientations=n_orientations, progress=progress)
    if sigma is None or not sigma > 0:
        raise ValueError(f"sigma must be positive; only recipe thesis does without. Received: {sigma}")
    noise = NoiseModel(0.0, sigma**2)
    channels = []
    for channel in np.moveaxis(image, -1, 0):
        prepared = prepare(Frame(np.ascontiguousarray(channel)), noise, seed=seed)
        made = apply_model(model, model.uncalibrated, prepared, n_orientations=n_orientations, progress=progress)
        channels.append(made.data)
    return np.stack(channels, axis=-1)


def _denoise_values(
    model: ThesisModel, image: NDArray[np.float32], *, n_orientations: int, progress: Progress | None
) -> NDArray[np.float32]:
    """Apply a model that takes values of 0 to 1, tile by tile; one of one channel to each channel by itself."""
    from amsd_astro.network.predictor import turned, turned_back

    total = np.zeros_like(image)
    channels = np.moveaxis(image, -1, 0)
    for orientation in range(n_orientations):
        made = _in_tiles(model, np.moveaxis(turned(channels, orientation), 0, -1), progress)
        total += np.moveaxis(turned_back(np.moveaxis(made, -1, 0), orientation), 0, -1)
    return total / np.float32(n_orientations)


def _in_tiles(model: ThesisModel, image: NDArray[np.float32], progress: Progress | None) -> NDArray[np.float32]:
    halo = model.architecture.receptive_radius
    plan = plan_tiles(image.shape[:2], core=_TILE, halo=halo, stride=model.architecture.stride)
    result = np.empty_like(image)
    for n_done, tile in enumerate(plan, 1):
        pixels = cut_tile(image, tile)
        # a model of one channel sees the channels as so many images
        single = model.architecture.n_channels == 1
        given = np.moveaxis(pixels, -1, 0)[..., None] if single else pixels[None]
        made = model.denoise_images(given)
        made = np.moveaxis(made[..., 0], 0, -1) if single else made[0]
        result[tile.core] = tile_core(made, tile)
        if progress is not None:
            progress(n_done, len(plan.tiles), "denoising")
    return result
