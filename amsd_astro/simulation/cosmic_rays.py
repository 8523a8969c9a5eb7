"""Cosmic rays: straight muon tracks through a thick detector and the crooked ones of slow electrons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["draw_cosmic_rays"]

_STEP = 0.1  # pixels between the points charge is laid down at


def draw_cosmic_rays(
    rng: np.random.Generator,
    shape: tuple[int, int],
    n: int,
    *,
    thickness: float = 5.0,
    charge: float = 900.0,
    crooked: float = 0.15,
    diffusion: float = 0.25,
) -> NDArray[np.float64]:
    """Charge left by `n` cosmic rays.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        (ny, nx).
    n : int
        How many, spread evenly.
    thickness : float
        Of the sensitive layer, in pixels: what makes slanted tracks long.
    charge : float
        Most probable electrons for a pixel's length of path; the loss has the long tail of a Moyal distribution.
    crooked : float
        Fraction that are slow electrons, which wander.
    diffusion : float
        Gaussian spread of the charge, pixels.

    Returns
    -------
    ndarray of float64
        Electrons (ny, nx), zero where no track passes.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import draw_cosmic_rays
    >>> charge = draw_cosmic_rays(np.random.default_rng(1), (64, 64), 3)
    >>> bool(charge.max() > 0)
    True
    """
    image = np.zeros(shape)
    for _ in range(n):
        start = rng.uniform(-0.5, shape[1] - 0.5), rng.uniform(-0.5, shape[0] - 0.5)
        # Muons come as cos(zenith)**2; the flux through the flat detector takes another cosine.
        cosine = max(float(rng.random()) ** 0.25, 0.08)
        wanders = rng.random() < crooked
        across = rng.uniform(6.0, 30.0) if wanders else thickness * math.sqrt(1.0 - cosine**2) / cosine
        length = across if wanders else thickness / cosine
        n_points = max(1, math.ceil(across / _STEP))
        turn = rng.uniform(0.0, 2.0 * math.pi)
        bend = rng.standard_normal(n_points)
        heading = turn + (0.15 * np.cumsum(bend) if wanders else np.zeros(n_points))
        x = start[0] + np.cumsum(np.cos(heading)) * (across / n_points)
        y = start[1] + np.cumsum(np.sin(heading)) * (across / n_points)
        _lay_down(image, x, y, _losses(rng, n_points, length, charge))
    if diffusion <= 0.0:
        return image
    spread = gaussian_filter(image, diffusion, mode="constant", truncate=4.0)
    spread[spread < 0.5] = 0.0
    return spread


def _losses(rng: np.random.Generator, n_points: int, length: float, charge: float) -> NDArray[np.float64]:
    """Electrons at each point of a track: Moyal losses, about one draw a pixel of path."""
    n_draws = max(1, math.ceil(length))
    z = rng.standard_normal(n_draws)
    # If z is a unit normal, -log(z**2) has the Moyal distribution (mode 0).
    loss = charge * np.clip(1.0 + 0.25 * -np.log(np.maximum(z * z, 1e-12)), 0.3, 6.0) * (length / n_draws)
    laid = np.concatenate([[0.0], np.cumsum(loss)])
    return np.diff(np.interp(np.linspace(0.0, n_draws, n_points + 1), np.arange(n_draws + 1), laid))


def _lay_down(
    image: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], electrons: NDArray[np.float64]
) -> None:
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    inside = (column >= 0) & (column < image.shape[1]) & (row >= 0) & (row < image.shape[0])
    np.add.at(image, (row[inside], column[inside]), electrons[inside])
