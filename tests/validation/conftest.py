"""Where the tests of validation find what they share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The tests are no package: this is how their shared module is found.
sys.path.insert(0, str(Path(__file__).parent))

from validation_frames import Simulated, empty, simulate


@pytest.fixture(scope="session")
def field() -> Simulated:
    """Stars and some galaxies on a flat sky, 256 x 256."""
    return simulate(n_stars=40, n_galaxies=8, seed=1)


@pytest.fixture(scope="session")
def blank() -> Simulated:
    """Sky and noise, 256 x 256."""
    return empty(seed=5)
