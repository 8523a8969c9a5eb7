"""A world coordinate system with the distortion of a real camera (TAN-SIP, Shupe et al. 2005)."""

from __future__ import annotations

import math

import numpy as np
from astropy.io import fits

__all__ = ["tan_sip_header"]

_ORDER = 3


def tan_sip_header(
    shape: tuple[int, int],
    *,
    ra: float,
    dec: float,
    pixel_scale: float,
    rotation: float = 0.0,
    distortion: float = 0.5,
) -> fits.Header:
    """Header cards of a TAN-SIP WCS, north up and east left before `rotation`.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx); the reference pixel is at its centre.
    ra, dec : float
        Of the reference pixel, degrees (ICRS).
    pixel_scale : float
        Arcseconds per pixel.
    rotation : float
        Degrees, north towards east.
    distortion : float
        How far the distortion displaces a corner, pixels. Mostly radial (cubic), with a tilt.

    Returns
    -------
    astropy.io.fits.Header
        WCS cards alone, the inverse polynomials included.

    Examples
    --------
    >>> from amsd_astro.simulation import tan_sip_header
    >>> tan_sip_header((64, 64), ra=10.0, dec=41.0, pixel_scale=0.4)["CTYPE1"]
    'RA---TAN-SIP'
    """
    ny, nx = shape
    half = 0.5 * math.hypot(nx, ny)
    cubic, tilt = 0.8 * distortion / half**3, 0.2 * distortion / half**2
    forward = {
        "A": {(2, 0): 0.9 * tilt, (1, 1): -0.5 * tilt, (0, 2): 0.3 * tilt, (3, 0): cubic, (1, 2): 0.97 * cubic},
        "B": {(2, 0): -0.4 * tilt, (1, 1): 0.7 * tilt, (0, 2): 0.6 * tilt, (2, 1): 1.02 * cubic, (0, 3): 0.99 * cubic},
    }
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    scale = pixel_scale / 3600.0
    header = fits.Header()
    header["WCSAXES"] = (2, "number of world axes")
    header["RADESYS"] = ("ICRS", "celestial reference frame")
    for axis, name, value, ctype in (
        (1, "right ascension", ra, "RA---TAN-SIP"),
        (2, "declination", dec, "DEC--TAN-SIP"),
    ):
        header[f"CTYPE{axis}"] = (ctype, f"{name}, gnomonic with SIP distortion")
        header[f"CUNIT{axis}"] = ("deg", "unit of the axis")
        header[f"CRVAL{axis}"] = (value, "[deg] at the reference pixel")
        header[f"CRPIX{axis}"] = (0.5 * (shape[2 - axis] + 1), "[pix] reference pixel")
    matrix = {"CD1_1": -cos, "CD1_2": sin, "CD2_1": sin, "CD2_2": cos}
    for key, value in matrix.items():
        header[key] = (_rounded(scale * value), "[deg/pix] linear transformation")
    for key, terms in {**forward, **_inverse(forward, nx, ny)}.items():
        header[f"{key}_ORDER"] = (_ORDER, "SIP polynomial order")
        for (p, q), value in sorted(terms.items()):
            header[f"{key}_{p}_{q}"] = (_rounded(value), "SIP distortion coefficient")
    return header


def _inverse(
    forward: dict[str, dict[tuple[int, int], float]], nx: int, ny: int
) -> dict[str, dict[tuple[int, int], float]]:
    """Polynomials that take distorted offsets back, fitted on a grid over the frame."""
    grid = np.linspace(-0.5, 0.5, 21)
    u, v = (m.ravel() for m in np.meshgrid(grid * nx, grid * ny))
    du = sum((c * u**p * v**q for (p, q), c in forward["A"].items()), np.zeros_like(u))
    dv = sum((c * u**p * v**q for (p, q), c in forward["B"].items()), np.zeros_like(v))
    powers = [(p, q) for p in range(_ORDER + 1) for q in range(_ORDER + 1 - p) if p + q >= 1]
    size = 0.5 * max(nx, ny)  # offsets of order one keep the fit well conditioned
    design = np.stack([((u + du) / size) ** p * ((v + dv) / size) ** q for p, q in powers], axis=1)
    fitted: dict[str, dict[tuple[int, int], float]] = {}
    for key, target in (("AP", -du), ("BP", -dv)):
        solution = np.linalg.lstsq(design, target, rcond=None)[0]
        pairs = zip(powers, solution, strict=True)
        # to a billionth of a pixel: what is below hangs on the processor
        fitted[key] = {(p, q): round(float(value), 9) / size ** (p + q) for (p, q), value in pairs}
    return fitted


def _rounded(value: float) -> float:
    """Ten digits: enough, and free of the last bits that differ between machines."""
    return float(f"{value:.9e}")
