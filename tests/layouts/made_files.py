"""Small files laid out as missions and pipelines do it, with the truth about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

SHAPE = (112, 120)
CASES: dict[str, Case] = {}
"""By name, in the order of the modules that make them."""

HDUs = list[Any]


@dataclass(frozen=True)
class Case:
    """A file, and what is right.

    Attributes
    ----------
    make : callable
        Makes the HDUs.
    hdu : int
        The image.
    n_masked : int
        Bad pixels.
    slope : float
        Variance per unit of signal.
    level : float
        Of the sky.
    sigma : float or None
        Error of a sky pixel by the plane beside the image; None where there is none.
    within : float
        Part of the slope by which it may be off. A header states it; the scale of a plane is set by the noise that the
        frame shows, and a frame as small as this has some wings of stars in its sky; where nothing states it, the
        frame has to tell.
    options : dict
        Of `read_frame`.
    """

    make: Callable[[], HDUs]
    hdu: int
    n_masked: int
    slope: float
    level: float
    sigma: float | None = None
    within: float = 0.02
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exposure:
    """An image with truth: gain in electrons a unit, read noise in electrons."""

    image: NDArray[np.float32]
    variance: NDArray[np.float32]

    @property
    def error(self) -> NDArray[np.float32]:
        """One standard deviation."""
        return np.sqrt(self.variance)

    @property
    def inverse(self) -> NDArray[np.float32]:
        """Inverse variance."""
        return 1 / self.variance


@cache
def exposure(*, gain: float = 1.0, sky: float = 200.0, read_noise: float = 5.0, pedestal: float = 0.0) -> Exposure:
    """Make an exposure of some stars on a flat sky.

    Parameters
    ----------
    gain : float
        Electrons per unit.
    sky, pedestal : float
        Units.
    read_noise : float
        Electrons.
    """
    rng = np.random.default_rng(24)
    y, x = np.indices(SHAPE, dtype=np.float64)
    electrons = np.full(SHAPE, sky * gain)
    for _ in range(14):
        at_y, at_x = rng.uniform(4, SHAPE[0] - 4), rng.uniform(4, SHAPE[1] - 4)
        bright = rng.uniform(5, 40) * max(sky * gain, 100.0)
        electrons += bright * np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * 1.6**2))
    counts = rng.poisson(electrons) + rng.normal(0, read_noise, SHAPE)
    variance = (electrons + read_noise**2) / gain**2
    return Exposure((counts / gain + pedestal).astype(np.float32), variance.astype(np.float32))


def sigma_of_sky(*, gain: float = 1.0, sky: float = 200.0, read_noise: float = 5.0) -> float:
    """Return the noise of a pixel of the sky, in units."""
    return float(np.sqrt(sky / gain + (read_noise / gain) ** 2))


def flags(*values: int, dtype: str = "i4", each: int = 3) -> NDArray[Any]:
    """Return a plane with some pixels of each value, apart from each other."""
    plane = np.zeros(SHAPE, np.dtype(dtype))
    for row, value in enumerate(values):
        for column in range(each):
            plane[4 + 5 * row, 7 + 9 * column] = value
    return plane


def primary(data: Any = None, **cards: Any) -> fits.PrimaryHDU:
    """Return a primary HDU; two underscores in a keyword stand for a hyphen."""
    return fits.PrimaryHDU(data, _header(cards))


def plane(name: str, data: Any, **cards: Any) -> fits.ImageHDU:
    """Return an image extension."""
    return fits.ImageHDU(data, _header(cards), name=name)


def packed(name: str, data: Any, *, kind: str = "RICE_1", **cards: Any) -> fits.CompImageHDU:
    """Return a tile-compressed image, without loss where it holds floats."""
    lossless = {"quantize_level": 0.0} if np.asarray(data).dtype.kind == "f" else {}
    kind = "GZIP_2" if lossless else kind
    return fits.CompImageHDU(data, _header(cards), name=name, compression_type=kind, **lossless)


def table(name: str) -> fits.BinTableHDU:
    """Return a table."""
    return fits.BinTableHDU.from_columns([fits.Column("X", "E", array=np.zeros(3, np.float32))], name=name)


def _header(cards: dict[str, Any]) -> fits.Header:
    return fits.Header([(key.replace("__", "-"), value) for key, value in cards.items()])
