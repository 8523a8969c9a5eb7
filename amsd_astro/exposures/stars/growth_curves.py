"""How much of the light of an exposure's stars apertures hold, so that fluxes are compared at one radius on the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.robust_means import mean_share
from amsd_astro.exposures.stars.psf_tables import PsfTables
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation.psf import MoffatPsf
from amsd_astro.validation.measures.stamps import cut_stamps

__all__ = ["GrowthCurve", "measure_growth"]

_MOST, _LEAST_SIGNAL = 60, 20.0  # stars; flux over its error
_RADII = np.linspace(1.0, 5.0, 13)  # FWHM
_RIM = 1.4  # of the largest radius: from there to the radius lies the local sky
_FEWEST = 0.9  # of an aperture's pixels that must be good


@dataclass(frozen=True, eq=False)
class GrowthCurve:
    """Light within apertures over the flux in the catalogue, by radius.

    Attributes
    ----------
    radius : ndarray, shape (n,)
        Pixels.
    share, error : ndarray, shape (n,)
        The ratio and its error.
    model : MoffatPsf
        The profile that is nearest to the stars; what lies beyond the apertures is told by it.
    """

    radius: NDArray[np.float64]
    share: NDArray[np.float64]
    error: NDArray[np.float64]
    model: MoffatPsf

    def at(self, radius: float) -> tuple[float, float]:
        """Return the ratio at a radius (pixels, the nearest that was measured) and its error."""
        share, error = (float(np.interp(radius, self.radius, one)) for one in (self.share, self.error))
        return share, error

    def beyond(self, radius: float, beta: float) -> float:
        """Return the part of a star's light that lies beyond a radius.

        Parameters
        ----------
        radius : float
            Pixels; the nearest that was measured.
        beta : float
            Of a Moffat profile as wide as the stars.
        """
        radius = float(np.clip(radius, self.radius[0], self.radius[-1]))
        width = 0.25 * self.model.fwhm**2 / (2 ** (1 / beta) - 1)
        return float((1 + radius**2 / width) ** (1 - beta))


def measure_growth(
    rest: NDArray[np.floating],
    bad: NDArray[np.bool_],
    noise: NoiseModel,
    tables: PsfTables,
    stars: StarCatalogue,
) -> GrowthCurve | None:
    """Measure the growth curve on the bright stars of an exposure.

    Parameters
    ----------
    rest : ndarray, shape (ny, nx)
        The exposure less its sky and all stars.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    noise : NoiseModel
        Of the exposure.
    tables : PsfTables
        Of the PSF the stars were drawn by.
    stars : StarCatalogue
        The stars.

    Returns
    -------
    GrowthCurve or None
        None where no star is bright enough.
    """
    bright = np.flatnonzero(stars.flux > _LEAST_SIGNAL * stars.flux_error)[:_MOST]
    if not bright.size:
        return None
    radii = _RADII * tables.psf.fwhm
    half = int(np.ceil(_RIM * radii[-1]))
    stamps, dy, dx = cut_stamps(rest, stars.y[bright], stars.x[bright], half, bad=bad)
    offset = np.arange(-half, half + 1)
    distance = np.hypot((offset - dx[:, None])[:, None, :], (offset - dy[:, None])[:, :, None])
    seen = np.isfinite(stamps)
    rim = np.where((distance > radii[-1]) & (distance <= _RIM * radii[-1]) & seen, stamps, np.nan)
    kept = np.count_nonzero(np.isfinite(rim), axis=(1, 2)) > 20
    if not kept.any():
        return None
    stamps, distance, seen, rim = (one[kept] for one in (stamps, distance, seen, rim))
    flux = stars.flux[bright][kept]
    level = np.nanmedian(rim, axis=(1, 2))
    values = np.where(seen, stamps - level[:, None, None], 0.0)
    drawn = tables.light(dx[kept], dy[kept], min(half, tables.half - 1))
    n_rim = np.count_nonzero(np.isfinite(rim), axis=(1, 2))
    found = [_share(radius, values, seen, distance, drawn, flux, n_rim, noise) for radius in radii]
    share, error = np.transpose(found)
    return GrowthCurve(radii, share, error, tables.psf.model) if np.all(np.isfinite(share)) else None


def _share(
    radius: float,
    values: NDArray[np.float64],
    seen: NDArray[np.bool_],
    distance: NDArray[np.float64],
    drawn: NDArray[np.float64],
    flux: NDArray[np.float64],
    n_rim: NDArray[np.integer],
    noise: NoiseModel,
) -> tuple[float, float]:
    """Robust mean over the stars of what the PSF has within a radius and what is left of them there."""
    inside = np.clip(radius + 0.5 - distance, 0.0, 1.0)  # pixels at the rim count in part
    area = inside.sum(axis=(1, 2))
    full = np.sum(inside * seen, axis=(1, 2)) > _FEWEST * area
    if not full.any():
        return np.nan, np.nan
    margin = (values.shape[-1] - drawn.shape[-1]) // 2
    core = slice(margin, margin + drawn.shape[-1])
    of_psf = np.sum(inside[:, core, core] * drawn, axis=(1, 2))
    ratio = (of_psf + np.sum(inside * values, axis=(1, 2)) / flux)[full]
    correlated = max(float(noise.correlation.sum()), 1.0)
    sky = noise.sky_variance * correlated * area * (1 + area / n_rim)
    variance = ((sky + noise.slope * flux) / flux**2)[full] + 1e-6
    return mean_share(ratio, np.sqrt(variance), flux[full])
