"""A field: the truth, the detector that looks at it, and exposures with independent noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.simulation.canvas import Canvas
from amsd_astro.simulation.cosmic_rays import draw_cosmic_rays
from amsd_astro.simulation.detector import Detector
from amsd_astro.simulation.galaxies import SersicGalaxy
from amsd_astro.simulation.psf import Psf
from amsd_astro.simulation.spirals import SpiralGalaxy
from amsd_astro.simulation.stars import render_stars

__all__ = ["Exposure", "Field", "expose", "make_field", "observe_sources"]


@dataclass(frozen=True, eq=False)
class Field:
    """A scene as a detector would see it without noise.

    Attributes
    ----------
    truth : ndarray of float32
        (ny, nx), adu: pedestal, sky and sources; not clipped at saturation.
    detector : Detector
        What looks at it.
    psf : Psf
        What blurred it.
    sky : float
        Mean sky, electrons per pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import random_field
    >>> field = random_field(np.random.default_rng(1), (64, 64), sky=200.0)
    >>> field.truth.shape, field.sky
    ((64, 64), 200.0)
    """

    truth: NDArray[np.float32]
    detector: Detector
    psf: Psf
    sky: float

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of an exposure's unsaturated pixels, adu**2."""
        return self.detector.variance(self.truth)


@dataclass(frozen=True, eq=False)
class Exposure:
    """One noisy look at a field: `data` in adu and `mask`, bits of `detector` (0 is good), both (ny, nx).

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import expose, random_field
    >>> rng = np.random.default_rng(1)
    >>> exposure = expose(random_field(rng, (64, 64)), rng)
    >>> exposure.data.shape, exposure.mask.shape
    ((64, 64), (64, 64))
    """

    data: NDArray[np.uint16] | NDArray[np.float32]
    mask: NDArray[np.uint8]


def make_field(
    shape: tuple[int, int],
    psf: Psf,
    detector: Detector,
    sky: float | NDArray[np.float64],
    *,
    stars: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    galaxies: Iterable[SersicGalaxy | SpiralGalaxy] = (),
    rng: np.random.Generator | None = None,
    lost: float = 3e-4,
    grain: float = 0.0,
) -> Field:
    """Build a field from its sources.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    psf : Psf
        Blurs everything.
    detector : Detector
        Its gain and pedestal set the units of the truth.
    sky : float or ndarray
        Expected electrons per pixel.
    stars : tuple of array_like, optional
        x, y (pixels) and flux (electrons).
    galaxies : iterable of SersicGalaxy or SpiralGalaxy
        Fluxes in electrons.
    rng : numpy.random.Generator, optional
        Draws the texture of spirals; needed when there are any.
    lost : float
        Greatest fraction of a source's flux left out with the wings of the PSF.
    grain : float
        The truth is rounded to multiples of this (adu) when it is not zero, so that the last bits of floating
        arithmetic, which differ between machines, do not change the noise drawn from it.

    Raises
    ------
    ValueError
        For spirals without `rng`.

    Examples
    --------
    >>> from amsd_astro.simulation import Detector, MoffatPsf, make_field
    >>> field = make_field((64, 64), MoffatPsf(3.0), Detector(), 200.0, stars=([30.0], [20.0], [5000.0]))
    >>> field.truth.shape
    (64, 64)
    """
    electrons = observe_sources(shape, psf, stars=stars, galaxies=galaxies, rng=rng, lost=lost) + sky
    truth = detector.to_adu(electrons)
    if grain > 0.0:
        truth = np.rint(truth / grain) * grain
    return Field(truth.astype(np.float32), detector, psf, float(np.mean(sky)))


def observe_sources(
    shape: tuple[int, int],
    psf: Psf,
    *,
    stars: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    galaxies: Iterable[SersicGalaxy | SpiralGalaxy] = (),
    rng: np.random.Generator | None = None,
    lost: float = 3e-4,
) -> NDArray[np.float64]:
    """Expected electrons (ny, nx) of stars and galaxies without a sky; parameters as for `make_field`.

    Examples
    --------
    >>> from amsd_astro.simulation import MoffatPsf, observe_sources
    >>> image = observe_sources((64, 64), MoffatPsf(3.0), stars=([30.0], [20.0], [5000.0]))
    >>> bool(4900 < image.sum() < 5001)
    True
    """
    canvas = Canvas(shape, psf, lost=lost)
    for galaxy in galaxies:
        if isinstance(galaxy, SpiralGalaxy):
            if rng is None:
                raise ValueError("rng must be a numpy Generator when galaxies contain a SpiralGalaxy. Received: None")
            galaxy.paint(canvas, rng)
        else:
            galaxy.paint(canvas)
    electrons = canvas.observe()
    if stars is not None:
        electrons += render_stars(shape, *stars, psf, lost=lost)
    return electrons


def expose(field: Field, rng: np.random.Generator, *, n_cosmic_rays: int = 0) -> Exposure:
    """Expose once: photon noise, read noise, cosmic rays, bad columns, saturation and digitization.

    Exposures drawn from independent generators, or one after another from the same, have independent noise.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import expose, random_field
    >>> rng = np.random.default_rng(1)
    >>> field = random_field(rng, (64, 64))
    >>> expose(field, rng, n_cosmic_rays=2).data.shape
    (64, 64)
    """
    rays = draw_cosmic_rays(rng, field.truth.shape, n_cosmic_rays) if n_cosmic_rays else None
    data, mask = field.detector.read_out(field.detector.to_electrons(field.truth), rng, cosmic_rays=rays)
    return Exposure(data, mask)
