"""What tests of several parts share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import settings

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

from raw_files import ODD_CARDS, image_cards, raw_file

# Settings that count only before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Tests are not timed: the machines are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def pixels() -> np.ndarray:
    """Noise around 1000 with one NaN and one infinity, shape (12, 17)."""
    data = np.random.default_rng(7).normal(1000, 5, (12, 17)).astype(np.float32)
    data[2, 3] = np.nan
    data[4, 5] = np.inf
    return data


@pytest.fixture
def odd_file(tmp_path: Path) -> Path:
    """A primary uint16 image under odd cards, with a table and an image behind it."""
    counts = np.random.default_rng(3).poisson(500, (12, 17)) - 32768
    scaling = [b"BZERO   =                32768", b"BSCALE  =                    1", b"BUNIT   = 'ADU     '"]
    sums = [b"CHECKSUM= 'aaaaaaaaaaaaaaaa'   / stale", b"DATASUM = '12345   '           / stale"]
    extremes = [b"DATAMIN =                   10 / least", b"DATAMAX =                   20 / most"]
    table = [b"XTENSION= 'BINTABLE'", b"BITPIX  =                    8", b"NAXIS   =                    2"]
    table += [b"NAXIS1  =                    4", b"NAXIS2  =                    3", b"PCOUNT  =                    0"]
    table += [b"GCOUNT  =                    1", b"TFIELDS =                    1", b"TFORM1  = '1J      '"]
    body = raw_file(
        [
            (
                [*image_cards(16, (12, 17)), *scaling, *ODD_CARDS[:9], *extremes, *sums, *ODD_CARDS[9:]],
                counts.astype(">i2").tobytes(),
            ),
            ([*table, *ODD_CARDS], b"\1" * 12),
            ([*image_cards(8, (5, 5), extension=True), b"EXTNAME = 'DQ'"], bytes(range(25))),
        ]
    )
    path = tmp_path / "odd.fits"
    path.write_bytes(body)
    return path


@pytest.fixture
def make_mef(tmp_path: Path, pixels: np.ndarray) -> Callable[..., Path]:
    """Write an empty primary and named image extensions."""

    def make(name: str = "mef.fits", **planes: np.ndarray) -> Path:
        hdus = fits.HDUList([fits.PrimaryHDU()])
        for key, data in planes.items():
            label, _, version = key.partition("_")
            hdus.append(fits.ImageHDU(data, name=label, ver=int(version or 1)))
        path = tmp_path / name
        hdus.writeto(path)
        return path

    return make
