"""Stars: positions, luminosity functions, and their image with exact flux and sub-pixel centres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.simulation.psf import Psf

__all__ = ["cluster_fluxes", "cluster_positions", "power_law", "render_stars", "uniform_positions"]

_CHUNK = 1_500_000  # values evaluated at once: keeps memory flat whatever the number of stars


def power_law(rng: np.random.Generator, n: int, low: float, high: float, slope: float) -> NDArray[np.float64]:
    """Draw `n` values from ``dN/dF`` proportional to ``F**-slope`` between `low` and `high`.

    Sources of one luminosity spread evenly in space have a slope of 2.5, in a thin disc 2; star counts through the dust
    and the edge of the Milky Way are flatter still.

    Raises
    ------
    ValueError
        Unless ``0 < low <= high``.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import power_law
    >>> flux = power_law(np.random.default_rng(1), 100, 10.0, 1e4, 1.8)
    >>> bool(flux.min() >= 10)
    True
    """
    if not 0.0 < low <= high:
        raise ValueError(f"low and high must satisfy 0 < low <= high. Received: {low}, {high}")
    u = rng.random(n)
    if abs(slope - 1.0) < 1e-9:
        return low * (high / low) ** u
    power = 1.0 - slope
    return low * (1.0 + u * ((high / low) ** power - 1.0)) ** (1.0 / power)


def cluster_fluxes(
    rng: np.random.Generator, n: int, faint: float, bright: float, *, clump: float = 0.012
) -> NDArray[np.float64]:
    """Fluxes of an old star cluster: a main sequence, a giant branch and a horizontal branch.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n : int
        Number of stars.
    faint, bright : float
        Least and greatest flux. The turn-off lies 0.45 of the way between them in magnitude.
    clump : float
        Fraction of the stars on the horizontal branch, 0.72 of the way.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import cluster_fluxes
    >>> flux = cluster_fluxes(np.random.default_rng(1), 100, 10.0, 1e5)
    >>> flux.shape
    (100,)
    """
    turn_off = faint * (bright / faint) ** 0.45
    branch = faint * (bright / faint) ** 0.72
    kind = rng.random(n)
    flux = power_law(rng, n, faint, turn_off, 1.55)
    giants = power_law(rng, n, turn_off, bright, 1.75)
    horizontal = branch * np.exp(0.12 * rng.standard_normal(n))
    flux = np.where(kind < 0.045, giants, flux)
    return np.where(kind > 1.0 - clump, horizontal, flux)


def uniform_positions(
    rng: np.random.Generator, n: int, shape: tuple[int, int], *, margin: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw `n` positions (x, y) evenly over a frame of `shape` (ny, nx) and a `margin` (pixels) around it.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import uniform_positions
    >>> x, y = uniform_positions(np.random.default_rng(1), 5, (64, 64))
    >>> x.shape, y.shape
    ((5,), (5,))
    """
    x = rng.uniform(-0.5 - margin, shape[1] - 0.5 + margin, n)
    y = rng.uniform(-0.5 - margin, shape[0] - 0.5 + margin, n)
    return x, y


def cluster_positions(
    rng: np.random.Generator,
    n: int,
    centre: tuple[float, float],
    core_radius: float,
    *,
    tidal_radius: float | None = None,
    ellipticity: float = 0.0,
    angle: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw `n` positions (x, y) from a Plummer sphere seen in projection (Plummer 1911).

    The surface density is ``(1 + (r / core_radius)**2) ** -2``, cut at `tidal_radius` (default 12 core radii).

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import cluster_positions
    >>> x, y = cluster_positions(np.random.default_rng(1), 100, (32.0, 32.0), 5.0)
    >>> x.shape
    (100,)
    """
    limit = 12.0 * core_radius if tidal_radius is None else tidal_radius
    enclosed = 1.0 / (1.0 + (core_radius / limit) ** 2)
    u = rng.random(n) * enclosed
    r = core_radius * np.sqrt(u / (1.0 - u))
    turn = rng.uniform(0.0, 2.0 * math.pi, n)
    a, b = r * np.cos(turn), r * np.sin(turn) * (1.0 - ellipticity)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return centre[0] + a * cos - b * sin, centre[1] + a * sin + b * cos


def render_stars(
    shape: tuple[int, int],
    x: ArrayLike,
    y: ArrayLike,
    flux: ArrayLike,
    psf: Psf,
    *,
    level: float = 0.01,
    lost: float = 3e-4,
) -> NDArray[np.float64]:
    """Image of stars, integrated over pixels.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    x, y : array_like
        Positions in pixels, the first pixel's centre at 0; stars outside the frame still shed their wings in it.
    flux : array_like
        Total fluxes; a star wholly inside the frame sums to its flux within `lost`.
    psf : Psf
        The point spread function.
    level : float
        Wings are drawn down to this surface brightness, in the unit of `flux` per pixel.
    lost : float
        And at least until this fraction of the flux is left out.

    Returns
    -------
    ndarray of float64
        (ny, nx), in the unit of `flux` per pixel.

    Examples
    --------
    >>> from amsd_astro.simulation import MoffatPsf, render_stars
    >>> image = render_stars((64, 64), [30.0], [20.0], [5000.0], MoffatPsf(3.0))
    >>> bool(4900 < image.sum() < 5001)
    True
    """
    x, y, flux = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (x, y, flux)))
    image = np.zeros(shape)
    # A few sizes of stamp, so that stars of one size are evaluated together.
    radii = np.ceil(psf.core_radius * 1.3 ** np.arange(64)).astype(np.int64)
    size_class = np.searchsorted(radii, psf.radius(flux, level=level, lost=lost))
    largest = math.ceil(math.hypot(*shape)) + 1
    for index in np.unique(size_class):
        radius = min(int(radii[index]), largest)
        members = np.flatnonzero(size_class == index)
        ix, iy = np.rint(x[members]), np.rint(y[members])
        seen = (ix + radius >= 0) & (ix - radius < shape[1]) & (iy + radius >= 0) & (iy - radius < shape[0])
        members = members[seen]
        step = max(1, _CHUNK // (2 * radius + 1) ** 2)
        for start in range(0, members.size, step):
            chunk = members[start : start + step]
            _add_stamps(image, x[chunk], y[chunk], flux[chunk], psf, radius)
    return image


def _add_stamps(
    image: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    flux: NDArray[np.float64],
    psf: Psf,
    radius: int,
) -> None:
    ny, nx = image.shape
    ix, iy = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    offset = np.arange(-radius, radius + 1, dtype=np.float64)
    dx = (offset - (x - ix)[:, None])[:, None, :]
    dy = (offset - (y - iy)[:, None])[:, :, None]
    stamps = psf.density(dx, dy)
    core = slice(radius - min(psf.core_radius, radius), radius + min(psf.core_radius, radius) + 1)
    stamps[:, core, core] = psf.pixel_integrated(dx[:, :, core], dy[:, core, :])
    stamps *= flux[:, None, None]
    for stamp, cx, cy in zip(stamps, ix, iy, strict=True):
        x0, x1 = max(cx - radius, 0), min(cx + radius + 1, nx)
        y0, y1 = max(cy - radius, 0), min(cy + radius + 1, ny)
        image[y0:y1, x0:x1] += stamp[y0 - cy + radius : y1 - cy + radius, x0 - cx + radius : x1 - cx + radius]
