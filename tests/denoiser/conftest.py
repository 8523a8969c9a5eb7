"""A denoiser of a small recipe, trained a little, and an exposure."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

from small_fields import SMALL, expose, true_scene

from amsd_astro import Denoiser
from amsd_astro.network import recipes


@pytest.fixture
def small_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network and few steps."""
    monkeypatch.setattr(recipes, "AMSD", SMALL)


@pytest.fixture(scope="session")
def fitted() -> Denoiser:
    """A denoiser that was trained a little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "AMSD", SMALL)
        return Denoiser(seed=2).fit(expose(true_scene()))


@pytest.fixture
def exposure() -> np.ndarray:
    return expose(true_scene())
