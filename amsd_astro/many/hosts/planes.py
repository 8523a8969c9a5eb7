"""An image with its planes as arrays, as hosts have them, denoised."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.nddata import CCDData, StdDevUncertainty
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser
    from amsd_astro.frames import Frame

__all__ = ["denoise_planes", "kept_denoiser"]


def denoise_planes(
    image: ArrayLike, bad: ArrayLike, deviation: ArrayLike | None, *, unit: Any, denoiser: Denoiser
) -> Frame:
    """Denoise an image that comes with its planes.

    Parameters
    ----------
    image : array_like, shape (ny, nx)
        The exposure, in linear units.
    bad : array_like of bool, shape (ny, nx)
        True where a pixel is bad.
    deviation : array_like, shape (ny, nx), or None
        1-sigma errors; what is no positive number is unknown.
    unit : str or Unit
        Of the image.
    denoiser : Denoiser
        Denoises it.
    """
    values = np.asarray(image)
    if values.ndim != 2:
        raise ValueError(f"image must have two axes. Received: an array of shape {values.shape}")
    planes: dict[str, Any] = {"mask": np.asarray(bad, dtype=bool)}
    if deviation is not None:
        planes["uncertainty"] = StdDevUncertainty(np.asarray(deviation))
    for name, plane in (("mask", planes["mask"]), ("errors", deviation)):
        if plane is not None and np.shape(plane) != values.shape:
            raise ValueError(f"{name} must have the shape of the image, {values.shape}. Received: {np.shape(plane)}")
    return denoiser.fit_denoise(CCDData(values, unit=unit, **planes))


def kept_denoiser(n_steps: int | None, seed: int) -> Denoiser:
    """Return a denoiser that no frame has taught anything; its network is made once in a process."""
    return copy.copy(_made(n_steps, seed))


@functools.lru_cache(maxsize=1)
def _made(n_steps: int | None, seed: int) -> Denoiser:
    from amsd_astro.denoiser import Denoiser

    return Denoiser(steps=n_steps, seed=seed)
