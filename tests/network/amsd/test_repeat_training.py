"""Training on repeated exposures, and the error that they tell, against known truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network import recipes
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.training.repeat_training import learn_repeats
from amsd_astro.network.amsd.training.repeated_pairs import RepeatedPairs
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.repeats.frame import RepeatFrame, SceneBlock
from amsd_astro.network.repeats.risk import RepeatProbe

SMALL = dataclasses.replace(
    recipes.AMSD, architecture=AmsdArchitecture((4, 8), 4), n_patches=4, patch=32, n_orientations=1, adapted_rate=4e-3
)
SIDE, BLOCK = 160, 32
PLACES = [(16, 16), (16, 96), (64, 48), (96, 16), (96, 112), (48, 112)]


def repeats(n: int = 4, *, noise: float = 1.0, seed: int = 0) -> list[RepeatFrame]:
    """Exposures of one scene whose rows are offset, each in its own way; the others are nearly free of noise."""
    rng = np.random.default_rng(seed)
    points = np.zeros((SIDE, SIDE))
    points[tuple(rng.integers(0, SIDE, (2, 30)))] = 10 ** rng.uniform(1, 2.5, 30)
    scene = ndimage.gaussian_filter(points, 1.5)
    held_out = np.zeros(scene.shape, bool)
    for y, x in PLACES:
        held_out[y - 4 : y + BLOCK + 4, x - 4 : x + BLOCK + 4] = True
    blocks = [SceneBlock(y, x, BLOCK, scene=k) for k, (y, x) in enumerate(PLACES)]
    frames = []
    for _ in range(n):
        offsets = rng.normal(0, 0.6, (SIDE, 1)) * noise
        values = scene + noise * rng.normal(0, 0.8, scene.shape) + offsets
        halves = scene + rng.normal(0, 0.2, (2, *scene.shape))
        planes = [part.astype(np.float32) for part in (values, halves.mean(axis=0), halves)]
        mask = np.zeros(scene.shape, bool)
        frames.append(RepeatFrame(planes[0], mask, np.ones((1, 1)), planes[1], planes[2], held_out, blocks))
    return frames


def new_model() -> MultiscaleModel:
    """A model that changes nothing yet."""
    return MultiscaleModel(SMALL.architecture, seed=1)


def test_the_error_of_doing_nothing_is_the_noise() -> None:
    model = new_model()
    risk = RepeatProbe(repeats(), margin=model.margin)(model)
    assert risk.error < 0.06
    assert risk.value == pytest.approx(1.0, abs=3 * risk.error)


@pytest.mark.slow
def test_the_fall_is_known_better_than_the_error() -> None:
    model = new_model()
    probe = RepeatProbe(repeats(), margin=model.margin)
    first = probe(model)
    assert first.fall_from(first) == (0.0, 0.0)
    trained, _ = learn_repeats(model, repeats(), SMALL, n_steps=30, seed=0)
    fall, error = probe(trained).fall_from(first)
    assert fall > 5 * error > 0


@pytest.mark.slow
def test_training_lowers_the_error_of_another_exposure() -> None:
    model = new_model()
    trained, adaptation = learn_repeats(model, repeats(), SMALL, n_steps=40, seed=0)
    assert adaptation.n_steps in (20, 28, 34, 40)
    assert trained.is_trained
    other = RepeatProbe(repeats(seed=9), margin=model.margin)  # of another scene, too
    fall, error = other(trained).fall_from(other(model))
    assert fall > 5 * error


@pytest.mark.slow
def test_weights_that_cannot_be_bettered_are_kept() -> None:
    model = new_model()
    kept, adaptation = learn_repeats(model, repeats(noise=0.0), SMALL, n_steps=10, seed=0)
    assert adaptation.n_steps == 0
    assert kept is model


def test_without_parts_to_judge_by_nothing_is_learned() -> None:
    frames = [dataclasses.replace(one, blocks=one.blocks[:3]) for one in repeats()]
    _, adaptation = learn_repeats(new_model(), frames, SMALL, n_steps=5, seed=0)
    assert adaptation.n_steps == 0


@pytest.mark.slow
def test_training_is_the_same_for_the_same_seed() -> None:
    weights = [learn_repeats(new_model(), repeats(), SMALL, n_steps=6, seed=s)[0].get_weights() for s in (3, 3, 4)]
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_what_is_held_out_or_bad_or_judged_only_is_not_learned() -> None:
    frames = repeats(2)
    frames[0] = dataclasses.replace(frames[0], is_learned=False)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[:, :40] = True
    code = np.where(mask | frames[1].held_out, np.float32(5.0), frames[1].target).astype(np.float32)
    frames[1] = dataclasses.replace(
        frames[1], mask=mask, target=code.astype(np.float32), values=code.astype(np.float32)
    )
    pairs = RepeatedPairs(frames, n_patches=8, patch=32, seed=0)
    for _ in range(5):
        inputs, noisy, target, weight, first, second, unlikeness = pairs()
        assert inputs.shape[:3] == noisy.shape[:3] == target.shape[:3] == first.shape[:3] == second.shape[:3]
        assert unlikeness.shape == (8, 1, 1, 1)
        np.testing.assert_array_equal(noisy, target)  # both are turned alike, and come from the one that is learned
        assert set(np.unique(weight)) <= {0.0, 1.0}
        assert not weight[target == 5.0].any()


def test_a_blemish_does_not_count() -> None:
    frame = repeats(1)[0]
    values = frame.values.copy()
    values[30, 30] += 300
    frame = dataclasses.replace(frame, values=values, unlikeness=0.1)
    known = frame.is_known((slice(0, SIDE), slice(0, SIDE)))
    assert not known[30, 30]
    assert known.mean() > 0.999
