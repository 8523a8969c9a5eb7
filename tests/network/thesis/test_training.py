"""Training the thesis model: the weights that are kept, what is held out, and going on after an interruption."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from small_thesis import two_convolutions

from amsd_astro.errors import ModelError
from amsd_astro.network.recipes import THESIS
from amsd_astro.network.thesis import model as thesis_model
from amsd_astro.network.thesis import training as thesis_training
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.network.thesis.training import ValidationLoss, learn_frames, learn_pairs, steps_of_pairs
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.network.training_state import TrainingState

TINY = dataclasses.replace(THESIS, n_patches=1, patch=16, frame_patch=16, n_validated=1)


@pytest.fixture(autouse=True)
def _small_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(thesis_model, "build_thesis", two_convolutions)


class Memory:
    """Keeps the state of a training."""

    def __init__(self, state: TrainingState | None = None) -> None:
        self.state = state

    def load(self) -> TrainingState | None:
        return self.state

    def refuse(self, error: ModelError) -> None:
        raise error

    def keep(self, state: TrainingState) -> None:
        self.state = state


def frame() -> TrainingFrame:
    values: np.ndarray = np.random.default_rng(0).normal(0, 1, (40, 48)).astype(np.float32)
    values[20:24, 30:34] += 60
    return TrainingFrame(values, np.zeros(values.shape, bool), np.ones((1, 1)))


def pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    target = np.repeat(rng.random((3, 40, 1, 1)), 40, axis=2).astype(np.float32)
    return np.clip(target + 0.1 * rng.standard_normal(target.shape), 0, 1).astype(np.float32), target


def test_the_recipe_is_that_of_the_thesis() -> None:
    assert (THESIS.n_patches, THESIS.patch, THESIS.learning_rate, THESIS.n_epochs) == (8, 128, 1e-4, 1000)
    assert (THESIS.held_out, THESIS.held_out_seed) == (0.1, 42)
    # 30 images of 500 x 500, three pairs each, nine tenths of them, eight patches of 128 x 128 in a step
    assert steps_of_pairs((90, 500, 500, 3), THESIS) == 1000 * round(90 * 500**2 * 0.9 / (8 * 128**2))


def test_small_images_are_held_out_whole() -> None:
    blocks = thesis_training._hold_out_of_images(20, (128, 150), THESIS)
    assert sorted(map(len, blocks)) == [0] * 18 + [1] * 2
    assert {block for one in blocks for block in one} == {(0, 0, 128)}
    assert blocks == thesis_training._hold_out_of_images(20, (128, 150), THESIS)
    large = thesis_training._hold_out_of_images(3, (256, 300), THESIS)
    assert all(len(one) == 2 and one[0][2] == 64 for one in large)


def test_gradients_are_centralized(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def train(network: Any, loss: Any, optimizer: Any, *rest: Any, **settings: Any) -> None:
        seen["optimizer"] = optimizer
        raise InterruptedError

    monkeypatch.setattr(thesis_training, "train", train)
    with pytest.raises(InterruptedError):
        learn_pairs(ThesisModel(), *pairs(), TINY, n_steps=1, seed=0)
    assert type(seen["optimizer"]).__name__ == "CentralizedAdam"
    assert float(seen["optimizer"].learning_rate.numpy()) == pytest.approx(1e-4)


def test_the_weights_of_the_lowest_validation_loss_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    weights, losses = [], iter([3.0, 1.0, 2.0])

    def judge(self: ValidationLoss) -> float:
        weights.append(self.model.get_weights())
        return next(losses)

    monkeypatch.setattr(ValidationLoss, "__call__", judge)
    model = ThesisModel(seed=2)
    before = model.fingerprint()
    trained, done = learn_pairs(model, *pairs(), TINY, n_steps=3, seed=0)
    assert done.n_steps == 2 and model.fingerprint() == before
    for kept, expected in zip(trained.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(kept, expected)


def test_training_goes_on_after_an_interruption() -> None:
    whole, _ = learn_frames(ThesisModel(seed=3), [frame()], TINY, n_steps=3, seed=5)

    def stop(done: int, total: int, stage: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    memory = Memory()
    with pytest.raises(KeyboardInterrupt):
        learn_frames(ThesisModel(seed=3), [frame()], TINY, n_steps=3, seed=5, progress=stop, memory=memory)
    assert memory.state is not None and memory.state.n_steps == 1
    later, adaptation = learn_frames(ThesisModel(seed=3), [frame()], TINY, n_steps=3, seed=5, memory=memory)
    assert later.fingerprint() == whole.fingerprint()
    assert later.variance_scale == whole.variance_scale
    assert adaptation.risk is not None and np.isfinite(adaptation.risk.value)


def test_frames_set_the_normalization() -> None:
    model = ThesisModel(seed=1)
    trained, _ = learn_frames(model, [frame()], TINY, n_steps=1, seed=0)
    values = frame().values
    assert model.normalization is None and trained.normalization is not None
    assert trained.normalization.forward(np.array([values.min(), values.max()])) == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.slow
def test_training_lowers_the_loss_on_pairs_held_out() -> None:
    noisy, target = pairs()
    model = ThesisModel(seed=0)
    recipe = dataclasses.replace(TINY, n_patches=4, learning_rate=1e-3)
    trained, _ = learn_pairs(model, noisy, target, recipe, n_steps=60, seed=0)
    before, after = (ValidationLoss(one, noisy[:1], target[:1])() for one in (model, trained))
    assert after < 0.7 * before
