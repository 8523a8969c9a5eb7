"""Simulated exposures: noise of unit width, targets that come back as the truth, masks."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.noise.stabilization import Stabilizer
from amsd_astro.pretraining import fields
from amsd_astro.pretraining.batches import Batches
from amsd_astro.pretraining.exposures import expose_scene

EMPTY = np.zeros((80, 96), np.float32)


def _lit() -> np.ndarray:
    y, x = np.indices((256, 256))
    return np.float32(60 * np.exp(-((y - 90) ** 2 + (x - 130) ** 2) / 800))


def test_the_noise_has_unit_width_and_no_mean() -> None:
    widths, means = [], []
    for seed in range(60):
        exposed = expose_scene(_lit(), 64, np.random.default_rng(seed), share_wrong=0.0)
        error = (exposed.noisy - exposed.target)[~exposed.mask]
        widths.append(error.std())
        means.append(error.mean() * np.sqrt(error.size))
    assert np.median(widths) == pytest.approx(1.0, abs=0.03)
    assert np.percentile(widths, [10, 90]) == pytest.approx([1.0, 1.0], abs=0.12)
    assert abs(np.mean(means)) < 1.5  # correlated noise has a wider mean than white


def test_the_inverse_takes_the_target_back_to_the_truth() -> None:
    stabilizer = Stabilizer(0.6, 12.0, 30.0)
    truth = np.geomspace(31.0, 1e6, 500)
    values = stabilizer.expected(truth)
    np.testing.assert_allclose(stabilizer.inverse(values), truth, rtol=3e-6)


def test_the_target_is_the_mean_of_many_exposures() -> None:
    rng = np.random.default_rng(3)
    electrons = np.full((400, 400), 25.0)
    stabilizer = Stabilizer(1.0, 9.0, 25.0)
    noisy = stabilizer.forward(rng.poisson(electrons) + 3 * rng.standard_normal(electrons.shape))
    target = stabilizer.expected(np.array([25.0]))
    assert float(noisy.mean()) == pytest.approx(float(target[0]), abs=4 / 400)


def test_a_scene_smaller_than_the_patch_is_mirrored() -> None:
    for seed in range(12):
        exposed = expose_scene(EMPTY, 120, np.random.default_rng(seed))
        assert exposed.noisy.shape == exposed.target.shape == exposed.mask.shape == (120, 120)
        assert np.isfinite(exposed.noisy).all()


def test_scenes_are_kept_and_repeat(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "SIDE", 48)
    calls = []
    scenes = fields.load_scenes(tmp_path, n_scenes=2, seed=4, progress=lambda *state: calls.append(state))
    assert scenes.shape == (2, 48, 48)
    assert [done for done, *_ in calls] == [1, 2]
    np.testing.assert_array_equal(scenes[1], fields.draw_scene(4, 1))
    again = fields.load_scenes(tmp_path, n_scenes=2, seed=4, progress=lambda *state: calls.append(state))
    assert len(calls) == 2
    np.testing.assert_array_equal(again, scenes)


def test_batches_are_known_by_their_number() -> None:
    settings = {"n_patches": 2, "patch": 16, "seed": 7}
    scenes = np.stack([_lit(), 0 * _lit()])
    whole = Batches(scenes, n_batches=4, **settings)
    rest = Batches(scenes, n_batches=2, first=2, **settings)
    assert len(rest) == 2
    for one, other in zip(whole[3], rest[1], strict=True):
        np.testing.assert_array_equal(one, other)
    for index, (inputs, known) in enumerate(Batches(scenes, n_batches=4, n_threads=2, **settings)):
        np.testing.assert_array_equal(inputs, whole[index][0])
        np.testing.assert_array_equal(known, whole[index][1])
    assert index == 3
    other = Batches(scenes, n_batches=4, validation=True, **settings)
    assert not np.array_equal(whole[3][0], other[3][0])
    inputs, known = whole[0]
    assert inputs.shape == (2, 16, 16, 4)
    assert known.shape == (2, 16, 16, 3)


def test_there_are_so_many_batches_and_no_more() -> None:
    few = Batches(np.stack([_lit()]), n_patches=1, patch=16, n_batches=2, seed=1)
    assert len(list(few)) == 2
    with pytest.raises(IndexError, match="0 to 1"):
        few[2]
