"""`run` on image, mask and variance as arrays: the shape of a task of the LSST pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.many.hosts.planes import denoise_planes, kept_denoiser

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser

__all__ = ["Denoised", "run"]


@dataclass(frozen=True)
class Denoised:
    """What `run` returns.

    Attributes
    ----------
    image, variance : ndarray, shape (ny, nx)
        The denoised image, and the square of its 1-sigma map: that of the error that is left, alike among neighbours.
    mask : ndarray, shape (ny, nx)
        As it came.
    flags : ndarray of uint8, shape (ny, nx)
        Those of `AMSD_FLAGS`.
    cards : dict
        The AMSD cards.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.many.hosts.arrays import Denoised
    >>> zeros = np.zeros((4, 5))
    >>> Denoised(zeros, zeros, zeros, zeros.astype("u1"), {}).image.shape
    (4, 5)
    """

    image: NDArray[Any]
    mask: NDArray[Any]
    variance: NDArray[Any]
    flags: NDArray[np.uint8]
    cards: dict[str, Any]


def run(
    image: ArrayLike,
    mask: ArrayLike,
    variance: ArrayLike,
    mask_planes: Mapping[str, int],
    *,
    bad: Iterable[str] | None = None,
    unit: Any = "",
    denoiser: Denoiser | None = None,
) -> Denoised:
    """Denoise an exposure of three planes; none of the arrays is changed.

    Parameters
    ----------
    image : array_like, shape (ny, nx)
        In linear units.
    mask : array_like of int, shape (ny, nx)
        Bits.
    variance : array_like, shape (ny, nx)
        Of the noise.
    mask_planes : mapping of str to int
        The number of the bit of each plane, as ``exposure.mask.getMaskPlaneDict()`` returns it.
    bad : iterable of str, optional
        Planes that make a pixel bad; by default those that make it bad in a file (BAD, SAT, CR, INTRP, NO_DATA and the
        like).
    unit : str or Unit, optional
        Of the image.
    denoiser : Denoiser, optional
        By default one with the packaged weights.

    Returns
    -------
    Denoised

    Raises
    ------
    ValueError
        A plane is not among those of the mask, or the shapes differ.
    FrameError
        The exposure cannot be used, such as one whose pixels are all bad.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro import Denoiser
    >>> from amsd_astro.many.hosts.arrays import run
    >>> image = np.random.default_rng(0).normal(100.0, 5.0, (64, 64))
    >>> mask, variance, denoiser = np.zeros((64, 64), int), np.full((64, 64), 25.0), Denoiser(mode="fast")
    >>> denoised = run(image, mask, variance, {"BAD": 0}, denoiser=denoiser)
    >>> denoised.image.shape, denoised.variance.shape
    ((64, 64), (64, 64))
    """
    known = layout_table().named_bits.bad
    wanted = [name for name in mask_planes if name.upper() in known] if bad is None else list(bad)
    missing = [name for name in wanted if name not in mask_planes]
    if missing:
        raise ValueError(f"bad must be among the planes of the mask. Received: {', '.join(missing)}")
    bits = np.asarray(mask)
    chosen = sum(1 << int(mask_planes[name]) for name in wanted)
    values = np.asarray(variance)
    with np.errstate(invalid="ignore"):
        deviation = np.sqrt(values)
    is_bad = (bits.astype(np.int64, copy=False) & chosen) != 0
    result = denoise_planes(image, is_bad, deviation, unit=unit, denoiser=denoiser or kept_denoiser(None, 0))
    cards = {str(key): result.header[key] for key in result.header if str(key).startswith("AMSD")}
    assert result.uncertainty is not None and result.flags is not None
    sigma = np.asarray(result.uncertainty.array)
    return Denoised(np.asarray(result.data), bits, sigma**2, np.asarray(result.flags), cards)
