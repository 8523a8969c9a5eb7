"""Pseudo-clean targets of the thesis recipe: an image shrunk by averaging and grown back by cubic convolution.

Shrinking averages the noise away; what grows back from it is the image at a coarser scale. Cubic convolution is that of
Keys (1981, equation 4) with a free parameter a; the values the recipe uses are positive, which smooths further.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALES", "blurred", "cubic_kernel", "grow", "shrink", "stacked_groups"]

SCALES: Sequence[tuple[int, float]] = ((2, 1.2), (3, 1.5), (2, 1.8))
"""Factor and a of the target of each of the three noisy versions."""


def cubic_kernel(distance: NDArray[np.floating], a: float) -> NDArray[np.float64]:
    """Weight of a sample at a distance, in samples (Keys 1981, equation 4).

    Parameters
    ----------
    distance : ndarray
        Distances, of any sign and shape.
    a : float
        The free parameter; whatever it is, the weights of all samples sum to 1.
    """
    s = np.abs(np.asarray(distance, np.float64))
    near = (a + 2) * s**3 - (a + 3) * s**2 + 1
    far = a * s**3 - 5 * a * s**2 + 8 * a * s - 4 * a
    return np.where(s <= 1, near, np.where(s < 2, far, 0.0))


def shrink(image: NDArray[np.floating], factor: int) -> NDArray[np.float32]:
    """Average over cells of ``factor`` x ``factor`` pixels; rows and columns left over at the end are not used.

    Parameters
    ----------
    image : ndarray, shape (ny, nx, ...)
        At least ``factor`` pixels on each side.
    factor : int
        At least 1.

    Returns
    -------
    ndarray of float32, shape (ny // factor, nx // factor, ...)
    """
    ny, nx = image.shape[0] // factor, image.shape[1] // factor
    if factor < 1 or ny < 1 or nx < 1:
        raise ValueError(f"factor must be 1 to the shorter side of {image.shape[:2]}. Received: {factor}")
    cells = np.asarray(image[: ny * factor, : nx * factor], np.float32)
    cells = cells.reshape(ny, factor, nx, factor, *image.shape[2:])
    return cells.mean(axis=(1, 3), dtype=np.float32)


def grow(image: NDArray[np.floating], factor: int, a: float) -> NDArray[np.float32]:
    """Enlarge by a whole factor by cubic convolution; edges go on with their last value.

    Parameters
    ----------
    image : ndarray, shape (ny, nx, ...)
        Values of cells of ``factor`` x ``factor`` pixels: each stands at the centre of its cell.
    factor : int
        At least 1.
    a : float
        Parameter of `cubic_kernel`.

    Returns
    -------
    ndarray of float32, shape (factor * ny, factor * nx, ...)
    """
    return _grow_axis(_grow_axis(np.asarray(image, np.float32), factor, a, 0), factor, a, 1)


def _grow_axis(image: NDArray[np.float32], factor: int, a: float, axis: int) -> NDArray[np.float32]:
    samples = np.moveaxis(image, axis, 0)
    n = len(samples)
    padded = np.concatenate([samples[:1], samples[:1], samples, samples[-1:], samples[-1:]])
    grown = np.empty((n, factor, *samples.shape[1:]), np.float32)
    for phase in range(factor):  # every cell's pixels of one place are made together
        place = (phase + 0.5) / factor - 0.5  # from the cell's centre
        first = int(np.floor(place)) - 1
        weights = cubic_kernel(place - np.arange(first, first + 4), a).astype(np.float32)
        total = weights[0] * padded[2 + first : 2 + first + n]
        for k in range(1, 4):
            total += weights[k] * padded[2 + first + k : 2 + first + k + n]
        grown[:, phase] = total
    return np.moveaxis(grown.reshape(n * factor, *samples.shape[1:]), 0, axis)


def blurred(image: NDArray[np.floating], factor: int, a: float, *, registered: bool = False) -> NDArray[np.float32]:
    """Shrink an image, then grow it back to its size.

    Parameters
    ----------
    image : ndarray, shape (ny, nx, ...)
        An image.
    factor : int
        What it is shrunk by.
    a : float
        Parameter of `cubic_kernel`.
    registered : bool, optional
        Where a side is no multiple of ``factor``, the recipe as it was stretches what grew back over the pixels that
        are missing: 500 pixels give 166 cells, 498 pixels, resized to 500, so that the far end is off by 2 pixels.
        True mirrors the image to a multiple instead: nothing moves.

    Returns
    -------
    ndarray of float32, shape of ``image``
    """
    ny, nx = image.shape[:2]
    if registered:
        more = [(0, -n % factor) for n in (ny, nx)] + [(0, 0)] * (image.ndim - 2)
        return grow(shrink(np.pad(image, more, mode="symmetric"), factor), factor, a)[:ny, :nx]
    grown = grow(shrink(image, factor), factor, a)
    return _stretched(_stretched(grown, ny, 0), nx, 1)


def _stretched(image: NDArray[np.float32], n: int, axis: int) -> NDArray[np.float32]:
    """Resize an axis to n pixels by linear interpolation."""
    n_before = image.shape[axis]
    if n_before == n:
        return image
    place = np.clip((np.arange(n) + 0.5) * n_before / n - 0.5, 0, n_before - 1)
    low = np.minimum(place.astype(np.intp), max(n_before - 2, 0))
    share = (place - low).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(image.ndim)])
    high = np.minimum(low + 1, n_before - 1)
    return np.take(image, low, axis) * (1 - share) + np.take(image, high, axis) * share


def stacked_groups(image: NDArray[np.floating], *, registered: bool = False) -> NDArray[np.float32]:
    """Stack an image and its three blurred scales along the channels.

    Parameters
    ----------
    image : ndarray, shape (ny, nx, C)
        An image.
    registered : bool, optional
        As for `blurred`.

    Returns
    -------
    ndarray of float32, shape (ny, nx, 4 C)
        The image's channels, then those of its scales in the order of `SCALES`.
    """
    groups = [blurred(image, factor, a, registered=registered) for factor, a in SCALES]
    return np.concatenate([np.asarray(image, np.float32), *groups], axis=2)
