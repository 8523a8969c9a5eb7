"""Where the tests of the documentation find what they share, and the extensions that build it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from astropy.io import fits

# Neither the tests nor the extensions of the documentation are a package: this is how their modules are found.
sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "validation"))  # a browser

from documentation import ROOT

_SIDE = 256  # pixels


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with copies of the samples: of the exposures a quarter, which is denoised in less time."""
    samples = tmp_path / "data_samples"
    shutil.copytree(ROOT / "data_samples", samples)
    for path in samples.glob("*_[12].fits"):
        with fits.open(path, memmap=False) as hdus:
            for hdu in hdus:
                hdu.data = hdu.data[:_SIDE, :_SIDE]
            hdus.writeto(path, overwrite=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
