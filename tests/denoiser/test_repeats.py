"""`Denoiser.fit(frames, repeats=True)`: exposures of one field are each other's targets."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_fields import expose, true_scene

from amsd_astro import Denoiser, Frame
from amsd_astro.denoiser.preparation import prepare
from amsd_astro.denoiser.repeats import brought_together
from amsd_astro.errors import AmsdWarning, FrameError

pytestmark = pytest.mark.usefixtures("small_recipe")
SIDE = 192


@pytest.fixture(scope="module")
def exposures() -> list[np.ndarray]:
    """Five exposures of one field, some pixels off each other."""
    scene = true_scene((SIDE + 20, SIDE + 20))
    corners = [(10, 10), (0, 4), (13, 20), (7, 1), (20, 9)]
    return [expose(scene[y : y + SIDE, x : x + SIDE], seed=k) for k, (y, x) in enumerate(corners)]


def stop_after(n_steps: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, stage: str) -> None:
        if done > n_steps:
            raise KeyboardInterrupt

    return progress


@pytest.mark.slow
def test_training_goes_on_after_an_interruption(exposures: list[np.ndarray], tmp_path: Path) -> None:
    whole = Denoiser(steps=6, seed=4).fit(exposures, repeats=True)
    checkpoint = tmp_path / "model.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        Denoiser(steps=6, seed=4).fit(exposures, repeats=True, progress=stop_after(3), checkpoint=checkpoint)
    assert checkpoint.exists()
    steps: list[int] = []
    resumed = Denoiser(steps=6, seed=4).fit(
        exposures,
        repeats=True,
        progress=lambda done, _, stage: steps.append(done) if stage == "training" else None,
        checkpoint=checkpoint,
    )
    assert steps == [4, 5, 6]
    whole.save(tmp_path / "whole.npz")
    resumed.save(tmp_path / "resumed.npz")
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "resumed.npz").read_bytes()
    assert whole.denoise(exposures[0]).data.shape == (SIDE, SIDE)


def test_exposures_are_placed_on_each_other(exposures: list[np.ndarray]) -> None:
    prepared = [prepare(Frame(one), None, seed=0) for one in exposures]
    chosen, placed, placements = brought_together(prepared)
    assert [one.frame for one in chosen] == [one.frame for one in prepared]
    assert [one.name for one in placed] == [f"exposure {k}" for k in range(1, 6)]
    shifts = np.array([one.grid.shift for one in placements])
    np.testing.assert_allclose(shifts, [(10, 3), (16, 13), (0, 0), (19, 6), (11, -7)], atol=0.1)


def test_what_is_of_no_use_is_left_out_and_told(exposures: list[np.ndarray]) -> None:
    elsewhere = expose(true_scene((SIDE, SIDE))[::-1, ::-1] + true_scene((SIDE, SIDE)).T, seed=9)
    given = [exposures[0], exposures[1], exposures[0].copy(), *exposures[2:], np.full((SIDE, SIDE), 7.0), elsewhere]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)
        prepared = [prepare(Frame(one), None, seed=0) for one in given]
    with pytest.warns(AmsdWarning) as told:
        chosen, _, _ = brought_together(prepared)
    assert len(chosen) == 5
    messages = [str(one.message) for one in told if "left out" in str(one.message)]
    assert len(messages) == 3
    assert any("exposure 3: has the pixels of exposure 1" in one for one in messages)
    assert any("exposure 7: shows no noise" in one for one in messages)
    assert any("exposure 8" in one for one in messages)


def test_three_exposures_are_too_few(exposures: list[np.ndarray]) -> None:
    with pytest.raises(FrameError, match=r"4 or more exposures of one field\. Received: 3 of 3"):
        Denoiser(steps=2).fit(exposures[:3], repeats=True)


def test_only_the_flagship_learns_from_repeats(exposures: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="recipe must be amsd"):
        Denoiser("thesis", steps=2).fit(exposures, repeats=True)
