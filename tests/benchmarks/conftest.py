"""What the tests of the benchmarks share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

# Benchmarks are run from the root of the repository, and are not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def toy() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Smooth waves with three stars, in noise units, and two noisy exposures of them, shape (96, 120)."""
    y, x = np.mgrid[:96, :120]
    clean = 3 * np.sin(x / 11) * np.cos(y / 9)
    for row, column, peak in ((20, 30, 40), (50, 90, 15), (75, 44, 200)):
        clean = clean + peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 5)
    rng = np.random.default_rng(5)
    first, second = (clean + rng.standard_normal(clean.shape) for _ in range(2))
    return clean.astype(np.float32), first.astype(np.float32), second.astype(np.float32)
