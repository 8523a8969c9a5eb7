"""Modes by name: the steps they stand for, the pixels they give, and where they are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_fields import SMALL

from amsd_astro import Denoiser, denoise
from amsd_astro.modes import ADAPT_STEPS, MODES, mode_of, steps_of
from amsd_astro.network import recipes


def test_modes_stand_for_steps() -> None:
    assert {mode: steps_of(mode, None) for mode in MODES} == {"fast": 0, "standard": None, "adapt": 400}
    assert recipes.AmsdRecipe().n_adapted == ADAPT_STEPS
    assert [steps_of(None, steps) for steps in (None, 0, 7)] == [None, 0, 7]
    assert (steps_of("fast", 0), steps_of("adapt", 400)) == (0, 400)
    assert [mode_of(steps) for steps in (0, None, 1, 400)] == ["fast", "standard", "adapt", "adapt"]


@pytest.mark.parametrize(
    ("mode", "steps"), [("fast", 1), ("standard", 0), ("standard", 400), ("adapt", 0), ("quick", 0)]
)
def test_a_mode_and_steps_that_disagree_are_refused(mode: str, steps: int) -> None:
    with pytest.raises(ValueError, match=f"mode.*Received: .*({steps}|{mode})"):
        Denoiser(mode=mode, steps=steps)
    with pytest.raises(ValueError, match="mode"):
        denoise(np.ones((9, 9)), mode=mode, steps=steps)


def test_a_denoiser_knows_its_mode(fitted: Denoiser, tmp_path: Path) -> None:
    assert [Denoiser(mode=mode).mode for mode in MODES] == list(MODES)
    assert (Denoiser().mode, Denoiser(steps=7).mode) == ("standard", "adapt")
    fitted.save(tmp_path / "m.npz")
    loaded = [Denoiser.load(tmp_path / "m.npz", **settings) for settings in ({}, {"mode": "fast"}, {"steps": 3})]
    assert [one.mode for one in loaded] == ["standard", "fast", "adapt"]


def test_the_card_tells_what_was_asked(fitted: Denoiser, exposure: np.ndarray, tmp_path: Path) -> None:
    fitted.save(tmp_path / "m.npz")
    made = {mode: denoise(exposure, model=tmp_path / "m.npz", mode=mode) for mode in ("fast", "standard")}
    assert {mode: result.header["AMSDMODE"] for mode, result in made.items()} == {mode: mode for mode in made}
    plain = denoise(exposure, model=tmp_path / "m.npz", steps=0)
    np.testing.assert_array_equal(made["fast"].data, plain.data)
    np.testing.assert_array_equal(made["fast"].uncertainty.array, plain.uncertainty.array)
    assert list(made["fast"].header.items()) == list(plain.header.items())


@pytest.mark.slow
def test_the_card_tells_of_training(exposure: np.ndarray, small_recipe: None) -> None:
    assert denoise(exposure).header["AMSDMODE"] == "standard", "the recipe has no weights of its own"
    assert denoise(exposure, steps=SMALL.n_steps).header["AMSDMODE"] == "adapt"
    assert Denoiser(steps=2).fit(exposure).denoise(exposure).header["AMSDMODE"] == "standard", "only fit has steps"
