"""Small images of all kinds, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

GAIN, READ_NOISE, SKY = 2.0, 6.0, 400.0


def scene(ny: int = 32, nx: int = 32, n_channels: int = 3) -> np.ndarray:
    """Smooth values of 0 to 1 without any symmetry, shape (ny, nx, n_channels)."""
    y, x = np.mgrid[:ny, :nx] / 32
    waves = [np.sin((3 + k) * x + 2 * y) * np.cos(4 * y - k * x) for k in range(n_channels)]
    return np.stack(waves, axis=-1).astype(np.float32) * 0.45 + 0.5


def write_frame_file(path: Path, *, ny: int = 96, nx: int = 80, seed: int = 1, **cards: Any) -> Path:
    """Write an exposure of known noise with a star, a WCS, a masked pixel and a table behind it, in adu."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    signal = SKY + 5000 * np.exp(-((y - 40) ** 2 + (x - 30) ** 2) / 8)
    data = (rng.poisson(signal * GAIN) + rng.normal(0, READ_NOISE, (ny, nx))) / GAIN
    data[10, 20] = np.nan
    primary = fits.PrimaryHDU(data.astype(np.float32))
    wcs = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0, "CRPIX1": 40.0, "CRPIX2": 48.0}
    primary.header.update({"BUNIT": "adu", "GAIN": GAIN, "RDNOISE": READ_NOISE, "CD1_1": -1e-4, "CD2_2": 1e-4, **wcs})
    primary.header.update(cards)
    table = fits.BinTableHDU.from_columns([fits.Column("FLUX", "E", array=np.arange(3.0))], name="SOURCES")
    fits.HDUList([primary, table]).writeto(path)
    return path


@pytest.fixture(name="scene")
def scene_fixture() -> Callable[..., np.ndarray]:
    """Give `scene` to a test."""
    return scene


@pytest.fixture(name="write_frame_file")
def write_frame_file_fixture() -> Callable[..., Path]:
    """Give `write_frame_file` to a test."""
    return write_frame_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two pictures of 32 x 32 pixels: b.png, and a.jpg."""
    path = tmp_path / "images"
    path.mkdir()
    Image.fromarray((scene() * 255).astype(np.uint8)).save(path / "b.png")
    Image.fromarray((scene()[::-1] * 255).astype(np.uint8)).save(path / "a.jpg", quality=95)
    return path
