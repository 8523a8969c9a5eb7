"""A frame of known noise, with world coordinates and bad pixels, and what an imagined denoiser makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel

SKY, SIGMA = 200.0, 4.0
CARDS = {"AMSDVERS": "1.0", "AMSDRCP": "amsd", "AMSDSTEP": 240, "AMSDRISK": 0.0361, "AMSDRERR": 0.0012}
FLUX_CARDS = {"AMSDFLUX": -0.48, "AMSDFERR": 0.2}


@dataclass
class Scene:
    """A frame before and after, and the truth.

    `truth` is a sky of 200 with a star of 400 sigma and a faint one; `after` errs by a tenth of the noise.
    """

    before: Frame
    after: Frame
    truth: np.ndarray


def header() -> fits.Header:
    cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 30.0, "CRPIX2": 20.0, "CRVAL1": 150.0, "CRVAL2": 2.0}
    return fits.Header(
        {**cards, "CDELT1": -1e-4, "CDELT2": 1e-4, "CUNIT1": "deg", "CUNIT2": "deg", "OBJECT": "A field"}
    )


def make_scene(shape: tuple[int, int] = (48, 64), *, seed: int = 1) -> Scene:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    truth = np.full(shape, SKY)
    for y, x, height in ((30, 40, 400.0), (12, 14, 4.0)):
        truth += SIGMA * height * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)
    noise = NoiseModel(0.0, SIGMA**2, SKY, SIGMA**2)
    mask = np.zeros(shape, bool)
    mask[:, 5 : min(7, shape[1])] = True
    pixels = truth + rng.normal(0, SIGMA, shape)
    pixels[mask] = 6e4
    before = Frame(pixels, mask=mask, header=header(), unit="adu")
    clean = truth + rng.normal(0, SIGMA / 10, shape)
    clean[mask] = pixels[mask]
    sigma = StdDevUncertainty(np.full(shape, SIGMA / 10), unit="adu")
    after = Frame(clean, uncertainty=sigma, mask=mask, header=header(), unit="adu", noise=noise)
    after.header.update({**CARDS, **FLUX_CARDS})
    return Scene(before, after, truth)


@pytest.fixture(scope="session")
def scene() -> Scene:
    return make_scene()


@pytest.fixture(name="make_scene")
def make_scene_fixture() -> Callable[..., Scene]:
    return make_scene
