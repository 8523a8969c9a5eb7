"""Made exposures of one field of stars, of which everything is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.frames import Frame
from amsd_astro.simulation.psf import MoffatPsf
from amsd_astro.simulation.stars import power_law, render_stars

SKY, GAIN, READ_NOISE = 200.0, 1.5, 5.0  # adu, electrons per adu, electrons


@dataclass(frozen=True)
class Field:
    """Stars in the reference's pixels, also far around it; flux in adu."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    flux: NDArray[np.float64]


def random_field(seed: int, n: int, shape: tuple[int, int], *, low: float = 800.0, high: float = 2e5) -> Field:
    """About `n` stars in the frame, the surroundings as dense."""
    rng = np.random.default_rng([seed, 7])
    ny, nx = shape
    n_all = round(9 * n)
    x, y = rng.uniform(-nx, 2 * nx, n_all), rng.uniform(-ny, 2 * ny, n_all)
    return Field(x, y, power_law(rng, n_all, low, high, 1.6))


def affine(
    shape: tuple[int, int],
    *,
    turn: float = 0.0,
    scale: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    mirrored: bool = False,
) -> NDArray[np.float64]:
    """The map from the reference to an exposure: about the middle, turned by degrees, x mirrored, scaled and moved."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    linear = scale * np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    return np.column_stack([linear, middle + shift - linear @ middle])


def expose(
    field: Field,
    shape: tuple[int, int],
    matrix: NDArray[np.float64],
    *,
    seed: int,
    fwhm: float = 3.0,
    sky: float = SKY,
    transparency: float = 1.0,
    beta: float = 3.0,
    ellipticity: float = 0.05,
    header: fits.Header | None = None,
    n_hot: int = 0,
    positions: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> Frame:
    """An exposure of a field, in adu."""
    rng = np.random.default_rng([seed, 11])
    if positions is None:
        x, y = matrix[:, :2] @ np.stack([field.x, field.y]) + matrix[:, 2:]
    else:
        x, y = positions
    psf = MoffatPsf(fwhm, ellipticity, 30.0, beta=beta)
    light = render_stars(shape, x, y, transparency * field.flux, psf, level=0.02)
    electrons = rng.poisson(GAIN * (sky + light)) + READ_NOISE * rng.standard_normal(shape)
    data = np.rint(electrons / GAIN)
    hot = np.random.default_rng(5)  # the same in all
    data[hot.integers(0, shape[0], n_hot), hot.integers(0, shape[1], n_hot)] += hot.uniform(200, 20_000, n_hot)
    return Frame(data.astype(np.float32), unit="adu", header=fits.Header() if header is None else header)


def tpv_header(shape: tuple[int, int], *, ra: float, dec: float, pixel_scale: float, rotation: float) -> fits.Header:
    """A WCS with the distortion polynomials of SCAMP, some pixels in the corners."""
    turn, step = math.radians(rotation), pixel_scale / 3600
    header = fits.Header({"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "CUNIT1": "deg", "CUNIT2": "deg"})
    header.update({"CRVAL1": ra, "CRVAL2": dec, "CRPIX1": shape[1] / 2 + 5.5, "CRPIX2": shape[0] / 2 - 8.5})
    header.update({"CD1_1": -step * math.cos(turn), "CD1_2": step * math.sin(turn)})
    header.update({"CD2_1": step * math.sin(turn), "CD2_2": step * math.cos(turn)})
    cubic = 3.0 / (0.5 * math.hypot(*shape)) ** 3 / step**2  # 3 pixels in the corners
    for axis in (1, 2):
        header.update(
            {f"PV{axis}_0": 0.0, f"PV{axis}_1": 1.0, f"PV{axis}_2": 0.0, f"PV{axis}_4": 0.3 * cubic * step * 50}
        )
        header.update({f"PV{axis}_7": cubic, f"PV{axis}_9": cubic})
    return header
