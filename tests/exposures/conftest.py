"""What the tests of combining share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

# The tests are no package: this is how what they share is found.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers in each test."""
    return np.random.default_rng(11)
