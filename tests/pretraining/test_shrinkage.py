"""What is learned from results and their truth: less error on other exposures, by a table known beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.shrinkage import N_SHARES
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.predictor import Estimate
from amsd_astro.pretraining import shrinkage
from amsd_astro.pretraining.exposures import Exposed
from amsd_astro.pretraining.shrinkage import learn_shrinkage

MARGIN = 8
SCENES = np.zeros((2, 96, 96), np.float32)


class Ghosts:
    """A model that leaves a tenth of the noise where there is nothing, and tells twice as much."""

    margin = MARGIN

    def predict(
        self, images: np.ndarray, correlation: np.ndarray, calibration: FrameCalibration, *, n_orientations: int
    ) -> Estimate:
        assert n_orientations == 4 and calibration == FrameCalibration(arithmetic=Arithmetic("tensorflow", "float32"))
        values = (0.1 * images)[:, MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32)
        return Estimate(values, np.full_like(values, 0.04), np.zeros(values.shape, bool))


@pytest.fixture(autouse=True)
def sides(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Exposures of nothing but noise, with bad pixels whose truth is far off; the sides that were asked for."""
    asked: list[int] = []

    def expose(scene: np.ndarray, side: int, rng: np.random.Generator) -> Exposed:
        asked.append(side)
        mask = rng.random((side, side)) < 0.1
        noisy = rng.normal(size=mask.shape).astype(np.float32)
        return Exposed(noisy, np.where(mask, np.float32(1e3), 0), mask, np.ones((1, 1)))

    monkeypatch.setattr(shrinkage, "expose_scene", expose)
    return asked


def learn(seed: int = 1, **options: Any) -> Any:
    model: Any = Ghosts()
    return learn_shrinkage(model, SCENES, n_exposures=6, patch=64, seed=seed, **options)


def test_ghosts_are_taken_away(sides: list[int]) -> None:
    table = learn()
    assert sides == [64 + 2 * MARGIN] * 6
    values = (0.1 * np.random.default_rng(9).normal(size=(1, 80, 80))).astype(np.float32)
    left = values + table.added(values, np.full_like(values, 0.04))
    assert left.std() < 0.2 * values.std()
    assert abs(left.mean()) < 0.01


def test_the_same_seed_gives_the_same_table_and_another_does_not() -> None:
    assert learn() == learn()
    assert learn() != learn(seed=2)


def test_numbers_that_no_pixel_is_near_stay_zero_and_progress_is_told() -> None:
    told: list[tuple[int, int, str]] = []
    shares = np.array(learn(progress=lambda *stage: told.append(stage)).shares)
    assert told[-1] == (6, 6, "learning shrinkage")
    of_bands = shares[: N_SHARES - 6].reshape(4, 4, 6)
    assert np.all(of_bands[:, :, (0, 1, 4, 5)] == 0)  # the variance is exp(-3.2): between the third knot and the fourth
    assert np.all(of_bands[0, 1, 2:4] < 0)
