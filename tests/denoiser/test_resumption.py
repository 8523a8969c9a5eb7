"""A denoising that was interrupted in its training goes on from the checkpoint."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from amsd_astro import Denoiser
from amsd_astro.denoiser.resumption import training_key
from amsd_astro.errors import AmsdWarning, OutputError, OutputExistsError
from amsd_astro.network import recipes
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.files.array_archive import pack_arrays
from amsd_astro.network.files.checkpoints import load_state
from amsd_astro.network.recipes import AmsdRecipe


@pytest.fixture(autouse=True)
def _small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    small = AmsdRecipe(AmsdArchitecture((4, 8), 4), weights=None, n_steps=6, n_patches=2, patch=16, n_orientations=1)
    monkeypatch.setattr(recipes, "AMSD", small)


@pytest.fixture
def exposure() -> np.ndarray:
    return np.random.default_rng(0).normal(500, 7, (100, 130)).astype(np.float32)


def stop_after(n_steps: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, stage: str) -> None:
        if stage == "training" and done > n_steps:
            raise KeyboardInterrupt

    return progress


def noting(steps: list[int]) -> Callable[[int, int, str], None]:
    """Note the steps of a training."""
    return lambda done, total, stage: steps.append(done) if stage == "training" else None


@pytest.mark.slow
def test_the_result_is_that_of_an_uninterrupted_run(exposure: np.ndarray, tmp_path: Path) -> None:
    whole = Denoiser(seed=4).fit_denoise(exposure)
    checkpoint = tmp_path / "frame.checkpoint"
    for n_steps in (2, 4):
        with pytest.raises(KeyboardInterrupt):
            Denoiser(seed=4).fit_denoise(exposure, progress=stop_after(n_steps), checkpoint=checkpoint)
    steps: list[int] = []
    result = Denoiser(seed=4).fit_denoise(
        exposure,
        progress=noting(steps),
        checkpoint=checkpoint,
    )
    assert steps == [5, 6]
    np.testing.assert_array_equal(result.data, whole.data)
    assert result.uncertainty is not None and whole.uncertainty is not None
    np.testing.assert_array_equal(result.uncertainty.array, whole.uncertainty.array)
    assert repr(result.header) == repr(whole.header)
    assert list(tmp_path.iterdir()) == [checkpoint]


@pytest.mark.slow
def test_another_frame_or_seed_begins_anew(exposure: np.ndarray, tmp_path: Path) -> None:
    checkpoint = tmp_path / "frame.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        Denoiser(seed=4, steps=2).fit(exposure, progress=stop_after(1), checkpoint=checkpoint)
    moved = exposure.copy()
    moved[50, 60] += 1
    for denoiser, frame in ((Denoiser(seed=5, steps=2), exposure), (Denoiser(seed=4, steps=2), moved)):
        steps: list[int] = []
        with pytest.warns(AmsdWarning, match="begins anew.*another one"):
            denoiser.fit(frame, progress=noting(steps), checkpoint=checkpoint)
        assert steps[0] == 1


def test_a_damaged_checkpoint_is_replaced_and_a_finished_one_used(exposure: np.ndarray, tmp_path: Path) -> None:
    checkpoint = tmp_path / "frame.checkpoint"
    checkpoint.write_bytes(pack_arrays({"description": np.zeros(3, np.uint8)}))
    with pytest.warns(AmsdWarning, match="begins anew"):
        Denoiser().fit(exposure, checkpoint=checkpoint)
    steps: list[int] = []
    Denoiser().fit(exposure, progress=noting(steps), checkpoint=checkpoint)
    assert not steps


def test_a_file_that_is_no_checkpoint_is_left_alone(exposure: np.ndarray, tmp_path: Path) -> None:
    precious = tmp_path / "frame.fits"
    precious.write_bytes(b"SIMPLE  = an exposure")
    with pytest.raises(OutputExistsError, match="is no checkpoint"):
        Denoiser().fit(exposure, checkpoint=precious)
    assert precious.read_bytes() == b"SIMPLE  = an exposure"


def test_where_no_checkpoint_can_be_made_is_told_before_training(exposure: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        Denoiser().fit(exposure, checkpoint=tmp_path / "missing" / "frame.checkpoint")


@pytest.mark.slow
def test_best_weights_that_were_changed_are_not_used(exposure: np.ndarray, tmp_path: Path) -> None:
    checkpoint = tmp_path / "frame.checkpoint"
    whole = Denoiser(seed=4).fit_denoise(exposure, checkpoint=checkpoint)
    content = checkpoint.read_bytes()
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    key = json.loads(arrays["description"].tobytes())["key"]
    zeroed = {name: np.zeros_like(array) if name.startswith("best") else array for name, array in arrays.items()}
    infinite = {name: array * np.float32(np.inf) if name == "weights0000" else array for name, array in arrays.items()}
    for changed in (pack_arrays(zeroed), pack_arrays(infinite), content[:1000], content[:-1]):
        checkpoint.write_bytes(changed)
        with pytest.warns(AmsdWarning, match=r"frame\.checkpoint: training begins anew: "):
            result = Denoiser(seed=4).fit_denoise(exposure, checkpoint=checkpoint)
        np.testing.assert_array_equal(result.data, whole.data)
        assert load_state(io.BytesIO(checkpoint.read_bytes()), key=key).n_steps == 6


def test_another_keras_has_other_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    here = training_key([], {"seed": 1})
    assert here == training_key([], {"seed": 1})
    monkeypatch.setattr(keras, "__version__", "2.0.0")
    assert here != training_key([], {"seed": 1})
